"""The nested windows of a judgement: what each holds, and how strong a case it makes."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import mul
from typing import TypeVar

from reputation_guard.domain.counts import SLOT_SECONDS, SLOTS_PER_DAY, SLOTS_PER_HOUR, Counts, Series
from reputation_guard.domain.delays import SINGLE_SLOTS, Delays, piece_count, weights
from reputation_guard.domain.policy import Kind, Policy

# Nested windows ending now: 5, 10, 15, 30, 60 min and 3, 6, 12, 24 h in slots, then 3, 7 and 30 days.
SLOT_WINDOWS = (1, 2, 3, 6, 12, 36, 72, 144, 288)
DAY_WINDOWS = (3, 7, 30)
WINDOWS = (
    *(timedelta(seconds=slots * SLOT_SECONDS) for slots in SLOT_WINDOWS),
    *(timedelta(days=days) for days in DAY_WINDOWS),
)
# The bound people read is the one-sided 99 % one: exp(-4.605) = 1 %.
_NATS_AT_99 = math.log(100)

N = TypeVar("N", int, float)


@dataclass(frozen=True, slots=True)
class Window:
    """What one window holds of one kind of feedback: the numbers a test is made of.

    `due` are the matured sends; `unattributed` are matured sends nobody could attribute: they favour the tenant.
    """

    kind: Kind
    length: timedelta
    feedback: int
    sends: int
    due: float
    unattributed: float = 0.0

    def evidence(self, limit: float, prior: float, *, with_unattributed: bool = True) -> float:
        """The strength, in nats, of the case that the rate is above `limit` (0..1): a Poisson log-likelihood ratio."""
        sends = self.due + prior + (self.unattributed if with_unattributed else 0.0)
        return evidence(self.feedback, limit * sends)

    @property
    def rate(self) -> float:
        """Feedback by the sends whose feedback is due (0 and up; late sends can lift it above 1)."""
        return self.feedback / self.due if self.due else math.inf

    def bound(self, prior: float) -> float:
        """The rate (0..1) that this window shows with 99 % confidence to be exceeded."""
        low, high = 0.0, float(self.feedback)
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if evidence(self.feedback, middle) > _NATS_AT_99 else (low, middle)
        return low / (self.due + self.unattributed + prior)


def evidence(feedback: int, expected: float) -> float:
    """Nats for "more than `expected`": B ln(B / x) - (B - x), and 0 where B is not above x."""
    if feedback <= expected:
        return 0.0
    if expected <= 0:
        return math.inf
    return feedback * math.log(feedback / expected) - (feedback - expected)


def measure(counts: Counts, unattributed: Counts, policy: Policy, delays: Delays, now: datetime) -> Iterator[Window]:
    """The windows of both kinds that are over the warn limit, where feedback was added to the window inside.

    A wider window with no more feedback has only more sends, so its evidence is never the stronger one.
    """
    sent, astray = _pieces(counts.sends), _pieces(unattributed.sends)
    ends, astray_ends = _ends_of(counts), _ends_of(unattributed)
    sends = _nested(sent, ends)
    for kind in Kind:
        feedback = _nested(_pieces(counts.feedback(kind)), ends)
        if not feedback[-1]:
            continue
        shares = weights(delays.of(kind), counts.newest, now.timestamp())
        due = _nested(map(mul, sent, shares.of(counts.sends)), ends)
        astray_due = _nested(map(mul, astray, shares.of(unattributed.sends)), astray_ends)
        limit = policy.limits(kind).warn
        for ring, (inside, total) in enumerate(pairwise((0, *feedback))):
            if total > inside and total > limit * due[ring]:
                yield Window(kind, WINDOWS[ring], total, sends[ring], due[ring], astray_due[ring])


def _pieces(series: Series) -> tuple[int, ...]:
    """The slots of the last six hours, then hours, then closed days: fewer numbers for the same windows."""
    slots = series.slots
    hours = [sum(slots[start : start + SLOTS_PER_HOUR]) for start in range(SINGLE_SLOTS, len(slots), SLOTS_PER_HOUR)]
    return (*slots[:SINGLE_SLOTS], *hours, *series.days)


def _nested(pieces: Iterable[N], ends: tuple[int, ...]) -> tuple[N, ...]:
    """The sum of the pieces inside each window."""
    totals: list[N] = list(accumulate(pieces, initial=0))
    return tuple(totals[end] for end in ends)


def _ends_of(counts: Counts) -> tuple[int, ...]:
    return _ends(len(counts.sends.slots), len(counts.sends.days), counts.newest % SLOTS_PER_DAY)


@lru_cache(maxsize=4096)
def _ends(slots: int, days: int, slot_of_day: int) -> tuple[int, ...]:
    """How many pieces lie inside each window; a day is inside when its middle is."""
    kept = piece_count(slots)
    ends = [min(piece_count(window), kept) for window in SLOT_WINDOWS]
    today = slot_of_day / SLOTS_PER_DAY
    return (*ends, *(kept + min(days, math.ceil(window - today - 1.5)) for window in DAY_WINDOWS))
