"""Carry out one decision: change the tenant at SES, read back, announce, then settle.

A crash between any two steps leaves the decision pending, and doing it again changes nothing. Only a confirmation read
back from SES, or a person, clears a pause (Law 4).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import ONCE_A_DAY, Answer, Decision, GuardEvent
from reputation_guard.domain.hands import Hand, is_stopped_anew, taken_over
from reputation_guard.domain.policy import Mode, Policy
from reputation_guard.domain.sending import Sending, SendingStatus
from reputation_guard.domain.tenant import Owner, Tenant, forgotten, paused, put_back
from reputation_guard.domain.words import hand_in_words
from reputation_guard.ports.book import Book, Outcome, Pending
from reputation_guard.ports.errors import GoneError, RefusedError, StaleError, ThrottledError, UnavailableError
from reputation_guard.ports.outlets import Announcer
from reputation_guard.ports.ses import SendingGate, TenantTags
from reputation_guard.usecases.at_ses import at_ses
from reputation_guard.usecases.policies import Policies
from reputation_guard.usecases.tags import pauses_by, with_its_tag

# So long SES may need to show what it took.
_A_MOMENT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Enforcer:
    """What carrying out needs. `deployed` is the template's mode; `rest` waits for so many seconds.

    The book's switch and the tenant's policy are read before every pause, so `policies` must not remember what it read.
    """

    book: Book
    gate: SendingGate
    tags: TenantTags
    announcer: Announcer
    policies: Policies
    deployed: Mode
    clock: Callable[[], datetime]
    rest: Callable[[float], None]


class Turn(StrEnum):
    """What a decision's turn came to: it is settled, SES or its owner refuses it, or it waits for another one."""

    SETTLED = "settled"
    REFUSED = "refused"
    WAITS = "waits"


def carry_out(pending: Pending, world: Enforcer) -> Turn:
    """Carry out one decision. Raises what leaves it for another round, `ThrottledError` where SES takes no call now."""
    decision = pending.decision
    if not decision.needs_ses:
        if decision.announces:
            _announce(decision.announces, decision, world, decision.seen)
        return _settled(decision, Outcome.ANNOUNCED, world)
    tenant = world.book.tenant(decision.tenant.name) or decision.tenant
    if decision.answer is Answer.PAUSE and tenant.decided == decision.id and not decision.is_an_order:
        # Before the ARN is asked for, with the same call: where SES takes one a second, each turn gets further.
        tenant = with_its_tag(tenant, world.tags, world.book, world.clock())
    if tenant.decided != decision.id:
        if decision.answer is Answer.RESUME and tenant.under_way:
            # The pause that overtook it may be withdrawn yet, and then the resume is in force again.
            return Turn.WAITS
        return _settled(decision, Outcome.SUPERSEDED, world)
    change = _pause if decision.answer is Answer.PAUSE else _resume
    try:
        return Turn.SETTLED if at_ses(tenant, world.gate, partial(change, pending, tenant, world)) else Turn.REFUSED
    except GoneError as gone:
        _forget(pending, tenant, gone, world)
        return Turn.SETTLED
    except RefusedError as refusal:
        tell_refused(pending, world, ": ".join(map(str, refusal.args)))
        return Turn.REFUSED


def _settled(decision: Decision, outcome: Outcome, world: Enforcer) -> Turn:
    world.book.settle(decision, outcome, world.clock())
    return Turn.SETTLED


def _pause(pending: Pending, tenant: Tenant, world: Enforcer, arn: str) -> bool:
    decision, status = pending.decision, world.gate.look(arn)
    # A person's order takes over whatever stop there is, and no rule calls it off.
    if pending.attempted_at is None and not decision.is_an_order and is_stopped_anew(tenant, status):
        if not _is_untried(decision, world):
            raise UnavailableError(arn)  # another enforcer's own call: the next round sees what came of it
        _leave_to_its_owner(decision, tenant, arn, status, world)
        return True
    # After a crash the first attempt may have reached SES, so that nothing is done twice.
    if pending.attempted_at is None or not _is_shut(status):
        if not decision.is_an_order and _is_called_off(decision, tenant, world):
            return True
        _call(pending, partial(world.gate.shut, arn), world)
        status = world.gate.look(arn)
        if not _is_shut(status) and pending.attempted_at is not None:
            # The first attempt may never have got there. If SES only needs a moment, this one must not be forgotten:
            # the guard would take its own stop for a person's.
            world.rest(_A_MOMENT_SECONDS)
            status = world.gate.look(arn)
    if not _is_shut(status):
        if pending.attempted_at is None:
            raise UnavailableError(arn)  # SES may need a moment; the next round looks again
        world.book.unmark_attempt(decision)
        tell_refused(pending, world, "SES took the call and still lets the tenant send", status)
        return False
    _announce(GuardEvent.TENANT_PAUSED, decision, world, status)
    _settle(decision, Outcome.CONFIRMED, tenant, _read_back(arn, status), world)
    return True


def _is_untried(decision: Decision, world: Enforcer) -> bool:
    """Whether nobody has called SES for this decision by now: the round's own list of what is pending has aged."""
    return any(each.decision.id == decision.id and each.attempted_at is None for each in world.book.pending())


def _call(pending: Pending, change: Callable[[], None], world: Enforcer) -> None:
    """Change the tenant at SES; what is found after SES has said no is another's work."""
    if pending.attempted_at is None:
        world.book.mark_attempt(pending.decision, world.clock())
    try:
        change()
    except (RefusedError, ThrottledError):
        world.book.unmark_attempt(pending.decision)
        raise


def _is_called_off(decision: Decision, tenant: Tenant, world: Enforcer) -> bool:
    """Whether the pause is not to be, by the mode or the policy of this very moment; then it is settled.

    The mode is the most cautious of the template, the book's switch, and the policy (Law 12).
    """
    policy = world.policies.of(tenant).policy
    if tenant.mode_at(world.clock(), _mode_now(policy, tenant, world)) is Mode.OBSERVE:
        observes = policy.mode_for(tenant.name) is Mode.OBSERVE
        _withdraw(replace(decision, policy=policy) if observes else decision, tenant, world)
        return True
    if policy.name != decision.policy.name and not pauses_by(policy, decision):
        _leave_to_its_policy(decision, tenant, world)
        return True
    return False


def _mode_now(policy: Policy, tenant: Tenant, world: Enforcer) -> Mode:
    return Mode.most_cautious(world.deployed, world.book.mode().switch, policy.mode_for(tenant.name))


def _resume(pending: Pending, tenant: Tenant, world: Enforcer, arn: str) -> bool:
    decision = pending.decision
    if pending.attempted_at is None and _is_held_back(decision, tenant, world):
        return True
    status = world.gate.look(arn)
    # After a crash the first attempt may have reached SES; where it has not, nobody has called yet.
    if status.aggregate is Sending.DISABLED and pending.attempted_at and _is_held_back(decision, tenant, world):
        return True
    if is_stopped_anew(tenant, status) and not _may_be_the_guards(decision, world):
        return _stays_shut(decision, tenant, arn, status, world)
    findings = world.gate.findings(arn)
    _call(pending, partial(world.gate.open, arn, despite_findings=bool(findings)), world)
    status = world.gate.look(arn)
    if status.aggregate is not Sending.DISABLED:
        _announce(GuardEvent.TENANT_RESUMED, decision, world, status)
        _settle(decision, Outcome.CONFIRMED, tenant, _read_back(arn, status, findings=findings), world)
        return True
    if not status.stopped_by_ses and pending.attempted_at is None:
        raise UnavailableError(arn)  # SES may need a moment; the next round looks again
    return _stays_shut(decision, tenant, arn, status, world)


def _is_held_back(resume: Decision, tenant: Tenant, world: Enforcer) -> bool:
    """Whether the guard leaves SES alone by now (Law 12): its pause goes on, and is ended when it may act again."""
    is_the_guards = resume.owner is Owner.GUARD and not resume.adopted
    if not is_the_guards or _mode_now(world.policies.of(tenant).policy, tenant, world) is not Mode.OBSERVE:
        return False
    _settle(resume, Outcome.WITHDRAWN, tenant, lambda record: put_back(record, resume.tenant), world)
    return True


def _may_be_the_guards(resume: Decision, world: Enforcer) -> bool:
    """Whether a stop since the resume was ordered may be the guard's: its pause was under way, and SES was called."""
    overtaken = world.book.overtaken_by(resume)
    return overtaken is not None and overtaken.attempted_at is not None


def _stays_shut(decision: Decision, tenant: Tenant, arn: str, status: SendingStatus, world: Enforcer) -> bool:
    """A resume that another's stop is in the way of: whoever owns that stop lifts it (Law 5)."""
    stopped_anew = is_stopped_anew(tenant, status)
    if stopped_anew:
        why = f"it was stopped anew {hand_in_words(status)}, on {status.stamp:%Y-%m-%d at %H:%M:%S} UTC"
    elif status.stopped_by_ses:
        why = "SES itself has stopped the tenant: only AWS Support can lift this"
    else:
        why = "still DISABLED"
    _announce(GuardEvent.RESUME_REFUSED, decision, world, status, why)

    def stopped(record: Tenant) -> Tenant:
        after = _read_back(arn, status)(record)
        after = paused(after, Owner.SES) if status.stopped_by_ses else after
        return taken_over(after) if stopped_anew or not status.stopped_by_ses else after

    _settle(decision, Outcome.REFUSED, tenant, stopped, world)
    return False


def _leave_to_its_owner(decision: Decision, tenant: Tenant, arn: str, status: SendingStatus, world: Enforcer) -> None:
    """Another has stopped the tenant before the guard did: the stop is his, and no pause of the guard's (Law 5)."""
    adopted = replace(decision, owner=Owner.OPERATOR, adopted=True, seen=status, reason=Hand.OPERATOR_PAUSED)
    _announce(GuardEvent.TENANT_PAUSED, adopted, world, status)

    def left(record: Tenant) -> Tenant:
        after = _read_back(arn, status)(put_back(record, decision.tenant))
        return replace(taken_over(after), decided=decision.id)

    _settle(decision, Outcome.ADOPTED, tenant, left, world)


def _read_back(arn: str, status: SendingStatus, **more: Any) -> Callable[[Tenant], Tenant]:
    """What SES's answer makes of a record."""
    return lambda record: replace(record, arn=arn, stamp=status.stamp, under_way=False, gone_at=None, **more)


def _settle(
    decision: Decision, outcome: Outcome, tenant: Tenant, change: Callable[[Tenant], Tenant], world: Enforcer
) -> None:
    """Settle what people were told, with the record as `change` makes it.

    By then the mirror of our own echo, or fresh feedback, may have touched the record: the change goes on top of that,
    since another round would tell people again.
    """
    try:
        world.book.settle(decision, outcome, world.clock(), change(tenant))
    except StaleError:
        fresh = world.book.tenant(tenant.name)
        if fresh is None or fresh.decided != decision.id:
            raise
        world.book.settle(decision, outcome, world.clock(), change(fresh))


def _withdraw(decision: Decision, tenant: Tenant, world: Enforcer) -> None:
    """The tenant was exempted, or it is only observed by now, before the pause reached SES: as if never (Law 12)."""
    _announce(GuardEvent.PAUSE_ADVISED, decision, world)

    def after(record: Tenant) -> Tenant:
        return replace(put_back(record, decision.tenant), advised_at=world.clock())

    _settle(decision, Outcome.WITHDRAWN, tenant, after, world)


def _leave_to_its_policy(decision: Decision, tenant: Tenant, world: Enforcer) -> None:
    """The policy that was named since does not pause it on this mail: as if never, and the next review judges by it."""

    def after(record: Tenant) -> Tenant:
        return replace(put_back(record, decision.tenant), judge_again_at=world.clock())

    _settle(decision, Outcome.WITHDRAWN, tenant, after, world)


def _forget(pending: Pending, tenant: Tenant, gone: GoneError, world: Enforcer) -> None:
    """SES has no such tenant: people are told once a day, and whoever gets the name is guarded like any other."""
    decision, now = pending.decision, world.clock()
    if tenant.gone_at is None or now - tenant.gone_at >= ONCE_A_DAY:
        tell_refused(pending, world, ": ".join(map(str, gone.args)), gone=True)
    pausing = decision.answer is Answer.PAUSE

    def after(record: Tenant) -> Tenant:
        told_at = record.gone_at if record.gone_at and now - record.gone_at < ONCE_A_DAY else now
        return forgotten(put_back(record, decision.tenant) if pausing else record, now, told_at)

    _settle(decision, Outcome.GONE, tenant, after, world)


def tell_refused(  # noqa: PLR0913 - what there is to tell
    pending: Pending,
    world: Enforcer,
    why: str,
    status: SendingStatus | None = None,
    *,
    gone: bool = False,
    keeps_its_place: bool = False,
) -> None:
    """A pause that SES does not make is tried again every minute, and people are told once (Law 4).

    `keeps_its_place`: SES was not even asked, so that a faster sender does not go behind slower ones.
    """
    if pending.refused_at is None:
        pausing = pending.decision.answer is Answer.PAUSE
        refused = GuardEvent.PAUSE_REFUSED if pausing else GuardEvent.RESUME_REFUSED
        _announce(refused, pending.decision, world, status, why, gone=gone)
    if pending.refused_at is None or not keeps_its_place:
        # Refused at last though told of before: from now on it keeps nobody waiting.
        at = pending.refused_at or world.clock()
        world.book.mark_refused(pending.decision, at, keeps_its_place=keeps_its_place)


def _is_shut(status: SendingStatus) -> bool:
    return status.aggregate is Sending.DISABLED and status.customer_managed is Sending.DISABLED


def _announce(  # noqa: PLR0913 - what there is to tell
    name: GuardEvent,
    decision: Decision,
    world: Enforcer,
    status: SendingStatus | None = None,
    refusal: str = "",
    *,
    gone: bool = False,
) -> None:
    tenant = world.book.tenant(decision.tenant.name)
    if tenant and tenant.exemption:
        # A person may have exempted it since the decision: every notice says so.
        decision = replace(decision, tenant=replace(decision.tenant, exemption=tenant.exemption))
    told = Announcement(
        id=f"{decision.id}.{name}",
        name=name,
        at=world.clock(),
        decision=decision,
        sending=status,
        refusal=refusal,
        gone=gone,
    )
    world.announcer.announce(told)
