"""What the guard can see: up to where sends are counted, what is owed, and the part of the counts that may be judged.

A gap in this sight never pauses a tenant (Law 7; docs/policies.md, "What never pauses anybody").
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reputation_guard.domain.counts import (
    DAY_SECONDS,
    HOUR_SECONDS,
    SLOT_SECONDS,
    SLOTS_PER_HOUR,
    Counts,
    Ids,
    Series,
    first_open_day,
    slot_of,
    slot_start,
)
from reputation_guard.domain.policy import Kind

_SENDS_SURELY_COUNTED = timedelta(minutes=15)
# A batch that waited for a minute longer than sends travel came from a queue that is behind. The age of its mail says
# less: whoever hands in events of long ago is not behind.
_BEHIND = timedelta(minutes=1)
# So long nothing past such a mail is believed while no send at all is counted: nobody sends meanwhile.
_IN_DOUBT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which the guard could not see: mail sent in it is not judged."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """How far sends are counted: by the batch whose oldest mail was sent at `low` and its last at `high`.

    It was counted at `counted_at`, and had `waited` so long in its queue, one straggler in a hundred aside.
    """

    low: datetime
    high: datetime
    counted_at: datetime
    waited: timedelta = timedelta()

    def until(self, now: datetime, travelling: timedelta) -> datetime:
        """The moment before which all sends are counted. What travels beside a batch is, `travelling` after it.

        Until then even the second of its oldest mail may have more.
        """
        if now - self.counted_at >= travelling:
            return _second(self.high) + timedelta(seconds=1)
        return _second(self.low)

    def until_for_all(self, now: datetime, travelling: timedelta) -> datetime:
        """The same for everybody's sends: a queue that is behind hands over in any order, and may stall at any moment.

        So after a batch from such a queue nothing past its oldest mail is believed; for an hour if no other comes.
        """
        behind = self.waited > travelling + _BEHIND
        if behind and now - self.counted_at < _IN_DOUBT:
            return _second(self.low)
        return self.until(now, travelling)


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
        marks = [known.mark.until_for_all(now, travelling), *(_second(debt.low) for debt in debts if not debt.tenant)]
        return cls(min(marks), since, gaps, enforcing_since, debts)

    def of(self, tenant: str, own: Mark | None, now: datetime, travelling: timedelta) -> "Sight":
        """The same for one tenant: its feedback ahead of its own last counted send is ahead of its sends.

        For a quarter of an hour; by then its sends would have been counted if they could be seen.
        """
        marks = [self.watermark, *(_second(debt.low) for debt in self.debts if debt.tenant == tenant)]
        surely = now - _SENDS_SURELY_COUNTED
        watermark = min(*marks, max(own.until(now, travelling), surely) if own else surely)
        return self if watermark == self.watermark else replace(self, watermark=watermark)

    def of_what_never_came(self, now: datetime) -> "Sight":
        """The same for feedback whose sends are nowhere: by then they would have been counted if they could be seen."""
        return replace(self, watermark=min(self.watermark, now - _SENDS_SURELY_COUNTED))

    @staticmethod
    def passes(slot: int) -> datetime:
        """When all of a slot is so old that its sends would have been counted."""
        return slot_start(slot + 1) + _SENDS_SURELY_COUNTED

    def fence(self, tenants_own: datetime | None) -> datetime:
        """From when on a tenant's mail is judged; its own fence is None while none of its sends was seen."""
        own = tenants_own or self.since
        return max(own, self.enforcing_since or own)


Edges = Mapping[int, Mapping[str, Mapping[Kind, Ids]]]
"""The ids of the slots that the fence or the watermark cuts in two, by slot, configuration set and kind."""


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

    cut = [back for slot in _cut_slots(sight, fence) if unseen <= (back := newest - slot) < slots]

    def kept(series: Series) -> Series:
        return Series(series.slots[:slots], series.days[:days], series.hours[:hours])

    def judged(kind: Kind) -> Series:
        whole = kept(counts.feedback(kind))
        in_part = [back for back in cut if whole.slots[back]]
        if not unseen and not unseen_hours and not in_part:
            return whole
        numbers = [0] * unseen + list(whole.slots[unseen:])
        for back in in_part:
            slot = newest - back
            by_set = edges.get(slot, {}).values()
            numbers[back] = sum(_inside(slot, ids[kind], sight, fence) for ids in by_set if kind in ids)
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
