"""The counts in memory: the same meaning as the counts table, checked by the same contract tests."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from reputation_guard.domain.account import Contributor
from reputation_guard.domain.counts import (
    ANY_SET,
    NO_SETS,
    SLOTS_PER_DAY,
    SLOTS_PER_HOUR,
    Counts,
    HourOfSends,
    HoursOfSets,
    Ids,
    Ledger,
    Series,
    SlotOfFeedback,
    first_open_day,
    slot_of,
)
from reputation_guard.domain.decision import Example
from reputation_guard.domain.learning import DayOfDelays
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.senders import estimated
from reputation_guard.domain.sight import Debt, Edges, Gap, Mark, Watermark
from reputation_guard.ports.counted import Known
from tests.fakes.builders import series_of

_EXAMPLES_AN_HOUR = 20
SENDS = "sends"


@dataclass(slots=True)
class LedgerPage:
    """What is counted of one ledger: numbers by name and slot, sums of closed days by name and day.

    Feedback lies on a page a configuration set, in `by_set`; `through` are the sets that the sends of an hour
    went through, `closed` the same of closed days.
    """

    slots: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    days: dict[tuple[str, int], int] = field(default_factory=dict)
    late: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    ids: dict[int, dict[Kind, Ids]] = field(default_factory=lambda: defaultdict(dict))
    by_set: dict[str, "LedgerPage"] = field(default_factory=lambda: defaultdict(LedgerPage))
    through: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    closed: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    recounted: dict[tuple[Kind, int], int] = field(default_factory=dict)
    marks: dict[int, Mark] = field(default_factory=dict)
    first_second: int | None = None
    named_by_ses: bool = False

    def day(self, name: str, day: int) -> int:
        """The sum of a closed day, or of its slots while nobody has summed it up."""
        if (name, day) in self.days:
            return self.days[name, day]
        return sum(number for (of, slot), number in self.slots.items() if of == name and slot // SLOTS_PER_DAY == day)

    def has_hours(self, day: int) -> bool:
        """Whether anything was counted by slots on a day."""
        return any(slot // SLOTS_PER_DAY == day for _, slot in self.slots)

    def has_sends(self, day: int) -> bool:
        """Whether the sends of a closed day are known, by their sum or by slots."""
        return (SENDS, day) in self.days or self.has_hours(day)

    def sees(self, through: str, hour: int, *, closed: bool = False) -> bool:
        """Whether sends through a set are on record in an hour, or may be, as known while its day is open or closed."""
        sets = (self.closed if closed else self.through).get(hour, set())
        return not through or bool(sets & {through, ANY_SET})

    def close_hours(self, day: int, hours: HoursOfSets) -> None:
        """Remember the sets of a closed day by hour."""
        for through, bits in hours.items():
            for hour in range(24):
                if bits >> hour & 1:
                    self.closed[day * 24 + hour].add(through)


@dataclass(slots=True)
class InMemoryCounts:
    """`ports.counting.Counting` and `ports.counted.Counted`.

    `grown` is the stream: each slot of feedback, whole, as it grew.
    """

    pages: dict[Ledger, LedgerPage] = field(default_factory=lambda: defaultdict(LedgerPage))
    grown: list[SlotOfFeedback] = field(default_factory=list)
    lines: dict[tuple[str, int], dict[bytes, Example]] = field(default_factory=lambda: defaultdict(dict))
    took: dict[tuple[Kind, int, int], Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    seen_since: datetime | None = None
    sends_since: datetime | None = None
    mark: Mark | None = None
    debts: set[Debt] = field(default_factory=set)
    gaps: set[Gap] = field(default_factory=set)
    noted: dict[str, Contributor] = field(default_factory=dict)
    traces: dict[int, set[bytes]] = field(default_factory=lambda: defaultdict(set))

    def add_sends(self, sends: HourOfSends) -> None:
        page = self.pages[sends.ledger]
        first, last = (datetime.fromtimestamp(second, UTC) for second in (sends.first, sends.last))
        before = page.marks.get(sends.hour)
        page.marks[sends.hour] = Mark(first, max(before.high, last) if before else last, sends.counted_at)
        page.through[sends.hour] |= sends.through
        for slot, number in sends.by_slot.items():
            page.slots[SENDS, slot] += number
        page.first_second = min(page.first_second or sends.first, sends.first)
        page.named_by_ses |= sends.named_by_ses > 0

    def add_late_sends(self, ledger: Ledger, day: int, sends: int, through: HoursOfSets = NO_SETS) -> None:
        self.pages[ledger].late[day] += sends
        self.pages[ledger].close_hours(day, through)

    def add_feedback(self, feedback: SlotOfFeedback) -> None:
        page = self.pages[feedback.ledger].by_set[feedback.through]
        known = page.ids[feedback.slot]
        for kind, ids in feedback.ids.items():
            known[kind] = known.get(kind, Ids()).together(ids)
        if feedback.ledger.tenant or feedback.ledger.whole_account:
            self.grown.append(replace(feedback, ids=dict(known)))

    def add_delays(self, delays: DayOfDelays) -> None:
        self.took[delays.kind, delays.day, delays.group].update(delays.by_bin)

    def add_examples(self, tenant: str, hour: int, examples: Sequence[tuple[bytes, Example]]) -> None:
        if len(self.lines[tenant, hour]) < _EXAMPLES_AN_HOUR:
            self.lines[tenant, hour].update(examples)

    def note_senders(self, hour: int, traces: frozenset[bytes]) -> None:
        self.traces[hour] |= traces

    def senders(self, now: datetime) -> int:
        last = slot_of(now) // SLOTS_PER_HOUR
        return estimated(trace for hour in range(last - 24, last + 1) for trace in self.traces.get(hour, ()))

    def note_sight(self, now: datetime) -> None:
        self.seen_since = self.seen_since or now

    def open_debt(self, debt: Debt) -> None:
        self.debts.add(debt)

    def close_debt(self, debt: Debt) -> None:
        self.debts.discard(debt)

    def note_gap(self, gap: Gap) -> None:
        self.gaps.add(gap)

    def advance_watermark(self, mark: Mark) -> None:
        if self.mark is None or self.mark.high <= mark.high:
            self.mark, self.sends_since = mark, self.sends_since or mark.low

    def known(self, ledger: Ledger, now: datetime) -> Known:
        page, newest = self.pages[ledger], slot_of(now)
        sends = _series(page, SENDS, newest)
        seen = Counts(newest, sends, series_of(newest, _none, _none), series_of(newest, _none, _none))
        unseen = {}
        for through, fed in page.by_set.items():
            for of_seen in (True, False):
                bounces, complaints = (_feedback(page, fed, (kind, through), newest, of_seen=of_seen) for kind in Kind)
                part = Counts(newest, sends, bounces, complaints)
                if of_seen:
                    seen = seen.with_feedback_of(part)
                elif any(bounces.numbers + complaints.numbers):
                    unseen[through] = part
        first = datetime.fromtimestamp(page.first_second, UTC) if page.first_second is not None else None
        # Of what is ahead of the slot of `now` nothing is known yet.
        marks = [hour for hour in page.marks if hour <= newest // SLOTS_PER_HOUR]
        mark = page.marks[max(marks)] if marks else None
        sets = {hour: frozenset(names) for hour, names in page.through.items()}
        return Known(seen, first, page.named_by_ses, mark, sets, unseen)

    def edges(self, ledger: Ledger, slots: Iterable[int]) -> Edges:
        by_set = self.pages[ledger].by_set
        return {
            slot: {through: dict(page.ids[slot]) for through, page in by_set.items() if slot in page.ids}
            for slot in slots
        }

    def watermark(self) -> Watermark | None:
        since = self.sends_since or self.seen_since
        if since is None:
            return None
        debts = sorted(self.debts, key=lambda debt: (debt.until, debt.low, debt.tenant))
        return Watermark(since, self.mark, tuple(debts), tuple(sorted(self.gaps, key=lambda gap: gap.start)))

    def examples(self, tenant: str, now: datetime) -> tuple[Example, ...]:
        last = slot_of(now) // SLOTS_PER_HOUR
        hours = [hour for name, hour in self.lines if name == tenant and last - 48 <= hour <= last]
        return tuple(line for hour in sorted(hours, reverse=True)[:2] for line in self.lines[tenant, hour].values())

    def delays(self, kind: Kind, days: range) -> Sequence[DayOfDelays]:
        took = sorted(self.took.items())
        return [DayOfDelays(*key, dict(by_bin)) for key, by_bin in took if key[0] == kind and key[1] in days]

    def write_feedback(self, feedback: Sequence[SlotOfFeedback]) -> None:
        for each in feedback:
            for kind, ids in each.ids.items():
                self.pages[each.ledger].by_set[each.through].slots[kind, each.slot] = each.ledger.count_of(ids)

    def recount_day(self, ledger: Ledger, day: int) -> None:
        self.close_day(ledger, day)
        for page in self.pages[ledger].by_set.values():
            for slot, known in page.ids.items():
                if slot // SLOTS_PER_DAY == day:
                    page.recounted.update({(kind, slot): ledger.count_of(ids) for kind, ids in known.items()})
            for kind in Kind:
                found = (
                    number
                    for (of, slot), number in page.recounted.items()
                    if (of, slot // SLOTS_PER_DAY) == (kind, day)
                )
                page.days[kind, day] = sum(found)

    def close_day(self, ledger: Ledger, day: int) -> None:
        page = self.pages[ledger]
        if page.has_hours(day):
            page.days.setdefault((SENDS, day), page.day(SENDS, day))
            for hour in range(day * 24, day * 24 + 24):
                page.closed[hour] |= page.through.get(hour, set())

    def note_contributor(self, contributor: Contributor) -> None:
        before = self.noted.get(contributor.tenant)
        if not before or not contributor.is_as_before(before):
            self.noted[contributor.tenant] = contributor

    def contributors(self) -> Sequence[Contributor]:
        return [self.noted[name] for name in sorted(self.noted)]


def _none(_: int) -> int:
    return 0


def _series(page: LedgerPage, name: str, newest: int) -> Series:
    last_closed = first_open_day(newest) - 1

    def of_day(back: int) -> int:
        day = last_closed - back
        return page.day(name, day) + page.late.get(day, 0) if page.has_sends(day) else 0

    return series_of(newest, lambda slot: page.slots.get((name, slot), 0), of_day)


def _feedback(page: LedgerPage, fed: LedgerPage, of: tuple[Kind, str], newest: int, *, of_seen: bool) -> Series:
    """The feedback through one set, where its sends are seen, or where they are not."""
    (kind, through), last_closed = of, first_open_day(newest) - 1

    def of_slot(slot: int) -> int:
        wanted = page.sees(through, slot // SLOTS_PER_HOUR) is of_seen
        return fed.slots.get((kind, slot), 0) if wanted else 0

    def of_day(back: int) -> int:
        day = last_closed - back
        if not of_seen or not page.has_sends(day):
            return 0
        slots = range(day * SLOTS_PER_DAY, (day + 1) * SLOTS_PER_DAY)
        if (kind, day) not in fed.days:
            return sum(map(of_slot, slots))
        seen = (slot for slot in slots if page.sees(through, slot // SLOTS_PER_HOUR, closed=True))
        return sum(fed.recounted.get((kind, slot), 0) for slot in seen)

    return series_of(newest, of_slot, of_day)
