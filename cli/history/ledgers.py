"""The counts of a history, in memory: the same meaning as the counts table, for as long as a judgement looks back."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import repeat

from reputation_guard.domain.account import Contributor
from reputation_guard.domain.counts import (
    ACCOUNT_LEDGER,
    DAY_SECONDS,
    KEPT_DAYS,
    SLOT_SECONDS,
    SLOTS_PER_DAY,
    SLOTS_PER_HOUR,
    Counts,
    Ids,
    Ledger,
    Series,
    SlotOfFeedback,
    first_open_day,
    layout,
)
from reputation_guard.domain.decision import Example
from reputation_guard.domain.learning import DayOfDelays
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.sight import Edges, Mark, Watermark
from reputation_guard.ports.counted import Known

_ZEROS = repeat(0)


@dataclass(slots=True)
class Numbers:
    """Numbers by slot, and of what is older than a judgement reads by slot, by hour and day.

    They are read as of slots that never go back. What a judgement reads of hours and days is kept from one to the next:
    it changes once an hour, and with late feedback.
    """

    slots: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    hours: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    days: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    _first_slot: int = 0
    _kept: tuple[tuple[int, ...], tuple[int, ...]] | None = None

    def add(self, slot: int, number: int) -> None:
        """Add to a slot, or to its hour and day."""
        if slot >= self._first_slot:
            self.slots[slot] += number
        else:
            self._add_older(slot, number)

    def series(self, newest: int) -> Series:
        """The numbers as a judgement reads them."""
        slots, hours, days = layout(newest)
        if slots.stop >= self._first_slot:
            self._begin_with(slots.stop + 1)
        if self._kept is None:
            self._kept = tuple(map(self.hours.get, hours, _ZEROS)), tuple(map(self.days.get, days, _ZEROS))
        of_hours, of_days = self._kept
        of_slots = [0] * len(slots)
        for slot, number in self.slots.items():
            if slot <= newest:
                of_slots[newest - slot] = number
        return Series(tuple(of_slots), of_days, of_hours)

    def forget(self, open_day: int) -> None:
        """Forget what no judgement reads any more when `open_day` is the first one that is counted by slots."""
        self._begin_with(max(self._first_slot, open_day * SLOTS_PER_DAY))
        for numbers, first in (
            (self.hours, open_day * SLOTS_PER_DAY // SLOTS_PER_HOUR),
            (self.days, open_day - KEPT_DAYS),
        ):
            for old in [each for each in numbers if each < first]:
                del numbers[old]

    def _begin_with(self, first_slot: int) -> None:
        """No slot before this one is read by itself any more."""
        self._first_slot, self._kept = first_slot, None
        for slot in [each for each in self.slots if each < first_slot]:
            self._add_older(slot, self.slots.pop(slot))

    def _add_older(self, slot: int, number: int) -> None:
        self.hours[slot // SLOTS_PER_HOUR] += number
        self.days[slot // SLOTS_PER_DAY] += number
        self._kept = None


@dataclass(slots=True)
class Page:
    """What is counted of one ledger. `fresh`: the ids that came since they were counted last, by slot and kind.

    `count_of`: how much feedback the ids of a slot stand for.
    """

    count_of: Callable[[Ids], int] = Ids.count
    sends: Numbers = field(default_factory=Numbers)
    feedback: dict[Kind, Numbers] = field(default_factory=lambda: {kind: Numbers() for kind in Kind})
    ids: dict[int, dict[Kind, Ids]] = field(default_factory=lambda: defaultdict(dict))
    fresh: dict[tuple[int, Kind], set[bytes]] = field(default_factory=lambda: defaultdict(set))
    first_second: int | None = None

    def add_sends(self, second: int, number: int) -> None:
        """Add sends of one second (Unix time)."""
        self.sends.add(second // SLOT_SECONDS, number)
        if self.first_second is None or second < self.first_second:
            self.first_second = second

    def add_feedback(self, kind: Kind, sent_at: float, ident: bytes) -> None:
        """Add a piece of feedback of a mail sent at a Unix time; the same `ident` counts once."""
        self.fresh[int(sent_at) // SLOT_SECONDS, kind].add(ident)

    def grow(self, since: int = 0) -> bool:
        """Count the fresh ids of the slots from `since` on; whether any of them was new. The others stay fresh."""
        grown, older = False, {}
        for (slot, kind), idents in self.fresh.items():
            if slot < since:
                older[slot, kind] = idents
                continue
            before = self.ids[slot].get(kind, Ids())
            after = before.together(Ids.of(idents))
            if after != before:
                grown = True
                self.ids[slot][kind] = after
                self.feedback[kind].add(slot, self.count_of(after) - self.count_of(before))
        self.fresh.clear()
        self.fresh.update(older)
        return grown

    def counts(self, newest: int) -> Counts:
        """The counts as of the slot `newest`."""
        return Counts(newest, self.sends.series(newest), *(self.feedback[kind].series(newest) for kind in Kind))

    def forget(self, open_day: int) -> None:
        """Forget what no judgement reads any more."""
        for numbers in (self.sends, *self.feedback.values()):
            numbers.forget(open_day)
        first_slot = (open_day - KEPT_DAYS) * SLOTS_PER_DAY
        for old in [slot for slot in self.ids if slot < first_slot]:
            del self.ids[old]
        for late in [key for key in self.fresh if key[0] < first_slot]:
            del self.fresh[late]


class Ledgers:
    """`ports.counted.Counted`, of tenants, and of the whole account where it is asked for.

    What is sent in a history is known at once: all sends until now are counted, which is when it was asked what grew.
    """

    def __init__(self, *, whole_account: bool = False) -> None:
        self.pages: dict[str, Page] = defaultdict(Page)
        self.account = Page(ACCOUNT_LEDGER.count_of) if whole_account else None
        self.since = math.inf
        self._with_fresh: set[str] = set()
        self._contributors: dict[str, Contributor] = {}
        self._mark = _mark_at(datetime.fromtimestamp(0, UTC))

    def add_feedback(self, tenant: str, kind: Kind, sent_at: float, ident: bytes) -> None:
        """Add a piece of feedback of a tenant's mail, as to its page."""
        self.pages[tenant].add_feedback(kind, sent_at, ident)
        self._with_fresh.add(tenant)

    def grown(self, now: datetime) -> list[str]:
        """The tenants whose feedback grew since they were asked for last, as of `now`."""
        today = int(now.timestamp()) // DAY_SECONDS
        open_day = first_open_day(today * SLOTS_PER_DAY)
        if today != int(self._mark.high.timestamp()) // DAY_SECONDS:
            for page in (*self.pages.values(), *([self.account] if self.account else ())):
                page.forget(open_day)
        self._mark = _mark_at(now)
        if self.account:
            # What is late for its closed days is counted with them, once a day.
            self.account.grow(since=open_day * SLOTS_PER_DAY)
        names = sorted(self._with_fresh)
        self._with_fresh.clear()
        return [name for name in names if self.pages[name].grow()]

    def known(self, ledger: Ledger, now: datetime) -> Known:
        page = self._page(ledger)
        first = None if page.first_second is None else datetime.fromtimestamp(page.first_second, UTC)
        mark = None if first is None else self._mark
        return Known(page.counts(int(now.timestamp()) // SLOT_SECONDS), first, named_by_ses=True, mark=mark)

    def edges(self, ledger: Ledger, slots: Iterable[int]) -> Edges:
        ids = self._page(ledger).ids
        return {slot: {"": ids.get(slot, {})} for slot in slots}

    def watermark(self) -> Watermark | None:
        if self.since == math.inf:
            return None
        return Watermark(datetime.fromtimestamp(self.since, UTC), self._mark)

    def examples(self, tenant: str, now: datetime) -> tuple[Example, ...]:  # noqa: ARG002 - a history has none
        return ()

    def write_feedback(self, feedback: Sequence[SlotOfFeedback]) -> None:
        """It is counted where it is added."""

    def delays(self, kind: Kind, days: range) -> Sequence[DayOfDelays]:  # noqa: ARG002 - nor does it teach
        return ()

    def recount_day(self, ledger: Ledger, day: int) -> None:
        """Days are summed up as they come, but for the account's late feedback."""
        if ledger.whole_account:
            self._page(ledger).grow(since=day * SLOTS_PER_DAY)

    def close_day(self, ledger: Ledger, day: int) -> None:
        """Days are summed up as they come."""

    def note_contributor(self, contributor: Contributor) -> None:
        self._contributors[contributor.tenant] = contributor

    def contributors(self) -> Sequence[Contributor]:
        return list(self._contributors.values())

    def _page(self, ledger: Ledger) -> Page:
        return self.account if self.account and ledger.whole_account else self.pages[ledger.tenant]


def _mark_at(now: datetime) -> Mark:
    return Mark(now, now, now)
