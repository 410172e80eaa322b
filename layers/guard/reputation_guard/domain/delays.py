"""How long feedback takes: the share of a send's feedback that is due after a while."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from reputation_guard.domain.counts import (
    DAY_SECONDS,
    HOUR_SECONDS,
    SLOT_SECONDS,
    SLOTS_PER_DAY,
    SLOTS_PER_HOUR,
    Series,
)
from reputation_guard.domain.policy import Kind

# Ages are rounded up to this many seconds: sends look a little more matured than they are, which favours the tenant,
# and one table of weights serves every judgement of the same phase.
PHASE_SECONDS = 5
# The part of the sends that counts as if all their feedback were due (docs/decisions.md, "learned delays").
PLAIN_IF_ASSUMED, PLAIN_IF_LEARNED = 0.5, 0.25
# The search for an age begins here; its answer is good to a millionth part of it.
_SHORTEST_SECONDS, _HALVINGS = 0.001, 25
_HOURS_OF_OPEN_DAYS = 48
_SLOTS_OF_OPEN_DAYS = 7 * SLOTS_PER_HOUR


@dataclass(frozen=True, slots=True)
class LogNormal:
    """One part of the distribution: `share` of the feedback, with its median in seconds."""

    share: float
    median: float
    sigma: float

    def due_by(self, age: float) -> float:
        """The share (0..`share`) of feedback that has arrived `age` seconds after the send."""
        return self.share * _phi(math.log(age / self.median) / self.sigma)

    def area(self, age: float) -> float:
        """The integral of `due_by` from 0 to `age`, in seconds."""
        z = math.log(age / self.median) / self.sigma
        mean = self.median * math.exp(self.sigma**2 / 2)
        return self.share * (age * _phi(z) - mean * _phi(z - self.sigma))


@dataclass(frozen=True, slots=True)
class Delay:
    """The distribution of the delay from send to feedback; by `cap` seconds all of it is due."""

    parts: tuple[LogNormal, ...]
    cap: float
    learned: bool = False

    def due_by(self, age: float) -> float:
        """The share (0..1) of a send's feedback that is due when the send is `age` seconds old."""
        if age <= 0:
            return 0.0
        return 1.0 if age >= self.cap else sum(part.due_by(age) for part in self.parts)

    def area(self, age: float) -> float:
        """The integral of `due_by` from 0 to `age`, in seconds."""
        if age <= 0:
            return 0.0
        return sum(part.area(min(age, self.cap)) for part in self.parts) + max(0.0, age - self.cap)


class FeedbackDelay(Protocol):
    """The distribution of the delay from send to feedback: a start value, or learned. It is hashable and immutable."""

    @property
    def learned(self) -> bool:
        """Whether it was learned."""

    @property
    def cap(self) -> float:
        """By this age, in seconds, all of it is due."""

    def due_by(self, age: float) -> float:
        """The share (0..1) of a send's feedback that is due when the send is `age` seconds old."""

    def area(self, age: float) -> float:
        """The integral of `due_by` from 0 to `age`, in seconds."""

    def __hash__(self) -> int:
        """The same for equal ones: tables of weights are kept by it."""


@dataclass(frozen=True, slots=True)
class Delays:
    """The delay of each kind of feedback."""

    bounce: FeedbackDelay
    complaint: FeedbackDelay

    def of(self, kind: Kind) -> FeedbackDelay:
        """The delay of one kind of feedback."""
        return self.bounce if kind is Kind.BOUNCE else self.complaint


# Start values until the fleet's own delays are learned.
START_DELAYS = Delays(
    bounce=Delay((LogNormal(0.9, 10, 1.0), LogNormal(0.1, 30 * 60, 1.6)), cap=24 * 3600),
    complaint=Delay((LogNormal(1.0, 2 * 3600, 1.6),), cap=14 * 24 * 3600),
)


def weights(delay: FeedbackDelay, newest: int, now: float, shape: Series) -> tuple[float, ...]:
    """What each number of a series of this shape, which begins at the slot `newest`, counts for at Unix time `now`.

    It is the mean share of their feedback that is due, part of the way to 1: feedback assumed to be slower than it is
    would cost false pauses. Half of the way while the delay is only a start value, and a quarter once it is learned,
    for tenants whose feedback is quicker than the fleet's.
    """
    phase = math.ceil((now - newest * SLOT_SECONDS) / PHASE_SECONDS) * PHASE_SECONDS
    hour = newest % SLOTS_PER_DAY // SLOTS_PER_HOUR
    return _weights(delay, phase, hour, len(shape.slots), len(shape.hours), len(shape.days))


def due_shares(delay: FeedbackDelay, newest: int, now: float, shape: Series) -> tuple[float, ...]:
    """The mean share alone of their feedback that is due, number by number: nothing is taken for due that is not."""
    plain = _plain(delay)
    return tuple((weight - plain) / (1 - plain) for weight in weights(delay, newest, now, shape))


def _plain(delay: FeedbackDelay) -> float:
    return PLAIN_IF_LEARNED if delay.learned else PLAIN_IF_ASSUMED


@lru_cache(maxsize=1024)
def _weights(delay: FeedbackDelay, phase: int, hour: int, slots: int, hours: int, days: int) -> tuple[float, ...]:  # noqa: PLR0913, PLR0917 - the key of a cache
    if hours:
        shares = _of_open_days(delay, phase, slots, max(hours, _HOURS_OF_OPEN_DAYS))[: slots + hours]
    else:  # the slots after a fence are the first ones of all
        shares = _of_open_days(delay, phase, max(slots, _SLOTS_OF_OPEN_DAYS), 0)[:slots]
    shares += _of_closed_days(delay, hour, days)
    plain = _plain(delay)
    return tuple([plain + (1 - plain) * share for share in shares])


@lru_cache(maxsize=2048)
def _of_open_days(delay: FeedbackDelay, phase: int, slots: int, hours: int) -> tuple[float, ...]:
    """The shares of slots and of hours before them: the same at any hour of the day, so that a history shares them."""
    ends = [phase + SLOT_SECONDS * back for back in range(slots)]
    ends += [(ends[-1] if ends else 0) + HOUR_SECONDS * (back + 1) for back in range(hours)]
    return tuple(_mean_shares(delay, ends))


@lru_cache(maxsize=128)
def _of_closed_days(delay: FeedbackDelay, hour: int, days: int) -> tuple[float, ...]:
    # The age of a day is that of its middle; the last closed one ended when yesterday began.
    return tuple(delay.due_by((hour + 1) * HOUR_SECONDS + (1.5 + back) * DAY_SECONDS) for back in range(days))


def _mean_shares(delay: FeedbackDelay, ends: Sequence[float]) -> list[float]:
    """The mean share that is due of sends whose ages lie between one end and the next, from 0 on."""
    edges = [0.0, *ends]
    areas = [delay.area(age) for age in edges]
    return [
        (areas[at + 1] - areas[at]) / (edges[at + 1] - edges[at]) if edges[at + 1] > edges[at] else 0.0
        for at in range(len(ends))
    ]


def age_when_due(delay: FeedbackDelay, share: float) -> float:
    """The age, in seconds, at which this share (0..1) of a send's feedback is due."""
    young, old = _SHORTEST_SECONDS, delay.cap
    for _ in range(_HALVINGS):
        middle = math.sqrt(young * old)
        young, old = (middle, old) if delay.due_by(middle) < share else (young, middle)
    return old


def _phi(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))
