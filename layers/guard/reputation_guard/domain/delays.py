"""How long feedback takes: the share of a send's feedback that is due after a while."""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from statistics import fmean

from reputation_guard.domain.counts import DAY_SECONDS, KEPT_DAYS, SLOT_SECONDS, SLOTS_PER_DAY, SLOTS_PER_HOUR, Series
from reputation_guard.domain.policy import Kind

# Ages are rounded up to this many seconds: sends look a little more matured than they are, which favours the tenant,
# and one table of weights serves every judgement of the same phase.
PHASE_SECONDS = 5
# Sends of the last six hours are weighed slot by slot, older ones by the hour.
SINGLE_SLOTS = 72


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


@dataclass(frozen=True, slots=True)
class Delays:
    """The delay of each kind of feedback."""

    bounce: Delay
    complaint: Delay

    def of(self, kind: Kind) -> Delay:
        """The delay of one kind of feedback."""
        return self.bounce if kind is Kind.BOUNCE else self.complaint


# Start values until the fleet's own delays are learned.
START_DELAYS = Delays(
    bounce=Delay((LogNormal(0.9, 10, 1.0), LogNormal(0.1, 30 * 60, 1.6)), cap=24 * 3600),
    complaint=Delay((LogNormal(1.0, 2 * 3600, 1.6),), cap=14 * 24 * 3600),
)


def piece_count(slots: int) -> int:
    """How many numbers so many slots make when those over six hours old are taken by the hour."""
    return min(slots, SINGLE_SLOTS) + math.ceil(max(0, slots - SINGLE_SLOTS) / SLOTS_PER_HOUR)


@dataclass(frozen=True, slots=True)
class Weights:
    """What a send counts for, by its age: slots singly for six hours, then hours; and closed days."""

    slots: tuple[float, ...]
    days: tuple[float, ...]

    def of(self, series: Series) -> tuple[float, ...]:
        """The weights of a series' pieces, in their order."""
        return self.slots[: piece_count(len(series.slots))] + self.days


def weights(delay: Delay, newest: int, now: float) -> Weights:
    """What sends count for at Unix time `now`, in counts that begin at the slot `newest`.

    It is the mean share of their feedback that is due; halfway to 1 while the delay is only a start value, since
    feedback assumed to be slower than it is would cost false pauses.
    """
    phase = math.ceil((now - newest * SLOT_SECONDS) / PHASE_SECONDS) * PHASE_SECONDS
    return _weights(delay, phase, newest % SLOTS_PER_DAY // SLOTS_PER_HOUR)


@lru_cache(maxsize=512)
def _weights(delay: Delay, phase: int, hour: int) -> Weights:
    # The age of a day is that of its middle; the last closed one ended when yesterday began.
    ages = ((hour + 1) * 3600 + (1.5 + back) * DAY_SECONDS for back in range(KEPT_DAYS))
    shares = Weights(_slot_shares(delay, phase), tuple(map(delay.due_by, ages)))
    if delay.learned:
        return shares
    return Weights(tuple((share + 1) / 2 for share in shares.slots), tuple((share + 1) / 2 for share in shares.days))


@lru_cache(maxsize=256)
def _slot_shares(delay: Delay, phase: int) -> tuple[float, ...]:
    areas = [delay.area(phase + SLOT_SECONDS * back) for back in range(2 * SLOTS_PER_DAY + 1)]
    running = areas[0] / phase if phase else 0.0
    slots = (running, *((older - newer) / SLOT_SECONDS for newer, older in pairwise(areas)))
    hours = (fmean(slots[at : at + SLOTS_PER_HOUR]) for at in range(SINGLE_SLOTS, len(slots), SLOTS_PER_HOUR))
    return (*slots[:SINGLE_SLOTS], *hours)


def _phi(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))
