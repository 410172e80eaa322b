"""Resume a tenant by hand: refuse clearly what cannot be, and otherwise decide it like any other decision."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from reputation_guard.domain.approval import Identity, Proposal
from reputation_guard.domain.decision import Answer, Decision
from reputation_guard.domain.obstacles import (
    WAITS_FOR_APPROVER,
    Obstacle,
    approval_missing,
    at_ses_itself,
    gone,
    on_record,
    stopped_since,
    told_since,
    unknown,
)
from reputation_guard.domain.policy import Mode, Policy
from reputation_guard.domain.tenant import Tenant
from reputation_guard.domain.words import moment
from reputation_guard.ports.book import Book
from reputation_guard.ports.errors import GoneError
from reputation_guard.ports.incidents import Incidents
from reputation_guard.ports.proposals import Proposals
from reputation_guard.ports.ses import SendingGate
from reputation_guard.usecases.at_ses import at_ses
from reputation_guard.usecases.fresh import on_fresh_record
from reputation_guard.usecases.orders import Order, OrderRefusedError, taken
from reputation_guard.usecases.policies import Policies


@dataclass(frozen=True, slots=True)
class Resuming:
    """What resuming by hand needs."""

    book: Book
    incidents: Incidents
    proposals: Proposals
    gate: SendingGate
    policies: Policies
    deployed: Mode


def resume(order: Order, world: Resuming, now: datetime) -> tuple[Decision, Tenant]:
    """Decide an operator's resume: a fence, probation, and `enforce` carries it out. Raises `OrderRefusedError`.

    Where the policy asks for two people the first order is kept as a proposal, and refused as one that waits.
    The guard touches a paused tenant's record by itself, as when it meets the echo of its own pause: that is no reason
    to refuse. A stop that is newer than the first look at the record is: whoever ordered the resume has not seen it.
    `StaleError`: the record would not hold still.
    """
    seen = world.book.tenant(order.tenant)
    return on_fresh_record(lambda: _resume_once(order, seen, world, now))


def waiting_proposal(tenant: Tenant, proposals: Proposals, now: datetime) -> Proposal | None:
    """The proposal that waits for a second person, about the pause there is; None where there is none."""
    found = proposals.proposal(tenant.name)
    return found if found and found.holds(tenant.decided, now) else None


def _resume_once(order: Order, seen: Tenant | None, world: Resuming, now: datetime) -> tuple[Decision, Tenant]:
    tenant = world.book.tenant(order.tenant)
    if tenant is None:
        raise OrderRefusedError(unknown(order.tenant))
    _refuse(on_record(tenant, order.incident, world.book.deciding(tenant) if order.incident else None))
    _refuse(stopped_since(seen, tenant))
    if order.incident:
        _refuse(told_since(world.incidents.incident(order.incident), order.version))
    try:
        arn, status = at_ses(tenant, world.gate, lambda arn: (arn, world.gate.look(arn)))
    except GoneError as error:
        raise OrderRefusedError(gone(tenant.name)) from error
    _refuse(at_ses_itself(tenant, status))
    policy = world.policies.of(tenant).policy
    proposed_by = _approved(order, tenant, policy, world.proposals, now)
    # Whoever had stopped it by then, this order lifts it; a later stop it does not know of.
    known = replace(tenant, arn=arn, stamp=status.stamp)
    return taken(order, Answer.RESUME, known, policy, world, now, proposed_by=proposed_by)


def _refuse(obstacles: Iterable[Obstacle]) -> None:
    for each in obstacles:
        raise OrderRefusedError(each)


def _approved(order: Order, tenant: Tenant, policy: Policy, proposals: Proposals, now: datetime) -> Identity | None:
    """Who proposed it, where the policy asks for two people and this is the second; the first is kept, and waits."""
    if policy.approvals == 1:
        return None
    proposal = waiting_proposal(tenant, proposals, now)
    _refuse(each for each in approval_missing(policy, proposal, order.operator) if each.refuses)
    if proposal:
        return proposal.by
    made = Proposal(tenant.name, tenant.decided or "", order.operator, order.reason, now)
    proposals.propose(made)
    waits = f"It waits for a second approver: policy {policy.name} asks for two people, and somebody else has to order"
    raise OrderRefusedError(Obstacle(WAITS_FOR_APPROVER, f"{waits} it too, by {moment(made.until)}.", refuses=False))
