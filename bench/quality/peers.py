"""The rules of others, judged beside ours: ratios with a window, a least count of mails and a least count of feedback.

Each keeps the shape it has where it is used: its windows, its least counts, what it divides by. The limits are this
project's for all (10 % hard bounces, 0.5 % complaints): with a lower limit of its own a rule would pause the borderline
tenants on purpose. They are asked whenever new feedback has come, which is sooner than some of them run.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from bench.quality.scenarios import PAUSE_LIMIT_BOUNCES, PAUSE_LIMIT_COMPLAINTS
from bench.quality.scorer import Action, Verb
from bench.quality.traces import GRAIN_SECONDS, START, Kind, Trace

HOUR_SECONDS = 3600
HOURS = (1, 24, 168)


@dataclass(slots=True)
class Totals:
    """What a window holds."""

    sends: int = 0
    bounces: int = 0
    complaints: int = 0


@dataclass(frozen=True, slots=True)
class Gate:
    """Pauses where a window of some hours has enough mails and feedback, and their ratio is over the limit (0..1)."""

    kind: Kind
    hours: int
    sends: int
    feedback: int
    limit: float

    def is_over(self, totals: Totals) -> bool:
        """Whether the window's totals pause a tenant."""
        feedback = totals.bounces if self.kind is Kind.HARD_BOUNCE else totals.complaints
        return totals.sends >= self.sends and feedback >= self.feedback and feedback > self.limit * totals.sends


@dataclass(frozen=True, slots=True)
class Rule:
    """A peer's rule and where it was read. `by_send_time`: feedback counts in the hour its mail was sent."""

    name: str
    source: str
    gates: tuple[Gate, ...]
    by_send_time: bool = False

    def pauses(self, windows: Mapping[int, Totals]) -> bool:
        """Whether it pauses a tenant with these totals, by the hours of the window."""
        return any(gate.is_over(windows[gate.hours]) for gate in self.gates)


def _bounces(hours: int, *, sends: int = 0, feedback: int = 0, limit: float = PAUSE_LIMIT_BOUNCES) -> Gate:
    return Gate(Kind.HARD_BOUNCE, hours, sends, feedback, limit)


def _complaints(hours: int, *, sends: int = 0, feedback: int = 0, limit: float = PAUSE_LIMIT_COMPLAINTS) -> Gate:
    return Gate(Kind.COMPLAINT, hours, sends, feedback, limit)


RULES = (
    Rule(
        "24 h ratio by arrival, 100 mails",
        "what most would write first",
        (_bounces(24, sends=100), _complaints(24, sends=100)),
    ),
    Rule(
        "GC Notify's shape",
        "cds-snc/notification-api@72e3ae1e app/delivery/bounce_rate.py; bounces alone",
        (_bounces(24, sends=1000),),
    ),
    Rule(
        "Inbound's shape",
        "inboundemail/inbound, pull request 177; with its sooner branch for extreme rates",
        (
            _bounces(24, sends=200, feedback=5),
            _bounces(24, sends=50, feedback=10, limit=0.15),
            _complaints(24, sends=1000, feedback=2),
            _complaints(24, sends=100, feedback=2, limit=0.01),
        ),
    ),
    Rule(
        "PostHog's shape",
        "PostHog/posthog@002af387 products/workflows/backend/services/workflow_email_health.py",
        (
            _bounces(1, sends=200, feedback=20),
            _bounces(24, sends=1000, feedback=50),
            _complaints(1, sends=200, feedback=5),
            _complaints(24, sends=1000, feedback=10),
        ),
    ),
    Rule(
        "Plunk's shape",
        "useplunk/plunk@fb5708aa apps/api/src/services/SecurityService.ts; its 7 d rates without its ceilings",
        (_bounces(168, sends=100, feedback=10), _complaints(168, sends=100, feedback=5)),
        by_send_time=True,
    ),
    Rule(
        "coss.com's shape",
        "coss.com /docs/reputation.md; whether it counts by send time is not said: taken as the better",
        (_bounces(168, sends=200), _complaints(168, sends=200)),
        by_send_time=True,
    ),
    Rule(
        "best tuned 24 h cohort ratio",
        "least counts tuned on simulated tenants until no good one was paused: 104 bounces, 20 complaints",
        (_bounces(24, feedback=104), _complaints(24, feedback=20)),
        by_send_time=True,
    ),
)


class Tally:
    """Running totals of nested windows that end with the present hour."""

    def __init__(self) -> None:
        self.windows = {hours: Totals() for hours in HOURS}
        self._hours: dict[int, Totals] = {}
        self._now = 0

    def move_to(self, hour: int) -> None:
        """Make this the present hour; what falls out of a window leaves its totals."""
        for now in range(self._now + 1 if self._hours else hour, hour + 1):
            for hours, totals in self.windows.items():
                if left := self._hours.get(now - hours):
                    totals.sends -= left.sends
                    totals.bounces -= left.bounces
                    totals.complaints -= left.complaints
            self._hours.pop(now - HOURS[-1], None)
        self._now = hour

    def add(self, hour: int, *, sends: int = 0, bounces: int = 0, complaints: int = 0) -> None:
        """Count in an hour, which may be past; what is older than all windows counts nowhere."""
        reached = [totals for hours, totals in self.windows.items() if hour > self._now - hours]
        if reached:
            for totals in (*reached, self._hours.setdefault(hour, Totals())):
                totals.sends += sends
                totals.bounces += bounces
                totals.complaints += complaints


def actions(trace: Trace, rules: Sequence[Rule], tick: int) -> dict[str, list[Action]]:
    """When each rule, by its name, first pauses the tenant, asked at every tick after new feedback; nobody resumes it.

    So the loop needs no closing: up to the first pause nothing vanishes.
    """
    found: dict[str, list[Action]] = {rule.name: [] for rule in rules}
    for due, by_arrival, by_send_time in _asked(trace, tick):
        for rule in rules:
            tally = by_send_time if rule.by_send_time else by_arrival
            if not found[rule.name] and rule.pauses(tally.windows):
                found[rule.name].append(Action(due, trace.name, Verb.PAUSE))
        if all(found.values()):
            break
    return found


def _asked(trace: Trace, tick: int) -> Iterator[tuple[int, Tally, Tally]]:
    """The ticks after new hard bounces or complaints, with what is counted by then: by arrival and by send time."""
    tallies = by_arrival, by_send_time = Tally(), Tally()
    seen: set[int] = set()
    told = 0
    for due, arrived in groupby(trace.feedback, lambda item: START + (int(item.arrived - START) // tick + 1) * tick):
        new = [item for item in arrived if item.kind is not Kind.SOFT_BOUNCE and item.id not in seen]
        if not new:
            continue
        seen.update(item.id for item in new)
        for tally in tallies:
            tally.move_to(due // HOUR_SECONDS)
        before, told = told, bisect_left(trace.grains, due - GRAIN_SECONDS / 2)
        for grain, mails in zip(trace.grains[before:told], trace.mails[before:told], strict=True):
            for tally in tallies:
                tally.add(grain // HOUR_SECONDS, sends=mails)
        for item in new:
            kind = {"bounces": 1} if item.kind is Kind.HARD_BOUNCE else {"complaints": 1}
            by_arrival.add(int(item.arrived) // HOUR_SECONDS, **kind)
            by_send_time.add(int(item.sent) // HOUR_SECONDS, **kind)
        yield due, by_arrival, by_send_time
