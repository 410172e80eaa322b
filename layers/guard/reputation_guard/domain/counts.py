"""Sends and feedback by the time of the send, in slots of five minutes and closed days.

A slot is numbered by absolute time (Unix seconds / 300) and never reused: counting has no order (Law 1), and counts
belong to the send time, never to the arrival (Law 2).
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

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
_SENDS_SURELY_COUNTED = timedelta(minutes=15)


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

    def no_more_than(self, most: "Series") -> "Series":
        """The same without the numbers that are greater than those of another series of this shape."""

        def kept(numbers: tuple[int, ...], limits: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(n if n <= limit else 0 for n, limit in zip(numbers, limits, strict=True))

        return Series(kept(self.slots, most.slots), kept(self.days, most.days), kept(self.hours, most.hours))


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
    """

    ledger: Ledger
    hour: int
    by_slot: Mapping[int, int]
    named_by_ses: int
    first: int
    last: int
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class SlotOfFeedback:
    """Feedback of one ledger and slot: as ids to add, or as all that is known of it."""

    ledger: Ledger
    slot: int
    ids: Mapping[Kind, Ids]
    configuration_sets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which the guard could not see: mail sent in it is not judged."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """How far sends are counted: by the batch whose oldest mail was sent at `low` and its last at `high`.

    It was counted at `counted_at`.
    """

    low: datetime
    high: datetime
    counted_at: datetime

    def until(self, now: datetime, travelling: timedelta) -> datetime:
        """The moment before which all sends are counted. What travels beside a batch is, `travelling` after it.

        Until then even the second of its oldest mail may have more.
        """
        if now - self.counted_at >= travelling:
            return _second(self.high) + timedelta(seconds=1)
        return _second(self.low)


@dataclass(frozen=True, slots=True)
class Debt:
    """Sends from `low` on that are being counted, or could not be and come again: open until `until` at the latest.

    `tenant`: whose they are; empty where they may be anybody's.
    """

    low: datetime
    until: datetime
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class Watermark:
    """What is known of the counting of sends: the last batch (None while none ever was), open debts, and known gaps.

    `since`: when the guard saw its first event.
    """

    since: datetime
    mark: Mark | None = None
    debts: tuple[Debt, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """What the guard can see: sends from before `watermark` are known to be counted, and none were seen before `since`.

    `enforcing_since`: when the guard went from observe to enforce; older mail is not judged.
    """

    watermark: datetime
    since: datetime
    gaps: tuple[Gap, ...] = ()
    enforcing_since: datetime | None = None
    debts: tuple[Debt, ...] = ()

    @classmethod
    def at(
        cls, now: datetime, known: Watermark | None, travelling: timedelta, enforcing_since: datetime | None = None
    ) -> "Sight":
        """What can be seen at `now`.

        While no sends at all were ever counted, feedback of a quarter of an hour ago shows that they never will be.
        """
        since, gaps = (known.since, known.gaps) if known else (now, ())
        if known is None or known.mark is None:
            return cls(now - _SENDS_SURELY_COUNTED, since, gaps, enforcing_since)
        debts = tuple(debt for debt in known.debts if debt.until > now)
        marks = [known.mark.until(now, travelling), *(_second(debt.low) for debt in debts if not debt.tenant)]
        return cls(min(marks), since, gaps, enforcing_since, debts)

    def of(self, tenant: str, own: Mark | None, now: datetime, travelling: timedelta) -> "Sight":
        """The same for one tenant: its feedback ahead of its own last counted send is ahead of its sends.

        For a quarter of an hour; by then its sends would have been counted if they could be seen.
        """
        marks = [self.watermark, *(_second(debt.low) for debt in self.debts if debt.tenant == tenant)]
        surely = now - _SENDS_SURELY_COUNTED
        return replace(self, watermark=min(*marks, max(own.until(now, travelling), surely) if own else surely))

    def fence(self, tenants_own: datetime | None) -> datetime:
        """From when on a tenant's mail is judged; its own fence is None while none of its sends was seen."""
        own = tenants_own or self.since
        return max(own, self.enforcing_since or own)


Edges = Mapping[int, Mapping[Kind, Ids]]
"""The ids of the slots that the fence or the watermark cuts in two, by slot and kind."""


def edges_to_read(counts: Counts, sight: Sight, fence: datetime) -> tuple[int, ...]:
    """The slots with feedback that the fence or the watermark cuts in two."""

    def has_feedback(slot: int) -> bool:
        back = counts.newest - slot
        return any(
            0 <= back < len(series.slots) and series.slots[back] for series in (counts.bounces, counts.complaints)
        )

    return tuple(sorted(filter(has_feedback, _cut_slots(sight, fence))))


def judged_part(counts: Counts, sight: Sight, fence: datetime, edges: Edges) -> Counts:
    """The counts a judgement may look at: no mail from before the fence, no feedback whose sends may be uncounted yet.

    Sends after the watermark stay: they favour the tenant. A slot that is cut in two keeps all its sends and, of its
    feedback, what its edge shows to lie on the right side; without an edge, none. Hours and days are not cut in two.
    """
    newest = counts.newest
    slots = min(len(counts.sends.slots), max(0, newest - slot_of(fence) + 1))
    oldest_hour = (newest - len(counts.sends.slots) + 1) // SLOTS_PER_HOUR
    hours = min(len(counts.sends.hours), max(0, oldest_hour - math.ceil(fence.timestamp() / HOUR_SECONDS)))
    days = min(len(counts.sends.days), max(0, first_open_day(newest) - math.ceil(fence.timestamp() / DAY_SECONDS)))
    unseen = min(slots, max(0, newest - slot_of(sight.watermark)))
    unseen_hours = min(hours, max(0, oldest_hour - int(sight.watermark.timestamp()) // HOUR_SECONDS))

    def kept(series: Series) -> Series:
        return Series(series.slots[:slots], series.days[:days], series.hours[:hours])

    def judged(kind: Kind) -> Series:
        whole = kept(counts.feedback(kind))
        numbers = [0] * unseen + list(whole.slots[unseen:])
        for slot in _cut_slots(sight, fence):
            back = newest - slot
            if unseen <= back < slots and numbers[back]:
                numbers[back] = _inside(slot, edges.get(slot, {}).get(kind, Ids()), sight, fence)
        return Series(tuple(numbers), whole.days, (0,) * unseen_hours + whole.hours[unseen_hours:])

    part = Counts(newest, kept(counts.sends), judged(Kind.BOUNCE), judged(Kind.COMPLAINT))
    return _without_gaps(part, sight.gaps) if sight.gaps else part


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _cut_slots(sight: Sight, fence: datetime) -> set[int]:
    cut = {slot_of(sight.watermark)}
    if fence.timestamp() % SLOT_SECONDS:
        cut.add(slot_of(fence))
    return cut


def _inside(slot: int, ids: Ids, sight: Sight, fence: datetime) -> int:
    start = slot * SLOT_SECONDS
    first_second = max(0, math.ceil(fence.timestamp() - start))
    until_second = min(SLOT_SECONDS, math.floor(sight.watermark.timestamp() - start))
    return ids.count(first_second, until_second)


def _without_gaps(counts: Counts, gaps: tuple[Gap, ...]) -> Counts:
    def seen(start: int, seconds: int) -> bool:
        return not any(gap.start.timestamp() < start + seconds and start < gap.end.timestamp() for gap in gaps)

    def mask(last_start: int, seconds: int, numbers: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(n * seen(last_start - back * seconds, seconds) for back, n in enumerate(numbers))

    def masked(series: Series) -> Series:
        oldest_slot = (counts.newest - len(series.slots) + 1) * SLOT_SECONDS
        return Series(
            mask(counts.newest * SLOT_SECONDS, SLOT_SECONDS, series.slots),
            mask((first_open_day(counts.newest) - 1) * DAY_SECONDS, DAY_SECONDS, series.days),
            mask(oldest_slot - HOUR_SECONDS, HOUR_SECONDS, series.hours),
        )

    return Counts(counts.newest, masked(counts.sends), masked(counts.bounces), masked(counts.complaints))
