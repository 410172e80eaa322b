"""Judge a tenant when its feedback grew or its turn came: gather, decide, write decision and standing or neither."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reputation_guard.domain.counts import (
    SLOTS_PER_DAY,
    Counts,
    Ledger,
    Series,
    Sight,
    SlotOfFeedback,
    edges_to_read,
    first_open_day,
    judged_part,
    slot_of,
)
from reputation_guard.domain.decision import Decision, decide, record_after
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.policy import Policy
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports import Book, Counted, Known, Reminder, StaleError
from reputation_guard.usecases.mode import ModeInForce

_TRIES = 4


@dataclass(frozen=True, slots=True)
class Court:
    """What a judgement needs besides the tenant: where to read, where to write, and the rules.

    Sends are counted `travelling` after another batch of the same time at the latest.
    """

    counted: Counted
    book: Book
    policy: Policy
    delays: Delays
    in_force: ModeInForce
    reminder: Reminder
    travelling: timedelta


def judge_fresh(feedback: Iterable[SlotOfFeedback], court: Court, now: datetime) -> list[Decision]:
    """Judge every tenant of a batch of feedback that grew; returns the decisions that were written down."""
    by_tenant: dict[str, list[SlotOfFeedback]] = defaultdict(list)
    for slot in feedback:
        by_tenant[slot.ledger.tenant].append(slot)
    decisions = []
    for name, slots in by_tenant.items():
        _write_beside_sends(name, slots, court.counted, now)
        configuration_sets = frozenset(each for slot in slots for each in slot.configuration_sets)
        if decision := judge(name, court, now, configuration_sets):
            decisions.append(decision)
    return decisions


def judge(name: str, court: Court, now: datetime, configuration_sets: frozenset[str] = frozenset()) -> Decision | None:
    """Judge one tenant; returns the decision if it was written down. `StaleError`: its record would not hold still."""
    for _ in range(_TRIES - 1):
        try:
            return _judge_once(name, court, now, configuration_sets)
        except StaleError:
            continue
    return _judge_once(name, court, now, configuration_sets)


def _write_beside_sends(name: str, slots: Sequence[SlotOfFeedback], counted: Counted, now: datetime) -> None:
    """A judgement reads numbers only: the sets are counted here, once, when they grew."""
    open_day = first_open_day(slot_of(now))
    closed = {slot.slot // SLOTS_PER_DAY for slot in slots if slot.slot // SLOTS_PER_DAY < open_day}
    for day in sorted(closed):
        counted.recount_day(name, day)
    still_open = [slot for slot in slots if slot.slot // SLOTS_PER_DAY >= open_day]
    if still_open:
        counted.write_feedback(still_open)


def _judge_once(name: str, court: Court, now: datetime, configuration_sets: frozenset[str]) -> Decision | None:
    before = court.book.tenant(name) or Tenant(name=name)
    known = court.counted.known(Ledger(tenant=name), now)
    tenant = replace(
        before,
        fence=before.fence or known.first_seen,
        configuration_sets=before.configuration_sets | configuration_sets,
    )
    decision, held_back = _decide(tenant, known, court, now)
    tenant = replace(tenant, judge_again_at=now + court.travelling if held_back else None)
    if decision.announces:
        decision = replace(decision, tenant=tenant, examples=court.counted.examples(name, now))
        court.book.record(decision, record_after(decision))
        return decision
    if _worth_saving(before, tenant, now):
        court.book.save(before, tenant, now)
        if held_back:
            court.reminder.remind_in(court.travelling)
    return None


def _decide(tenant: Tenant, known: Known, court: Court, now: datetime) -> tuple[Decision, bool]:
    """The decision, and whether feedback was held back because its sends may not be counted yet."""
    sight = Sight.at(now, court.counted.watermark(), court.travelling)
    fence = max(filter(None, (tenant.fence or sight.since, court.in_force.enforcing_since)))
    edges = court.counted.edges(tenant.name, edges_to_read(known.counts, sight, fence))
    counts = judged_part(known.counts, sight, fence, edges)
    decision = decide(
        counts,
        Counts(counts.newest) if known.named_by_ses else _unattributed(tenant, counts, court.counted, now),
        policy=court.policy,
        tenant=tenant,
        delays=court.delays,
        mode=court.in_force.mode,
        now=now,
    )
    return decision, _fresh_total(known.counts, sight) > _fresh_total(counts, sight)


def _unattributed(tenant: Tenant, counts: Counts, counted: Counted, now: datetime) -> Counts:
    """The sends nobody could attribute in the sets that the tenant's feedback came from, over the judged time."""
    ledgers = (Ledger(configuration_set=each) for each in sorted(tenant.configuration_sets))
    astray = [counted.known(ledger, now).counts.sends for ledger in ledgers]
    judged = counts.sends

    def together(numbers: Iterable[tuple[int, ...]], kept: int) -> tuple[int, ...]:
        return tuple(map(sum, zip(*(each[:kept] for each in numbers), strict=True)))

    return Counts(
        counts.newest,
        Series(
            together((series.slots for series in astray), len(judged.slots)),
            together((series.days for series in astray), len(judged.days)),
            together((series.hours for series in astray), len(judged.hours)),
        ),
    )


def _fresh_total(counts: Counts, sight: Sight) -> int:
    until = max(0, counts.newest - slot_of(sight.watermark) + 1)
    return sum(counts.bounces.slots[:until]) + sum(counts.complaints.slots[:until])


def _worth_saving(before: Tenant, after: Tenant, now: datetime) -> bool:
    if before.version == 0 or replace(after, judge_again_at=before.judge_again_at) != before:
        return True
    # An appointment already made is kept; the review that keeps it makes the next one.
    return after.judge_again_at is not None and (before.judge_again_at is None or before.judge_again_at <= now)
