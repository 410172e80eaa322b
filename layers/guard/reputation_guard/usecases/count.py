"""Count what SES reports: grouped so that a batch costs one write a tenant and hour, and exact whatever the order."""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from reputation_guard.domain.addresses import Veil
from reputation_guard.domain.counts import (
    ACCOUNT_LEDGER,
    ANY_SET,
    KEPT_DAYS,
    SLOTS_PER_DAY,
    SLOTS_PER_HOUR,
    HourOfSends,
    Ids,
    Ledger,
    SlotOfFeedback,
    first_open_day,
    slot_of,
)
from reputation_guard.domain.decision import Example
from reputation_guard.domain.learning import DayOfDelays, bin_of, group_of
from reputation_guard.domain.mail import (
    Attribution,
    MailEvent,
    Send,
    attribute,
    countable_feedback,
    countable_sends,
)
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.senders import trace_of
from reputation_guard.domain.sight import Debt, Gap, Mark
from reputation_guard.ports.counting import Counting
from reputation_guard.ports.errors import RefusedError, UnavailableError
from reputation_guard.ports.owners import SetOwners

# One straggler in a hundred does not hold the watermark back: redelivered sends can only favour a tenant.
_STRAGGLERS = 0.01
_EXAMPLES_A_BATCH = 5
_A_DAY_OF_HOURS = 24
# A batch that failed comes again when its visibility timeout (template.yaml) is over.
_COMES_AGAIN = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class CountingRules:
    """The deployment's choices: the own message tag, whether simulator mail counts, how examples tell addresses."""

    own_tag: str
    with_simulator: bool = False
    veil: Veil = field(default_factory=Veil)


@dataclass(slots=True)
class Tally:
    """What a batch came to: the records to be delivered again, with the reason, and how much was counted."""

    failed: dict[str, str] = field(default_factory=dict)
    sends: int = 0
    feedback: int = 0
    unattributed: int = 0
    too_old: int = 0


@dataclass(slots=True)
class _Hour:
    records: set[str] = field(default_factory=set)
    by_slot: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    named_by_ses: int = 0
    first: int = sys.maxsize
    last: int = 0
    through: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Slot:
    records: set[str] = field(default_factory=set)
    ids: dict[Kind, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    examples: list[tuple[bytes, Example]] = field(default_factory=list)
    took: Counter[tuple[Kind, int]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Mail events by record id, whose they are, and the rules they are counted by."""

    events: Mapping[str, MailEvent]
    whose: Mapping[str, Attribution]
    rules: CountingRules
    last_chance: frozenset[str]
    waits: Mapping[str, timedelta]

    def ledger_of(self, name: str) -> Ledger:
        """Where a record is counted, beside the whole account's ledger."""
        whose = self.whose[name]
        return Ledger(tenant=whose.tenant) if whose.tenant else Ledger(configuration_set=whose.configuration_set)


def count(  # noqa: PLR0913, PLR0917 - a batch, where it goes, and how
    events: Mapping[str, MailEvent],
    counting: Counting,
    owners: SetOwners,
    rules: CountingRules,
    now: datetime,
    last_chance: frozenset[str] = frozenset(),
    waits: Mapping[str, timedelta] = MappingProxyType({}),
) -> Tally:
    """Count a batch of mail events, by record id. What could not be written is named in the tally's `failed`.

    A group that fails takes only its own records back to the queue; those of `last_chance` end in the dead letters.
    `waits`: how long a record had waited in its queue.
    """
    known = owners.known()
    counting.note_sight(now)
    fresh = {name: event for name, event in events.items() if now - event.mail.sent_at < timedelta(days=KEPT_DAYS)}
    whose = {name: attribute(event.mail, rules.own_tag, known) for name, event in fresh.items()}
    astray = {each.configuration_set for each in whose.values() if not each.tenant and each.configuration_set}
    with suppress(UnavailableError, RefusedError):  # the next batch with such mail notes them
        owners.note_unattributed(astray)
    tally = Tally(too_old=len(events) - len(fresh), unattributed=sum(not each.tenant for each in whose.values()))
    batch = _Batch(fresh, whose, rules, last_chance, waits)
    _count_sends(batch, counting, now, tally)
    _count_feedback(batch, counting, tally)
    return tally


def _count_sends(batch: _Batch, counting: Counting, now: datetime, tally: Tally) -> None:
    # Nobody's clock that is ahead moves the watermark past now: until then it would hide that sends are missing.
    sent = {name: min(event.mail.sent_at, now) for name, event in batch.events.items() if isinstance(event, Send)}
    if not sent:
        return
    # Owed before the first write, so that a crash leaves the debt open: its sends come again, and until then nobody is
    # judged as if they had never been sent.
    debt = Debt(min(sent.values()), until=now + _COMES_AGAIN)
    counting.open_debt(debt)
    # The account's first: where they cannot be counted the batch comes again as a whole, and stays owed as a whole,
    # before anybody's sends are counted twice.
    of_account = _write_hours(_hours(batch, sent, lambda _: ACCOUNT_LEDGER, now), counting, now)
    if of_account:
        failed = dict.fromkeys(sent, next(iter(of_account.values())))
    else:
        failed = _count_for_owners(batch, sent, counting, now, tally)
    for name in failed.keys() & batch.last_chance:
        counting.note_gap(Gap(sent[name], sent[name] + timedelta(seconds=1)))
    if not of_account:
        counting.close_debt(debt)
    tally.failed |= failed


def _count_for_owners(
    batch: _Batch, sent: Mapping[str, datetime], counting: Counting, now: datetime, tally: Tally
) -> dict[str, str]:
    """Count sends for whose they are; what could not be written of a tenant is owed to that tenant alone."""
    hours = _hours(batch, sent, batch.ledger_of, now)
    tally.sends += sum(sum(hour.by_slot.values()) for hour in hours.values())
    _note_senders(hours, counting, now)
    failed = _write_hours(hours, counting, now)
    times, straggling = sorted(sent.values()), int(len(sent) * _STRAGGLERS)
    waits = sorted((batch.waits.get(name, timedelta()) for name in sent), reverse=True)
    counting.advance_watermark(Mark(times[straggling], times[-1], now, waits[straggling]))
    for name in failed:
        counting.open_debt(Debt(sent[name], now + _COMES_AGAIN, batch.whose[name].tenant))
    return failed


def _note_senders(hours: Mapping[tuple[Ledger, int], _Hour], counting: Counting, now: datetime) -> None:
    """How many tenants send decides how many may be paused in an hour; what is not noted makes them fewer (Law 6)."""
    this_hour = slot_of(now) // SLOTS_PER_HOUR
    names = {ledger.tenant for ledger, hour in hours if ledger.tenant and this_hour - hour < _A_DAY_OF_HOURS}
    with suppress(UnavailableError, RefusedError):
        if names:
            counting.note_senders(this_hour, frozenset(map(trace_of, names)))


def _write_hours(hours: Mapping[tuple[Ledger, int], _Hour], counting: Counting, now: datetime) -> dict[str, str]:
    """Write each hour; the records of those that could not be written, with the reason."""
    failed: dict[str, str] = {}
    for (ledger, number), hour in hours.items():
        try:
            _add_hour(ledger, number, hour, counting, now)
        except (UnavailableError, RefusedError) as error:
            failed |= dict.fromkeys(hour.records, repr(error))
    return failed


def _hours(
    batch: _Batch, sent: Collection[str], ledger_of: Callable[[str], Ledger], now: datetime
) -> dict[tuple[Ledger, int], _Hour]:
    hours: dict[tuple[Ledger, int], _Hour] = defaultdict(_Hour)
    for name, event in batch.events.items():
        if name not in sent:
            continue
        recipients = countable_sends(event.mail, with_simulator=batch.rules.with_simulator)
        slot = slot_of(event.mail.sent_at)
        ledger = ledger_of(name)
        hour = hours[ledger, slot // SLOTS_PER_HOUR]
        hour.records.add(name)
        hour.by_slot[slot] += recipients
        hour.named_by_ses += recipients if batch.whose[name].by_ses else 0
        if ledger.tenant:
            hour.through.add(batch.whose[name].configuration_set or ANY_SET)
        hour.first = min(hour.first, int(event.mail.sent_at.timestamp()))
        hour.last = max(hour.last, int(min(event.mail.sent_at, now).timestamp()))
    return hours


def _add_hour(ledger: Ledger, number: int, hour: _Hour, counting: Counting, now: datetime) -> None:
    total = sum(hour.by_slot.values())
    if not total:
        return
    day, through = number // 24, frozenset(hour.through)
    if day < first_open_day(slot_of(now)):
        counting.add_late_sends(ledger, day, total, dict.fromkeys(through, 1 << number % 24))
    else:
        by_slot = dict(hour.by_slot)
        counting.add_sends(HourOfSends(ledger, number, by_slot, hour.named_by_ses, hour.first, hour.last, now, through))


def _count_feedback(batch: _Batch, counting: Counting, tally: Tally) -> None:
    took: dict[tuple[Kind, int, int], Counter[int]] = defaultdict(Counter)
    slots = _slots(batch, batch.ledger_of)
    tally.feedback += sum(len(ids) for slot in slots.values() for ids in slot.ids.values())
    # The account's last: what cannot be counted for it comes again, and twice is once.
    for (ledger, number, through), slot in [*slots.items(), *_slots(batch, lambda _: ACCOUNT_LEDGER).items()]:
        try:
            _add_slot(ledger, number, through, slot, counting)
        except (UnavailableError, RefusedError) as error:
            tally.failed |= dict.fromkeys(slot.records, repr(error))
            continue
        for (kind, in_bin), feedback in slot.took.items():
            took[kind, number // SLOTS_PER_DAY, group_of(ledger)][in_bin] += feedback
    # After all feedback is counted, which wakes the judgement. What is not learned is not missed.
    with suppress(UnavailableError, RefusedError):
        for (kind, day, group), by_bin in took.items():
            counting.add_delays(DayOfDelays(kind, day, group, by_bin))


def _slots(batch: _Batch, ledger_of: Callable[[str], Ledger]) -> dict[tuple[Ledger, int, str], _Slot]:
    """The feedback by ledger, slot and, of a tenant's, the configuration set its mail was sent through."""
    slots: dict[tuple[Ledger, int, str], _Slot] = defaultdict(_Slot)
    for name, event in batch.events.items():
        if isinstance(event, Send):
            continue
        ledger = ledger_of(name)
        through = batch.whose[name].configuration_set if ledger.tenant else ""
        slot = slots[ledger, slot_of(event.mail.sent_at), through]
        slot.records.add(name)
        for each in countable_feedback(event, with_simulator=batch.rules.with_simulator, veil=batch.rules.veil):
            slot.ids[each.kind].add(each.ident)
            slot.examples.append((each.ident, each.example))
            in_bin = bin_of(each.kind, event.mail.sent_at, event.reported_at)
            if in_bin is not None and not ledger.whole_account:
                slot.took[each.kind, in_bin] += 1
    return slots


def _add_slot(ledger: Ledger, number: int, through: str, slot: _Slot, counting: Counting) -> None:
    if not slot.ids:
        return
    # The examples first: the feedback wakes the judgement, which shows them.
    if ledger.tenant:
        counting.add_examples(ledger.tenant, number // SLOTS_PER_HOUR, slot.examples[:_EXAMPLES_A_BATCH])
    ids = {kind: Ids.of(idents) for kind, idents in slot.ids.items()}
    counting.add_feedback(SlotOfFeedback(ledger, number, ids, through))
