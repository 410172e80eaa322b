"""Judge a tenant when its feedback grew or its turn came: gather, decide, write decision and standing or neither."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reputation_guard.domain.counts import SLOTS_PER_DAY, Ledger, Sight, SlotOfFeedback, first_open_day, slot_of
from reputation_guard.domain.decision import Decision, decide, record_after
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.policy import Policy
from reputation_guard.domain.tenant import Standing, Tenant
from reputation_guard.ports import Counted, Records, Reminder
from reputation_guard.usecases.fresh import on_fresh_record
from reputation_guard.usecases.gather import gather
from reputation_guard.usecases.mode import ModeInForce


@dataclass(frozen=True, slots=True)
class Court:
    """What a judgement needs besides the tenant: where to read, where to write, and the rules.

    Sends are counted `travelling` after another batch of the same time at the latest.
    """

    counted: Counted
    book: Records
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
        if decision := judge(name, court, now, configuration_sets=configuration_sets):
            decisions.append(decision)
    return decisions


def judge(
    name: str,
    court: Court,
    now: datetime,
    *,
    configuration_sets: frozenset[str] = frozenset(),
    closed_day: int | None = None,
) -> Decision | None:
    """Judge one tenant; returns the decision if it was written down. `StaleError`: its record would not hold still.

    `configuration_sets` are those its fresh feedback came from. `closed_day`: it is the tenant's turn, its days are
    closed up to this one, and its record is written in any case.
    """
    return on_fresh_record(lambda: _judge_once(name, court, now, configuration_sets, closed_day))


def _write_beside_sends(name: str, slots: Sequence[SlotOfFeedback], counted: Counted, now: datetime) -> None:
    """A judgement reads numbers only: the sets are counted here, once, when they grew."""
    open_day = first_open_day(slot_of(now))
    closed = {slot.slot // SLOTS_PER_DAY for slot in slots if slot.slot // SLOTS_PER_DAY < open_day}
    for day in sorted(closed):
        counted.recount_day(name, day)
    still_open = [slot for slot in slots if slot.slot // SLOTS_PER_DAY >= open_day]
    if still_open:
        counted.write_feedback(still_open)


def _judge_once(
    name: str, court: Court, now: datetime, configuration_sets: frozenset[str], closed_day: int | None
) -> Decision | None:
    before = court.book.tenant(name) or Tenant(name=name)
    known = court.counted.known(Ledger(tenant=name), now)
    tenant = replace(
        before,
        fence=before.fence or known.first_seen,
        configuration_sets=before.configuration_sets | configuration_sets,
        closed_day=before.closed_day if closed_day is None else closed_day,
    )
    sight = Sight.at(now, court.counted.watermark(), court.travelling, court.in_force.enforcing_since)
    gathered = gather(tenant, known, court.counted, sight, court.travelling, now)
    decision = decide(
        gathered.counts,
        gathered.unattributed,
        policy=court.policy,
        tenant=tenant,
        delays=court.delays,
        mode=court.in_force.mode,
        now=now,
    )
    # While it is paused it is not judged, and at its resume a fence is set.
    again = gathered.held_back and tenant.standing is not Standing.PAUSED
    tenant = replace(tenant, judge_again_at=now + court.travelling if again else None)
    if decision.announces:
        return _write_down(replace(decision, tenant=tenant), court, now)
    if closed_day is not None or _worth_saving(before, tenant, now):
        court.book.save(before, tenant, now)
        _remind(tenant, court)
    return None


def _write_down(decision: Decision, court: Court, now: datetime) -> Decision:
    decision = replace(decision, examples=court.counted.examples(decision.tenant.name, now))
    _remind(court.book.record(decision, record_after(decision)), court)
    return decision


def _remind(tenant: Tenant, court: Court) -> None:
    if tenant.judge_again_at:
        court.reminder.remind_in(court.travelling)


def _worth_saving(before: Tenant, after: Tenant, now: datetime) -> bool:
    if before.version == 0 or replace(after, judge_again_at=before.judge_again_at) != before:
        return True
    # An appointment already made is kept; the review that keeps it makes the next one.
    return after.judge_again_at is not None and (before.judge_again_at is None or before.judge_again_at <= now)
