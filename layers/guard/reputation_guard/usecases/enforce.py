"""Carry out what was decided: at SES, one at a time, the fastest sender first; read back, announce, then settle.

A crash between any two steps leaves the decision pending, and doing it again changes nothing. Only a confirmation read
back from SES, or a person, clears a pause (Law 4).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from reputation_guard.domain.decision import Answer, Decision, GuardEvent
from reputation_guard.domain.notices import Announcement
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Owner, Sending, SendingStatus, Tenant, paused
from reputation_guard.domain.words import in_words
from reputation_guard.ports import (
    Announcer,
    Book,
    GoneError,
    Outcome,
    Pending,
    RefusedError,
    SendingGate,
    StaleError,
    ThrottledError,
    UnavailableError,
)
from reputation_guard.usecases.policies import Policies

# SES neither makes nor refuses it for so long.
_OVERDUE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Enforcer:
    """What carrying out needs. `deployed` is the template's mode.

    The book's switch and the tenant's policy are read before every pause, so `policies` must not remember what it read.
    """

    book: Book
    gate: SendingGate
    announcer: Announcer
    policies: Policies
    deployed: Mode
    clock: Callable[[], datetime]


@dataclass(slots=True)
class Round:
    """What a round came to: how many decisions were settled or refused by SES, and which were left, and why."""

    settled: int = 0
    refused: int = 0
    left: dict[str, str] = field(default_factory=dict)


def enforce(world: Enforcer, until: datetime) -> Round:
    """Carry out pending decisions until there are none, SES takes no more calls, or `until` has come."""
    result = Round()
    # What only has to be made known does not wait behind SES's pace, and what SES refused waits behind all others.
    queue = sorted(
        world.book.pending(), key=lambda pending: (pending.decision.needs_ses, pending.refused_at is not None)
    )
    why_all = ""
    for pending in queue:
        if why_all or world.clock() >= until:
            _leave(pending, why_all or "no time left", world, result)
            continue
        try:
            _carry_out(pending, world, result)
        except ThrottledError as error:
            why_all = repr(error)
            _leave(pending, why_all, world, result)
        except (UnavailableError, StaleError, RefusedError) as error:
            _leave(pending, repr(error), world, result)
    return result


def _leave(pending: Pending, why: str, world: Enforcer, result: Round) -> None:
    """Left for the next round; a pause that has waited too long is a page that says so (Law 4)."""
    result.left[pending.decision.id] = why
    if pending.decision.needs_ses and world.clock() - pending.decision.at >= _OVERDUE:
        _refused(pending, world, f"no answer that counts for {in_words(_OVERDUE)}", None)


def _carry_out(pending: Pending, world: Enforcer, result: Round) -> None:
    decision = pending.decision
    if not decision.needs_ses:
        if decision.announces:
            _announce(decision.announces, decision, world)
        world.book.settle(decision, Outcome.ANNOUNCED, world.clock())
        result.settled += 1
        return
    tenant = world.book.tenant(decision.tenant.name) or decision.tenant
    if tenant.decided != decision.id:
        world.book.settle(decision, Outcome.SUPERSEDED, world.clock())
        result.settled += 1
        return
    try:
        carried_out = _pause if decision.answer is Answer.PAUSE else _resume
        if carried_out(pending, tenant, world):
            result.settled += 1
        else:
            result.refused += 1
    except GoneError as gone:
        # It cannot send as a tenant any more; its record stays PAUSED for whoever finds out what became of it.
        _refused(pending, world, ": ".join(map(str, gone.args)), None, gone=True)
        world.book.settle(decision, Outcome.GONE, world.clock(), replace(tenant, under_way=False))
        result.settled += 1
    except RefusedError as refusal:
        _refused(pending, world, ": ".join(map(str, refusal.args)), None)
        result.refused += 1


def _pause(pending: Pending, tenant: Tenant, world: Enforcer) -> bool:
    decision = pending.decision
    arn = tenant.arn or world.gate.arn_of(tenant.name)
    # After a crash the first attempt may have reached SES: look before calling again, so that nothing is done twice.
    status = world.gate.look(arn) if pending.attempted_at else None
    if status is None or not _is_shut(status):
        if _mode_for(tenant, world) is Mode.OBSERVE:
            _withdraw(decision, tenant, world)
            return True
        if pending.attempted_at is None:
            world.book.mark_attempt(decision, world.clock())
        world.gate.shut(arn)
        status = world.gate.look(arn)
    if not _is_shut(status):
        if pending.attempted_at is None:
            raise UnavailableError(arn)  # SES may need a moment; the next round looks again
        _refused(pending, world, "SES took the call and still lets the tenant send", status)
        return False
    _announce(GuardEvent.TENANT_PAUSED, decision, world, status)
    _confirm(decision, replace(tenant, arn=arn, stamp=status.stamp, under_way=False), world)
    return True


def _mode_for(tenant: Tenant, world: Enforcer) -> Mode:
    """The mode of this very moment: the most cautious of the template, the book's switch, and the policy (Law 12)."""
    allowed = world.policies.of(tenant).policy.mode_for(tenant.name)
    mode = Mode.most_cautious(world.deployed, world.book.mode().switch, allowed)
    return tenant.mode_at(world.clock(), mode)


def _resume(pending: Pending, tenant: Tenant, world: Enforcer) -> bool:
    decision = pending.decision
    arn = tenant.arn or world.gate.arn_of(tenant.name)
    findings = world.gate.findings(arn)
    if pending.attempted_at is None:
        world.book.mark_attempt(decision, world.clock())
    world.gate.open(arn, despite_findings=bool(findings))
    status = world.gate.look(arn)
    if status.aggregate is Sending.DISABLED and not status.stopped_by_ses and pending.attempted_at is None:
        raise UnavailableError(arn)  # SES may need a moment; the next round looks again
    after = replace(tenant, arn=arn, stamp=status.stamp, findings=findings, under_way=False)
    if status.aggregate is not Sending.DISABLED:
        _announce(GuardEvent.TENANT_RESUMED, decision, world, status)
        _confirm(decision, after, world)
        return True
    why = (
        "SES itself has stopped the tenant: only AWS Support can lift this"
        if status.stopped_by_ses
        else "still DISABLED"
    )
    _announce(GuardEvent.RESUME_REFUSED, decision, world, status, why)
    owner = Owner.SES if status.stopped_by_ses else Owner.OPERATOR
    world.book.settle(decision, Outcome.REFUSED, world.clock(), paused(after, owner))
    return False


def _confirm(decision: Decision, after: Tenant, world: Enforcer) -> None:
    """Settle what SES confirmed and people were told.

    By then the mirror of our own echo, or fresh feedback, may have touched the record: the confirmation goes on top of
    that, since another round would tell people again.
    """
    try:
        world.book.settle(decision, Outcome.CONFIRMED, world.clock(), after)
    except StaleError:
        fresh = world.book.tenant(after.name)
        if fresh is None or fresh.decided != decision.id:
            raise
        fresh = replace(fresh, arn=after.arn, stamp=after.stamp, under_way=False)
        world.book.settle(decision, Outcome.CONFIRMED, world.clock(), fresh)


def _withdraw(decision: Decision, tenant: Tenant, world: Enforcer) -> None:
    """The tenant was exempted, or the guard switched to observe, before the pause reached SES: as if never (Law 12)."""
    _announce(GuardEvent.PAUSE_ADVISED, decision, world)
    before = decision.tenant
    after = replace(
        tenant,
        standing=before.standing,
        stops=before.stops,
        probation_ends=before.probation_ends,
        decided=before.decided,
        under_way=before.under_way,
        strikes=before.strikes,
        clean_since=before.clean_since,
        pause=before.pause,
        resumed_early=before.resumed_early,
    )
    world.book.settle(decision, Outcome.WITHDRAWN, world.clock(), replace(after, advised_at=world.clock()))


def _refused(pending: Pending, world: Enforcer, why: str, status: SendingStatus | None, *, gone: bool = False) -> None:
    """A pause that SES does not make is tried again every minute, and people are told once (Law 4)."""
    if pending.refused_at is None:
        pausing = pending.decision.answer is Answer.PAUSE
        refused = GuardEvent.PAUSE_REFUSED if pausing else GuardEvent.RESUME_REFUSED
        _announce(refused, pending.decision, world, status, why, gone=gone)
        world.book.mark_refused(pending.decision, world.clock())


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
