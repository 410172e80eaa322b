"""Judge a tenant when its feedback grew or its turn came: gather, decide, write decision and standing or neither."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reputation_guard.domain.account import (
    SHARE_TO_NAME,
    UNKNOWN_RISK,
    AccountRisk,
    Budget,
    Contributor,
    budget_of,
    largest_share,
    tightened,
)
from reputation_guard.domain.choice import fenced
from reputation_guard.domain.counts import (
    ACCOUNT_LEDGER,
    SLOTS_PER_DAY,
    Ledger,
    SlotOfFeedback,
    first_open_day,
    slot_of,
)
from reputation_guard.domain.decision import Decision, GuardEvent, record_after
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.judgement import decide, decide_resume
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.sight import Sight
from reputation_guard.domain.tenant import ACCOUNT, Standing, Tenant, updated, without_lapsed_exemption
from reputation_guard.ports.book import Records
from reputation_guard.ports.counted import Counted, Known
from reputation_guard.ports.outlets import Reminder
from reputation_guard.usecases.account import judge_account, weigh_account
from reputation_guard.usecases.brake import Braking, pause_or_keep, tend_brake
from reputation_guard.usecases.fresh import on_fresh_record
from reputation_guard.usecases.gather import find, gather
from reputation_guard.usecases.mode import ModeInForce
from reputation_guard.usecases.policies import Policies


@dataclass(frozen=True, slots=True)
class Court:
    """What a judgement needs besides the tenant: where to read, where to write, and the rules.

    Sends are counted `travelling` after another batch of the same time at the latest. `account` is the account's own
    risk, weighed once for all tenants that are judged together. `braking` is None where a history is only rehearsed.
    `judges_nobody`: what is known is too old; `keeps_pauses`: sends are lost (`usecases/watch.py`).
    """

    counted: Counted
    book: Records
    policies: Policies
    delays: Delays
    in_force: ModeInForce
    reminder: Reminder
    travelling: timedelta
    braking: Braking | None
    account: AccountRisk = UNKNOWN_RISK
    judges_nobody: bool = False
    keeps_pauses: bool = False


def knowing_the_account(court: Court, now: datetime) -> Court:
    """The same court, with the account's risk as it is at `now`, and whether the guard sees enough to judge."""
    record = court.book.tenant(ACCOUNT)
    blind = record.blind if record and record.blind and record.blind.is_confirmed(now) else None
    account = weigh_account(court.counted, court.delays, court.travelling, now)
    return replace(
        court,
        account=account,
        judges_nobody=blind is not None and blind.judges_nobody,
        keeps_pauses=blind is not None and blind.keeps_pauses,
    )


def judge_fresh(feedback: Iterable[SlotOfFeedback], court: Court, now: datetime) -> list[Decision]:
    """Judge every tenant of a batch of feedback that grew, and the account; returns the decisions written down."""
    by_ledger: dict[Ledger, list[SlotOfFeedback]] = defaultdict(list)
    for slot in feedback:
        by_ledger[slot.ledger].append(slot)
    _write_beside_sends(ACCOUNT_LEDGER, by_ledger.pop(ACCOUNT_LEDGER, []), court.counted, now)
    court = knowing_the_account(court, now)
    decisions: list[Decision | None] = []
    for ledger, slots in by_ledger.items():
        _write_beside_sends(ledger, slots, court.counted, now)
        configuration_sets = frozenset(slot.through for slot in slots if slot.through)
        if court.judges_nobody:
            put_off(ledger.tenant, court.book, configuration_sets, now)
            continue
        decisions.append(judge(ledger.tenant, court, now, configuration_sets=configuration_sets))
    if any(each and each.announces is GuardEvent.TENANT_PAUSED for each in decisions):
        # The page about the brake waits a moment, so that it names all that turned bad together.
        court.reminder.remind_in(court.travelling)
    if not court.judges_nobody:
        decisions.append(judge_account(court.account, court.book, court.counted, court.in_force.mode, now))
    return [decision for decision in decisions if decision]


def put_off(name: str, book: Records, configuration_sets: frozenset[str], now: datetime) -> None:
    """Have a tenant judged as soon as anybody is: the guard is blind."""

    def once() -> None:
        before = book.tenant(name) or Tenant(name=name)
        sets = before.configuration_sets | configuration_sets
        after = updated(before, configuration_sets=sets, judge_again_at=before.judge_again_at or now)
        if after != before and before.standing is not Standing.PAUSED:
            book.save(before, after, now)

    on_fresh_record(once)


def look_at_brake(court: Court, now: datetime) -> Decision | None:
    """Write down that the brake is on, or off again, if that is new; returns that decision."""
    if court.braking is None:
        return None
    policy = court.policies.of(Tenant(name=ACCOUNT)).policy
    return tend_brake(court.braking, court.book, policy, court.in_force.mode, now)


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


def _write_beside_sends(ledger: Ledger, slots: Sequence[SlotOfFeedback], counted: Counted, now: datetime) -> None:
    """A judgement reads numbers only: the sets are counted here, once, when they grew."""
    open_day = first_open_day(slot_of(now))
    closed = {slot.slot // SLOTS_PER_DAY for slot in slots if slot.slot // SLOTS_PER_DAY < open_day}
    # The account's closed days are counted anew by the review, once a day.
    for day in sorted(closed) if not ledger.whole_account else ():
        counted.recount_day(ledger, day)
    still_open = [slot for slot in slots if slot.slot // SLOTS_PER_DAY >= open_day]
    if still_open:
        counted.write_feedback(still_open)


def _judge_once(
    name: str, court: Court, now: datetime, configuration_sets: frozenset[str], closed_day: int | None
) -> Decision | None:
    before = court.book.tenant(name) or Tenant(name=name)
    known = court.counted.known(Ledger(tenant=name), now)
    tenant = _as_judged(before, known, configuration_sets, closed_day, now)
    chosen = court.policies.of(tenant)
    tenant, policy = fenced(tenant, chosen, now), chosen.policy
    mode, delays = Mode.most_cautious(court.in_force.mode, policy.mode_for(name)), court.delays
    found = find(tenant, known, court.counted, now)
    if closed_day is not None and (
        resume := decide_resume(found.known.counts, policy=policy, tenant=tenant, delays=delays, mode=mode, now=now)
    ):
        return _write_down(resume, court, now)
    sight = Sight.at(now, court.counted.watermark(), court.travelling, court.in_force.enforcing_since)
    gathered = gather(tenant, found, court.counted, sight, court.travelling, now)
    budget = budget_of(known.counts, court.account)
    _remember_part(name, budget, court, now)
    decision = decide(
        gathered.counts,
        gathered.unattributed,
        gathered.unseen,
        policy=tightened(policy, budget),
        tenant=tenant,
        delays=delays,
        mode=tenant.mode_at(now, mode),
        now=now,
    )
    # Its sends may be just behind, and move its fence; if they are not counted by the next look, they are not behind.
    overtook = gathered.overtook and (before.judge_again_at is None or now < before.judge_again_at)
    # While it is paused it is not judged, and at its resume a fence is set.
    look_again_at = gathered.look_again_at or (now + court.travelling if overtook else None)
    tenant = updated(tenant, judge_again_at=None if tenant.standing is Standing.PAUSED else look_again_at)
    if decision.announces:
        told = replace(decision, tenant=tenant, budget=budget, unseen_sets=gathered.unseen_sets)
        return _write_down(told, court, now)
    if closed_day is not None or _worth_saving(before, tenant, now):
        court.book.save(before, tenant, now)
        _remind(tenant, court, now)
    return None


def _as_judged(
    before: Tenant, known: Known, configuration_sets: frozenset[str], closed_day: int | None, now: datetime
) -> Tenant:
    """The record with what this judgement knows more than the one before."""
    tenant = without_lapsed_exemption(before, now)
    return updated(
        tenant,
        fence=tenant.fence or known.first_seen,
        configuration_sets=before.configuration_sets | configuration_sets,
        closed_day=before.closed_day if closed_day is None else closed_day,
    )


def _remember_part(name: str, budget: Budget, court: Court, now: datetime) -> None:
    """So that the account's warning can name this tenant without looking at all."""
    if largest_share(budget) >= SHARE_TO_NAME:
        court.counted.note_contributor(Contributor(name, budget, now))


def _write_down(decision: Decision, court: Court, now: datetime) -> Decision:
    if decision.because:
        decision = replace(decision, examples=court.counted.examples(decision.tenant.name, now))
    if court.braking and decision.announces is GuardEvent.TENANT_PAUSED:
        after = pause_or_keep(decision, court.braking, keeps_all=court.keeps_pauses)
    else:
        after = court.book.record(decision, record_after(decision))
    _remind(after, court, now)
    return decision


def _remind(tenant: Tenant, court: Court, now: datetime) -> None:
    # What is further away is found by the minute review.
    if tenant.judge_again_at and tenant.judge_again_at - now <= court.travelling:
        court.reminder.remind_in(court.travelling)


def _worth_saving(before: Tenant, after: Tenant, now: datetime) -> bool:
    if before.version == 0 or updated(after, judge_again_at=before.judge_again_at) != before:
        return True
    # An appointment already made is kept, unless there is a sooner one; the review that keeps it makes the next one.
    made, wanted = before.judge_again_at, after.judge_again_at
    return wanted is not None and (made is None or made <= now or wanted < made)
