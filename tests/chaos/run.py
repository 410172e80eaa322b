"""One run: a world, its story with faults, a calm in which people replay what failed, and what must hold then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from reputation_guard.domain.tenant import ACCOUNT
from tests.chaos.book import record
from tests.chaos.braking import was_kept
from tests.chaos.faults import Fault, Faults
from tests.chaos.invariants import at_the_end, in_a_calm
from tests.chaos.processes import in_a_world
from tests.chaos.story import TENANTS, Story
from tests.chaos.world import UNBRAKED, World

CALL_RATE, DELIVERY_RATE = 0.02, 0.02
_ACTIVE = timedelta(minutes=75)
# All tenants are looked at once an hour, and what that finds takes its way as well.
_CALM = timedelta(minutes=80)
_REVIEWED_MINUTES = 8
_RECONCILED_EVERY = 5
_WHOLE = timedelta(hours=38)


@dataclass(slots=True)
class Outcome:
    """What a run came to. `points`: the calls of each function it reached; `broken`: the invariants it broke."""

    seed: int
    injected: Counter[Fault] = field(default_factory=Counter)
    services: Counter[str] = field(default_factory=Counter)
    points: set[tuple[str, int]] = field(default_factory=set)
    crashed_at: set[tuple[str, int, Fault]] = field(default_factory=set)
    checked: int = 0
    over: Counter[str] = field(default_factory=Counter)
    sends: int = 0
    feedback: int = 0
    told_again: int = 0
    redriven: int = 0
    kept: int = 0
    met_at_brake: int = 0
    broken: list[str] = field(default_factory=list)


def play(  # noqa: PLR0913 - all that a run hangs on
    seed: int,
    crashes: Iterable[tuple[str, int, Fault]] = (),
    *,
    calls: float,
    deliveries: float,
    brake: int = UNBRAKED,
    kills: Iterable[str] = (),
    races: bool = False,
) -> Outcome:
    """Play the story once; the same arguments give the same outcome."""
    planned = set(crashes)
    faults = Faults(seed, calls, deliveries, set(planned), set(kills))
    world, outcome = World(faults, brake, races), Outcome(seed)
    with in_a_world(world.call, world.clock_of_functions, world.sleep, world.settings):
        Story(world).begin()
        world.pass_time(seconds=_ACTIVE.total_seconds())
        outcome.redriven = _calm(world)
        _check(outcome, in_a_calm(world))
        faults.is_on = True
        world.pass_time(seconds=(_WHOLE - _ACTIVE - _CALM).total_seconds())
        outcome.redriven += _calm(world)
        _check(outcome, in_a_calm(world))
        _check(outcome, at_the_end(world))
    outcome.injected, outcome.services, outcome.points = faults.injected, faults.services, set(faults.points)
    outcome.crashed_at = planned - faults.crashes
    outcome.over, outcome.sends = world.truth.over, len(world.truth.sends)
    outcome.feedback = sum(map(len, world.truth.feedback.values()))
    outcome.met_at_brake = world.met_at_brake
    outcome.kept = sum(was_kept(world, name) for name in TENANTS)
    told = Counter((topic, told.get("id")) for topic, told in world.topics.told)
    outcome.told_again = told.total() - len(told)
    return outcome


def _calm(world: World) -> int:
    """AWS works again, people send the dead letters round, and time passes; how many dead letters there were."""
    world.faults.is_on = False
    redriven = 0
    for _ in range(2):
        redriven += sum(queue.redrive() for queue in world.queues.values())
        world.machine.redrive(lambda case: _is_for_people(case, world))
        redriven += world.streams["evaluate"].redrive(world.tables.item)
        for minute in range(_REVIEWED_MINUTES):
            world.at(world.now + timedelta(minutes=minute), lambda: world.invoke("review", {}))
        for minute in range(0, int(_CALM.total_seconds()) // 120, _RECONCILED_EVERY):
            world.at(world.now + timedelta(minutes=minute), lambda: world.invoke("reconcile", {}))
        world.pass_time(seconds=_CALM.total_seconds() / 2)
    return redriven


def _is_for_people(case: Mapping[str, Any], world: World) -> bool:
    """Whether reconcile does not find this episode: it was over before the walk came by."""
    name, detail = case["detail-type"], case["detail"]
    episode = detail["id"].removesuffix(f".{name}")
    tenant = episode.rpartition(".")[0]
    found = record(world, tenant)
    if tenant != ACCOUNT:
        return bool(found.get("decided") != episode)
    told_at = found.get("braked_at") if name == "BrakeEngaged" else (found.get("blind") or {}).get("told_at")
    return bool(told_at != detail["decision"]["at"])


def _check(outcome: Outcome, found: Iterable[tuple[str, str]]) -> None:
    for law, problem in found:
        outcome.checked += 1
        if problem:
            outcome.broken.append(f"{law}: {problem}")
