"""Foresee a resume: gather all that it would meet, and change nothing."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reputation_guard.domain.account import budget_of, tightened
from reputation_guard.domain.counts import Ledger
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.obstacles import approval_missing, at_ses_itself, gone, on_record, told_since, unknown
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.preflight import Preflight, preflight
from reputation_guard.ports.counted import Counted
from reputation_guard.ports.errors import GoneError
from reputation_guard.usecases.account import weigh_account
from reputation_guard.usecases.at_ses import at_ses
from reputation_guard.usecases.orders import Order
from reputation_guard.usecases.resume import Resuming, waiting_proposal


@dataclass(frozen=True, slots=True)
class Foreseeing:
    """What foreseeing needs: what the resume would need, and what the tenant is judged by afterwards."""

    resuming: Resuming
    counted: Counted
    delays: Delays
    travelling: timedelta


def foresee(order: Order, world: Foreseeing, now: datetime) -> Preflight:
    """Tell what an order to resume would meet and do at `now`. Raises what SES refuses; nothing is written."""
    book, gate, policies = world.resuming.book, world.resuming.gate, world.resuming.policies
    tenant = book.tenant(order.tenant)
    if tenant is None:
        return Preflight(tenant=order.tenant, at=now, obstacles=(unknown(order.tenant),))
    # Named also before its incident is there: an order that was made of this is refused once another pause is in force.
    incident = world.resuming.incidents.incident(tenant.decided) if tenant.decided else None
    paused_by = book.deciding(tenant)
    try:
        status, findings = at_ses(tenant, gate, lambda arn: (gate.look(arn), gate.findings(arn)))
    except GoneError:
        found = Preflight(tenant=tenant.name, at=now, obstacles=(gone(tenant.name),), standing=tenant.standing)
        return replace(found, stops=tuple(sorted(tenant.stops)))
    policy = policies.of(tenant).policy
    proposal = waiting_proposal(tenant, world.resuming.proposals, now) if policy.approvals > 1 else None
    obstacles = list(on_record(tenant, order.incident, paused_by)) or [
        *(told_since(incident, order.version) if order.incident else ()),
        *at_ses_itself(tenant, status),
        *approval_missing(policy, proposal, order.operator),
    ]
    mode = Mode.most_cautious(world.resuming.deployed, book.mode().switch, policy.mode_for(tenant.name))
    counts = world.counted.known(Ledger(tenant=tenant.name), now).counts
    budget = budget_of(counts, weigh_account(world.counted, world.delays, world.travelling, now))
    return preflight(
        tenant,
        counts=counts,
        policy=tightened(policy, budget),
        delays=world.delays,
        mode=tenant.mode_at(now, mode),
        now=now,
        sending=status,
        findings=findings,
        paused_by=paused_by,
        obstacles=obstacles,
        proposal=proposal,
        incident=incident,
    )
