"""The nested windows of a judgement: what each holds, and how strong a case it makes."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from operator import mul
from typing import TypeVar

from reputation_guard.domain.counts import SLOT_SECONDS, SLOTS_PER_DAY, SLOTS_PER_HOUR, Counts
from reputation_guard.domain.delays import Delays, weights
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

_NOTHING = (0,) * len(WINDOWS)

N = TypeVar("N", int, float)


@dataclass(slots=True)
class Window:
    """What one window holds of one kind of feedback: the numbers a test is made of. Nobody changes it.

    It is not frozen because a judgement makes up to two dozen, and freezing is most of what making one costs.

    `due` are the matured sends; `unattributed` are matured sends nobody could attribute: they favour the tenant.
    `unseen` is more feedback, of mail sent through sets whose sends nobody sees: it is held against nobody.
    """

    kind: Kind
    length: timedelta
    feedback: int
    sends: int
    due: float
    unattributed: float = 0.0
    unseen: int = 0

    def evidence(self, limit: float, prior: float) -> float:
        """The strength, in nats, of the case that the rate is above `limit` (0..1), unattributed sends in favour."""
        return evidence(self.feedback, limit * (self.due + self.unattributed + prior))

    def evidence_alone(self, limit: float, prior: float) -> float:
        """The same, if the unattributed sends were none of the tenant's."""
        return evidence(self.feedback, limit * (self.due + prior))

    def evidence_unseen(self, limit: float, prior: float) -> float:
        """The strength of the case that its unseen feedback would make by the sends that are seen of its sets: none."""
        return evidence(self.unseen, limit * prior)

    @property
    def rate(self) -> float:
        """Feedback by the sends whose feedback is due (0 and up; late sends can lift it above 1)."""
        return self.feedback / self.due if self.due else math.inf

    def bound(self, prior: float, nats: float = _NATS_AT_99) -> float:
        """The rate (0..1) that this window shows to be exceeded: with 99 % confidence, or on so much evidence."""
        low, high = 0.0, float(self.feedback)
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if evidence(self.feedback, middle) > nats else (low, middle)
        return low / (self.due + self.unattributed + prior)


def evidence(feedback: int, expected: float) -> float:
    """Nats for "more than `expected`", a Poisson log-likelihood ratio: B ln(B / x) - (B - x), and 0 where B <= x."""
    if feedback <= expected:
        return 0.0
    if expected <= 0:
        return math.inf
    return feedback * math.log(feedback / expected) - (feedback - expected)


def measure(  # noqa: PLR0913, PLR0917 - what is counted, and what it is measured by
    counts: Counts, unattributed: Counts, policy: Policy, delays: Delays, now: datetime, unseen: Counts | None = None
) -> Iterator[Window]:
    """The windows of both kinds that are over the warn limit, where feedback was added to the window inside.

    Windows that unseen feedback was added to are among them.

    A wider window with no more feedback has only more sends, so its evidence is never the stronger one. That it may be
    long enough for less evidence to do is no reason to measure it: nothing has come together in it over time.
    """
    ends = _ends(counts)
    sent, sent_astray, moment = counts.sends.numbers, unattributed.sends.numbers, now.timestamp()
    sends = _nested(sent, ends)
    for kind in Kind:
        feedback = _nested(counts.feedback(kind).numbers, ends)
        lost = _nested(unseen.feedback(kind).numbers, ends) if unseen else _NOTHING
        if not (feedback[-1] or lost[-1]):
            continue
        delay = delays.of(kind)
        due = _nested(map(mul, sent, weights(delay, counts.newest, moment, counts.sends)), ends)
        astray = [0.0] * len(WINDOWS)
        if sent_astray:
            shares_astray = weights(delay, counts.newest, moment, unattributed.sends)
            astray = _nested(map(mul, sent_astray, shares_astray), _ends(unattributed))
        limit = policy.limits(kind).warn
        inside = lost_inside = 0
        for ring, total in enumerate(feedback):
            grew = total > inside and total > limit * due[ring]
            if grew or lost[ring] > lost_inside:
                # A window that only unseen feedback was added to makes no case by the other.
                held = total if grew else 0
                yield Window(kind, WINDOWS[ring], held, sends[ring], due[ring], astray[ring], lost[ring])
            inside, lost_inside = total, lost[ring]


def window_of(counts: Counts, kind: Kind, length: timedelta, delays: Delays, now: datetime) -> Window:
    """One window of one kind, whatever it holds."""
    end = _ends(counts)[WINDOWS.index(length)]
    sent = counts.sends.numbers[:end]
    shares = weights(delays.of(kind), counts.newest, now.timestamp(), counts.sends)
    feedback = sum(counts.feedback(kind).numbers[:end])
    return Window(kind, length, feedback, sum(sent), sum(map(mul, sent, shares)))


def feedback_within(counts: Counts, kind: Kind, length: timedelta) -> int:
    """The feedback of one kind in one window."""
    return sum(counts.feedback(kind).numbers[: _ends(counts)[WINDOWS.index(length)]])


def sends_by_window(counts: Counts) -> dict[timedelta, int]:
    """The plain sends of every window."""
    return dict(zip(WINDOWS, _nested(counts.sends.numbers, _ends(counts)), strict=True))


def _nested(numbers: Iterable[N], ends: tuple[int, ...]) -> list[N]:
    """The sum of the numbers inside each window."""
    totals: list[N] = list(accumulate(numbers, initial=0))
    return [totals[end] for end in ends]


def _ends(counts: Counts) -> tuple[int, ...]:
    series = counts.sends
    return _ends_of(len(series.slots), len(series.hours), len(series.days), counts.newest % SLOTS_PER_DAY)


@lru_cache(maxsize=4096)
def _ends_of(slots: int, hours: int, days: int, slot_of_day: int) -> tuple[int, ...]:
    """How many numbers lie inside each window; an hour or a day is inside when its middle is."""
    ends = [min(window, slots) + min(hours, round(max(0, window - slots) / SLOTS_PER_HOUR)) for window in SLOT_WINDOWS]
    today = slot_of_day / SLOTS_PER_DAY
    return (*ends, *(slots + hours + min(days, math.ceil(window - today - 1.5)) for window in DAY_WINDOWS))
