"""Resume a tenant by hand: refuse clearly what cannot be, and otherwise decide it like any other decision."""

from dataclasses import dataclass, replace
from datetime import datetime

from reputation_guard.domain.decision import Answer, Decision, GuardEvent, record_after
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Owner, Standing, Tenant
from reputation_guard.ports import Book, SendingGate
from reputation_guard.usecases.at_ses import at_ses
from reputation_guard.usecases.fresh import on_fresh_record
from reputation_guard.usecases.mode import mode_in_force
from reputation_guard.usecases.policies import Policies


class CannotResumeError(Exception):
    """The resume makes no sense: a code, and what the operator can do."""

    def __init__(self, code: str, advice: str) -> None:
        super().__init__(code, advice)
        self.code = code
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Order:
    """An operator's order to resume a tenant."""

    tenant: str
    reason: str
    operator: str


@dataclass(frozen=True, slots=True)
class Resuming:
    """What resuming by hand needs."""

    book: Book
    gate: SendingGate
    policies: Policies
    deployed: Mode


def resume(order: Order, world: Resuming, now: datetime) -> tuple[Decision, Tenant]:
    """Decide an operator's resume: a fence, probation, and `enforce` carries it out. Raises `CannotResumeError`.

    The guard touches a paused tenant's record by itself, as when it meets the echo of its own pause: that is no reason
    to refuse. `StaleError`: the record would not hold still.
    """
    return on_fresh_record(lambda: _resume_once(order, world, now))


def _resume_once(order: Order, world: Resuming, now: datetime) -> tuple[Decision, Tenant]:
    tenant = world.book.tenant(order.tenant)
    if tenant is None:
        raise CannotResumeError(
            "UnknownTenant", f"The guard's book has no tenant {order.tenant!r}; check the spelling."
        )
    if tenant.standing is not Standing.PAUSED:
        raise CannotResumeError(
            "NotPaused", f"{tenant.name} is {tenant.standing}, not PAUSED: there is nothing to resume."
        )
    arn, status = at_ses(tenant, world.gate, lambda arn: (arn, world.gate.look(arn)))
    if status.stopped_by_ses:
        why = f"SES itself has stopped {tenant.name}: only AWS Support can lift this. Open a case there."
        raise CannotResumeError("StoppedBySes", why)
    policy = world.policies.of(tenant).policy
    account_wide = mode_in_force(world.book, world.deployed, now).mode
    decision = Decision(
        answer=Answer.RESUME,
        announces=GuardEvent.TENANT_RESUMED,
        at=now,
        # Whoever stopped it by now, this order lifts it; a later stop it does not know of.
        tenant=replace(tenant, arn=arn, stamp=status.stamp),
        mode=Mode.most_cautious(account_wide, policy.mode_for(tenant.name)),
        policy=policy,
        owner=Owner.OPERATOR,
        operator=order.operator,
        reason=order.reason,
    )
    return decision, world.book.record(decision, record_after(decision))
