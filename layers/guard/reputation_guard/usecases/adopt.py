"""Adopt what SES or a person did to a tenant: an event is only a hint, SES is read anew."""

from dataclasses import dataclass, replace
from datetime import datetime

from reputation_guard.domain.decision import Answer, Decision, GuardEvent, record_after
from reputation_guard.domain.hands import Hand, taken_over, whose_hand
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.sending import Sending, SendingStatus
from reputation_guard.domain.tenant import Owner, Standing, Tenant
from reputation_guard.ports.book import Book
from reputation_guard.ports.ses import SendingGate
from reputation_guard.usecases.fresh import on_fresh_record
from reputation_guard.usecases.policies import Policies

_HANDS_OF_SES = frozenset({Hand.SES_STOPPED, Hand.SES_RELEASED})


@dataclass(frozen=True, slots=True)
class Mirror:
    """What adopting needs; `mode` is the account's."""

    book: Book
    gate: SendingGate
    policies: Policies
    mode: Mode


def adopt(name: str, mirror: Mirror, now: datetime) -> Hand:
    """Bring one tenant's record in line with SES; returns whose hand was found.

    Raises `StaleError` when the record would not hold still and `RefusedError` when SES knows no such tenant.
    """
    hand = on_fresh_record(lambda: _adopt_once(name, mirror, now))
    if hand in _HANDS_OF_SES:
        # The same look may show a person's hand beside SES's: each owns a stop of its own (Law 5).
        on_fresh_record(lambda: _adopt_once(name, mirror, now))
    return hand


def _adopt_once(name: str, mirror: Mirror, now: datetime) -> Hand:
    # The book is read before SES: what is older than the record says nothing of it.
    before = mirror.book.tenant(name) or Tenant(name=name)
    arn = mirror.gate.arn_of(name)
    status, findings = mirror.gate.look(arn), mirror.gate.findings(arn)
    hand = whose_hand(before, status)
    keeps_stamp = before.under_way or hand is Hand.GUARD_LOST or hand in _HANDS_OF_SES
    tenant = replace(before, arn=arn, findings=findings, stamp=before.stamp if keeps_stamp else status.stamp)
    decision = _decision(hand, tenant, status, mirror, now)
    if decision:
        mirror.book.record(decision, record_after(decision))
        return hand
    after = _taken_over(hand, tenant)
    if after != before:
        mirror.book.save(before, after, now)
    return hand


def _decision(hand: Hand, tenant: Tenant, status: SendingStatus, mirror: Mirror, now: datetime) -> Decision | None:
    """The decision that writes down a change of standing; None where the standing stays."""
    owner = Owner.SES if hand in _HANDS_OF_SES else Owner.OPERATOR
    policy = mirror.policies.of(tenant).policy
    mode = Mode.most_cautious(mirror.mode, policy.mode_for(tenant.name))
    adopted = Decision(
        answer=Answer.PAUSE,
        announces=GuardEvent.TENANT_PAUSED,
        at=now,
        tenant=tenant,
        mode=mode,
        policy=policy,
        owner=owner,
        adopted=True,
        reason=hand,
        seen=status,
    )
    match hand:
        case Hand.SES_STOPPED:
            return adopted
        case Hand.OPERATOR_PAUSED if tenant.standing is not Standing.PAUSED:
            return adopted
        case Hand.OPERATOR_RESUMED if Owner.SES not in tenant.stops:
            return replace(adopted, answer=Answer.RESUME, announces=GuardEvent.TENANT_RESUMED)
        case Hand.SES_RELEASED if tenant.stops == {Owner.SES} and status.aggregate is not Sending.DISABLED:
            return replace(adopted, answer=Answer.RESUME, announces=GuardEvent.TENANT_RESUMED)
        case Hand.GUARD_LOST if mode is Mode.ENFORCE:
            return replace(adopted, owner=Owner.GUARD, adopted=False, seen=None)
        case _:
            return None


def _taken_over(hand: Hand, tenant: Tenant) -> Tenant:
    """The stops of a tenant that stays paused, when one of them changes hands."""
    match hand:
        case Hand.OPERATOR_PAUSED:
            return taken_over(tenant)
        case Hand.OPERATOR_RESUMED:
            return replace(tenant, stops=tenant.stops - {Owner.GUARD, Owner.OPERATOR})
        case Hand.SES_RELEASED:
            return replace(tenant, stops=tenant.stops - {Owner.SES})
        case _:
            return tenant
