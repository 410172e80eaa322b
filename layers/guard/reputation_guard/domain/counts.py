"""Sends and feedback by the time of the send, in slots of five minutes and closed days.

A slot is numbered by absolute time (Unix seconds / 300) and never reused: counting has no order (Law 1), and counts
belong to the send time, never to the arrival (Law 2).
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from operator import add
from types import MappingProxyType

from reputation_guard.domain.policy import Kind

SLOT_SECONDS = 300
SLOTS_PER_HOUR = 12
SLOTS_PER_DAY = 288
HOUR_SECONDS = 3600
DAY_SECONDS = 86_400
KEPT_DAYS = 31
# The last six hours are judged slot by slot, what is older by the hour.
_HOURS_BY_SLOT = 6

# A set of ids is exact up to this many per slot; beyond it the count comes from one id in 64, at its lower bound.
EXACT_IDS = 1000
SAMPLED_ONE_IN = 64
_ID_BYTES = 8
_ONE_SIDED_99 = 2.33


def slot_of(at: datetime) -> int:
    """The slot that a moment belongs to."""
    return int(at.timestamp()) // SLOT_SECONDS


def slot_start(slot: int) -> datetime:
    """The moment a slot begins."""
    return datetime.fromtimestamp(slot * SLOT_SECONDS, UTC)


def feedback_id(sent_at: datetime, *subject: str) -> bytes:
    """A feedback's id in its slot's set: 2 bytes of seconds into the slot, 6 bytes of hash.

    The seconds let a judgement tell which feedback is of mail sent after the watermark; the same feedback has the same
    id however often and in whatever order it arrives.
    """
    second = int(sent_at.timestamp()) % SLOT_SECONDS
    return second.to_bytes(2, "big") + hashlib.blake2b("\n".join(subject).encode(), digest_size=6).digest()


def is_sampled(ident: bytes) -> bool:
    """Whether an id belongs to the deterministic sample, one in 64."""
    return ident[_ID_BYTES - 1] % SAMPLED_ONE_IN == 0


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of one kind of feedback in one slot: all of them up to about 1,000, and the sample of all."""

    exact: frozenset[bytes] = frozenset()
    sample: frozenset[bytes] = frozenset()

    @classmethod
    def of(cls, idents: Iterable[bytes]) -> "Ids":
        """These ids, with the deterministic sample of them."""
        exact = frozenset(idents)
        return cls(exact, frozenset(filter(is_sampled, exact)))

    def together(self, more: "Ids") -> "Ids":
        """The ids as they lie in a slot's set when more come: once it is full, only the sample grows."""
        full = len(self.exact) >= EXACT_IDS
        return Ids(self.exact if full else self.exact | more.exact, self.sample | more.sample)

    def count(self, first_second: int = 0, until_second: int = SLOT_SECONDS) -> int:
        """How many there are of mail sent in these seconds of the slot; from a sample, the 99 % lower bound."""
        full = len(self.exact) >= EXACT_IDS
        whole = first_second == 0 and until_second == SLOT_SECONDS
        if whole and not full:
            return len(self.exact)
        chosen = self.sample if full else self.exact
        within = sum(first_second <= int.from_bytes(ident[:2], "big") < until_second for ident in chosen)
        if not full:
            return within
        lower = math.floor(SAMPLED_ONE_IN * (within - _ONE_SIDED_99 * math.sqrt(within)))
        return max(EXACT_IDS if whole else 0, lower)

    def estimate(self) -> int:
        """How many there are; from a sample the expected number, whose errors even out over many slots."""
        return SAMPLED_ONE_IN * len(self.sample) if len(self.exact) >= EXACT_IDS else len(self.exact)


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers by send time, back in time: one a slot from the running one on, one a closed day, and hours in between.

    The slots cover the last six hours at least. Where `hours` follow them, the slots begin with an hour.
    """

    slots: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """All of them, back in time."""
        return self.slots + self.hours + self.days

    def plus(self, other: "Series") -> "Series":
        """The sums of the numbers of both, which have the same shape."""
        return Series(
            tuple(map(add, self.slots, other.slots)),
            tuple(map(add, self.days, other.days)),
            tuple(map(add, self.hours, other.hours)),
        )

    def no_more_than(self, most: "Series") -> "Series":
        """The same without the numbers that are greater than those of another series of this shape."""

        def kept(numbers: tuple[int, ...], limits: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(n if n <= limit else 0 for n, limit in zip(numbers, limits, strict=True))

        return Series(kept(self.slots, most.slots), kept(self.days, most.days), kept(self.hours, most.hours))


# Of mail that names no configuration set: it may have been sent through any.
ANY_SET = "*"
HoursOfSets = Mapping[str, int]
"""By configuration set, the hours of a day in which sends went through it: bit 0 is the first one."""
NO_SETS: HoursOfSets = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Counts:
    """What is known of one tenant, or of one configuration set's unattributed mail, as of the slot `newest`."""

    newest: int
    sends: Series = Series()
    bounces: Series = Series()
    complaints: Series = Series()

    def feedback(self, kind: Kind) -> Series:
        """The hard bounces or the complaints."""
        return self.bounces if kind is Kind.BOUNCE else self.complaints

    def with_feedback_of(self, other: "Counts") -> "Counts":
        """The same sends with the feedback of both."""
        return Counts(self.newest, self.sends, self.bounces.plus(other.bounces), self.complaints.plus(other.complaints))


def beside(counts: Counts, sends: Series) -> tuple[Counts, Counts]:
    """The same sends with the feedback of hours in which there are these other sends, and with that of all others.

    Of closed days there is none in either.
    """
    slots, _, _ = layout(counts.newest)
    hours = {slot // SLOTS_PER_HOUR for slot, number in zip(slots, sends.slots, strict=True) if number}
    in_slots, in_hours = [slot // SLOTS_PER_HOUR in hours for slot in slots], list(map(bool, sends.hours))

    def part(series: Series, *, wanted: bool) -> Series:
        def kept(numbers: tuple[int, ...], marks: list[bool]) -> tuple[int, ...]:
            return tuple(number if mark is wanted else 0 for number, mark in zip(numbers, marks, strict=True))

        return Series(kept(series.slots, in_slots), (0,) * len(series.days), kept(series.hours, in_hours))

    def feedback(*, wanted: bool) -> Counts:
        bounces, complaints = part(counts.bounces, wanted=wanted), part(counts.complaints, wanted=wanted)
        return replace(counts, bounces=bounces, complaints=complaints)

    return feedback(wanted=True), feedback(wanted=False)


def first_open_day(slot: int) -> int:
    """The first UTC day (Unix days) that is still counted by slots when `slot` is running: yesterday."""
    return slot // SLOTS_PER_DAY - 1


@lru_cache(maxsize=8)
def layout(newest: int) -> tuple[range, range, range]:
    """What the numbers of a series stand for when the slot `newest` is running, back in time.

    The slots of the last six hours, from the beginning of one; then hours (Unix hours) to the beginning of the first
    open day; then closed days (Unix days).
    """
    first_hour, open_day = newest // SLOTS_PER_HOUR - _HOURS_BY_SLOT, first_open_day(newest)
    return (
        range(newest, first_hour * SLOTS_PER_HOUR - 1, -1),
        range(first_hour - 1, open_day * SLOTS_PER_DAY // SLOTS_PER_HOUR - 1, -1),
        range(open_day - 1, open_day - 1 - KEPT_DAYS, -1),
    )


@dataclass(frozen=True, slots=True)
class Ledger:
    """Whose mail is counted: a tenant's, what could not be attributed in a configuration set, or all of the account."""

    tenant: str = ""
    configuration_set: str = ""
    whole_account: bool = False

    def count_of(self, ids: Ids) -> int:
        """How much feedback the ids of a slot stand for.

        A tenant may be paused for one slot, so its sample counts at its lower bound. The account is weighed over
        hundreds of them: the sum of as many lower bounds would hide a large account's risk.
        """
        return ids.estimate() if self.whole_account else ids.count()


ACCOUNT_LEDGER = Ledger(whole_account=True)


@dataclass(frozen=True, slots=True)
class HourOfSends:
    """Sends to add to one ledger and hour (Unix hours): by slot, and how many of them SES itself named the tenant of.

    `first` and `last`: their earliest and latest second; the first one ever seen is where a tenant's fence stands.
    `through`: the configuration sets that a tenant's were sent through, `ANY_SET` for what names none.
    """

    ledger: Ledger
    hour: int
    by_slot: Mapping[int, int]
    named_by_ses: int
    first: int
    last: int
    counted_at: datetime
    through: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SlotOfFeedback:
    """Feedback of one ledger and slot: as ids to add, or as all that is known of it.

    `through`: the configuration set that a tenant's mail was sent through ("" where it names none). Feedback is kept by
    it, because feedback of mail through a set whose sends nobody sees has nothing to be weighed by (Law 7).
    """

    ledger: Ledger
    slot: int
    ids: Mapping[Kind, Ids]
    through: str = ""
