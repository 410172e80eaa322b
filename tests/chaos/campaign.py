"""Many runs: by chance, and crashes at each call of each function in turn. The same seed plays the same runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from tests.chaos.faults import Fault
from tests.chaos.run import Outcome, play
from tests.chaos.world import UNBRAKED

# What an account with few senders is allowed.
SMALL = 3
Crash = tuple[str, int, Fault]
# Of each kind of run: how much goes wrong at the calls, and on the way to the functions.
_BY_CHANCE = ((0.01, 0.01), (0.02, 0.02), (0.05, 0.02), (0.02, 0.06))
# How many pauses an hour are allowed, in each kind of run: of the four that turn bad at once, one or three are kept.
_BRAKES = (UNBRAKED, SMALL, 1)
# The episodes of a story that nothing troubles, and how many pauses an hour bring them about.
_UNCLAIMED = {"TenantPaused": UNBRAKED, "PauseRefused": UNBRAKED, "BrakeEngaged": 1}
_A_LITTLE = 0.002
_CRASHES_A_RUN = 24
_CRASHES = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER)
# Each crash changes the run after it, so that some of the others are not met: those are alone the next time.
TOGETHER = (8, 1, 1)


@dataclass(frozen=True, slots=True)
class Task:
    """The arguments of one run."""

    seed: int
    calls: float = 0.0
    deliveries: float = 0.0
    crashes: tuple[Crash, ...] = ()
    brake: int = UNBRAKED
    kills: tuple[str, ...] = ()
    races: bool = False

    def play(self) -> Outcome:
        """Play it."""
        return play(
            self.seed,
            self.crashes,
            calls=self.calls,
            deliveries=self.deliveries,
            brake=self.brake,
            kills=self.kills,
            races=self.races,
        )


def untroubled(seed: int, brake: int = UNBRAKED) -> Task:
    """The story as it goes where nothing goes wrong."""
    return Task(seed, brake=brake)


def unclaimed(seed: int) -> Iterator[Task]:
    """The story, where the execution of one kind of episode dies before its claim and nothing else goes wrong."""
    for event, brake in _UNCLAIMED.items():
        yield Task(seed, brake=brake, kills=(event,))


def racing(seed: int) -> Iterator[Task]:
    """The story, where two pauses have read the same page of the brake and nothing else goes wrong."""
    for brake in (1, SMALL):
        yield Task(seed, brake=brake, races=True)


def by_chance(seed: int, runs: int) -> Iterator[Task]:
    """Runs in which chance decides."""
    for number in range(runs):
        calls, deliveries = _BY_CHANCE[number % len(_BY_CHANCE)]
        brake = _BRAKES[number % len(_BRAKES)]
        yield Task(seed + number, calls, deliveries, brake=brake)


def one_by_one(seed: int, points: set[tuple[str, int]]) -> Iterator[Task]:
    """Runs that crash every function before and after each of its calls, some functions in each run."""
    crashes = (
        (function, number, fault)
        # The calls of one function far apart, so that each run crashes many functions and none of them for ever.
        for number, function in sorted((number, function) for function, number in points)
        for fault in _CRASHES
    )
    number = 0
    while batch := tuple(islice(crashes, _CRASHES_A_RUN)):
        yield Task(seed - 1 - number, _A_LITTLE, _A_LITTLE, batch, brake=_BRAKES[number % 2])
        number += 1


def places(outcomes: Iterable[Outcome]) -> set[Crash]:
    """Before and after each call of a function that any run made while things could go wrong."""
    points = set[tuple[str, int]]().union(*(each.points for each in outcomes))
    return {(*point, fault) for point in points for fault in _CRASHES}


def crashed_in_turn(outcomes: Iterable[Outcome]) -> set[Crash]:
    """The places at which a run crashed because it was told to."""
    return set[Crash]().union(*(each.crashed_at for each in outcomes))


def once_more(played: Sequence[tuple[Task, Outcome]], together: int) -> Iterator[Task]:
    """Runs for the places that are left: the first run that came by, played again as it was up to the crash there."""
    crashed = crashed_in_turn(outcome for _, outcome in played)
    left: dict[Crash, Task] = {}
    for task, outcome in played:
        for place in places([outcome]) - crashed:
            left.setdefault(place, task)
    of_task: dict[Task, list[Crash]] = defaultdict(list)
    # The calls of one function far apart here as well.
    for place in sorted(left, key=lambda place: (place[1], place[0], place[2])):
        of_task[left[place]].append(place)
    for task, crashes in of_task.items():
        for first in range(0, len(crashes), together):
            yield replace(task, crashes=(*task.crashes, *crashes[first : first + together]))
