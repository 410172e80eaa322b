"""The delay of feedback, learned from the whole fleet: what is counted of it, and what may be believed of it.

Everything here errs on one side: assuming feedback to be slower than it is pauses tenants that did nothing wrong,
assuming it to be faster only judges a little later (docs/decisions.md, "learned delays").
"""

import hashlib
import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate, pairwise

from reputation_guard.domain.counts import DAY_SECONDS, HOUR_SECONDS, Ledger
from reputation_guard.domain.delays import START_DELAYS, FeedbackDelay
from reputation_guard.domain.policy import Kind

# A bin from 0 to the first edge, the others in equal steps of the logarithm up to the cap.
BINS = 25
_FIRST_EDGE_SECONDS = {Kind.BOUNCE: 1.0, Kind.COMPLAINT: 10.0}
# The event's `time` has whole seconds and mail.timestamp thousandths, and clocks differ a little.
_CLOCKS_DIFFER_SECONDS = 10
# Tenants learn in groups, so that the flood of one tenant speaks for its own group alone.
GROUPS = 8
# Of 1,000 feedbacks one group at least has 125.
ENOUGH_FEEDBACK = 1000
_ENOUGH_OF_A_GROUP = 100
# Learned from so many send days that are complete: all their feedback came, or counts as never coming.
DAYS_TO_LEARN_FROM = 28
_TIME_TO_COUNT_SECONDS = HOUR_SECONDS


@dataclass(frozen=True, slots=True)
class DayOfDelays:
    """How much feedback of mail sent on a day (Unix days), of one group of tenants, took how long: numbers by bin."""

    kind: Kind
    day: int
    group: int
    by_bin: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class LearnedDelay:
    """A distribution by the share that is due at each edge (seconds, from 0 to the cap), log-linear in between."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    _areas: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sum up the area to each edge once: a table of weights asks for a hundred areas.

        Raises `ValueError` where edges do not rise from 0, or have no share each.
        """
        rises = all(low < high for low, high in pairwise(self.edges))
        if not (rises and len(self.edges) == len(self.shares) > 1 and not self.edges[0]):
            raise ValueError("edges rise from 0, with a share for each")
        within = (self._area_within(at, high) for at, high in enumerate(self.edges[1:]))
        object.__setattr__(self, "_areas", tuple(accumulate(within, initial=0.0)))

    @property
    def learned(self) -> bool:
        """It is not a start value."""
        return True

    @property
    def cap(self) -> float:
        """By this age, in seconds, all of it is due."""
        return self.edges[-1]

    def due_by(self, age: float) -> float:
        """The share (0..1) of a send's feedback that is due when the send is `age` seconds old."""
        if age <= 0:
            return 0.0
        if age >= self.cap:
            return 1.0
        return self._within(self._bin(age), age)

    def area(self, age: float) -> float:
        """The integral of `due_by` from 0 to `age`, in seconds."""
        if age <= 0:
            return 0.0
        inside = min(age, self.cap)
        last = self._bin(inside)
        return self._areas[last] + self._area_within(last, inside) + age - inside

    def _bin(self, age: float) -> int:
        return min(bisect_right(self.edges, age), len(self.edges) - 1) - 1

    def _within(self, at: int, age: float) -> float:
        low, high = self.edges[at], self.edges[at + 1]
        passed = math.log(age / low) / math.log(high / low) if low else age / high
        return self.shares[at] + (self.shares[at + 1] - self.shares[at]) * passed

    def _area_within(self, at: int, age: float) -> float:
        """The area from the bin's lower edge to `age`."""
        low, high = self.edges[at], self.edges[at + 1]
        rise = self.shares[at + 1] - self.shares[at]
        if not low:
            return rise * age * age / (2 * high)
        logs = (age * math.log(age / low) - (age - low)) / math.log(high / low)
        return self.shares[at] * (age - low) + rise * logs


@dataclass(frozen=True, slots=True)
class Lesson:
    """The delay in use for one kind, and the number of feedbacks and of groups of tenants that were heard for it."""

    delay: FeedbackDelay
    feedback: int
    groups: int


def edges_of(kind: Kind) -> tuple[float, ...]:
    """The edges of the bins, in seconds."""
    first, cap = _FIRST_EDGE_SECONDS[kind], START_DELAYS.of(kind).cap
    return (0.0, *(first * (cap / first) ** (step / (BINS - 1)) for step in range(BINS - 1)), cap)


_EDGES = {kind: edges_of(kind) for kind in Kind}


def bin_of(kind: Kind, sent_at: datetime, reported_at: datetime | None) -> int | None:
    """The bin of a feedback's delay; None where it teaches nothing: unknown, before the send, or beyond the cap."""
    if reported_at is None:
        return None
    seconds = (reported_at - sent_at).total_seconds()
    if not -_CLOCKS_DIFFER_SECONDS <= seconds < _EDGES[kind][-1]:
        return None
    return bisect_right(_EDGES[kind], max(0.0, seconds)) - 1


def group_of(ledger: Ledger) -> int:
    """The group of tenants that a ledger's feedback speaks for."""
    name = ledger.tenant or ledger.configuration_set
    return hashlib.blake2b(name.encode(), digest_size=1).digest()[0] % GROUPS


def complete_days(kind: Kind, now: datetime) -> range:
    """The send days (Unix days) to learn from.

    Only those whose feedback is all there: of younger ones the quick would be heard before the slow.
    """
    until = (now.timestamp() - START_DELAYS.of(kind).cap - _TIME_TO_COUNT_SECONDS) // DAY_SECONDS
    return range(int(until) - DAYS_TO_LEARN_FROM, int(until))


def learn(kind: Kind, days: Iterable[DayOfDelays]) -> Lesson:
    """What complete days teach of one kind's delay; the start value while that is too little.

    Each group of tenants has one voice, whatever its volume, and the middle one is heard at every edge (of two in the
    middle the faster): one tenant, however much feedback it has, moves nothing but its group's voice. And nothing is
    believed to be slower than the start value.
    """
    by_group: dict[int, Counter[int]] = defaultdict(Counter)
    for each in days:
        by_group[each.group].update(each.by_bin)
    feedback = sum(numbers.total() for numbers in by_group.values())
    voices = [_shares(numbers) for numbers in by_group.values() if numbers.total() >= _ENOUGH_OF_A_GROUP]
    start = START_DELAYS.of(kind)
    if feedback < ENOUGH_FEEDBACK:
        return Lesson(start, feedback, len(voices))
    edges = _EDGES[kind]
    middle = [sorted(at_edge)[len(voices) // 2] for at_edge in zip(*voices, strict=True)]
    shares = tuple(max(heard, start.due_by(edge)) for heard, edge in zip(middle, edges, strict=True))
    return Lesson(LearnedDelay(edges, shares), feedback, len(voices))


def _shares(numbers: Mapping[int, int]) -> list[float]:
    """The share that is due at each edge."""
    due = list(accumulate((numbers.get(at, 0) for at in range(BINS)), initial=0))
    return [each / due[-1] for each in due]
