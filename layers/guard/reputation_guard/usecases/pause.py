"""Pause a tenant by hand: a person's word, which no rule of the guard's calls off, and which only a person lifts."""

from dataclasses import dataclass, replace
from datetime import datetime

from reputation_guard.domain.decision import Answer, Decision
from reputation_guard.domain.obstacles import Obstacle
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Owner, Tenant
from reputation_guard.ports.book import Book
from reputation_guard.ports.errors import GoneError
from reputation_guard.ports.ses import SendingGate
from reputation_guard.usecases.at_ses import at_ses
from reputation_guard.usecases.fresh import on_fresh_record
from reputation_guard.usecases.orders import Order, OrderRefusedError, taken
from reputation_guard.usecases.policies import Policies


@dataclass(frozen=True, slots=True)
class Pausing:
    """What pausing by hand needs."""

    book: Book
    gate: SendingGate
    policies: Policies
    deployed: Mode


def pause(order: Order, world: Pausing, now: datetime) -> tuple[Decision, Tenant]:
    """Decide an operator's pause; `enforce` carries it out. Raises `OrderRefusedError`, and `StaleError`.

    A tenant that the book does not know yet may be paused if SES knows it. A pause of the guard's is taken over, and
    the guard does not end it any more (Law 5); a stop by SES gets this one beside it.
    """
    return on_fresh_record(lambda: _pause_once(order, world, now))


def _pause_once(order: Order, world: Pausing, now: datetime) -> tuple[Decision, Tenant]:
    tenant = world.book.tenant(order.tenant) or Tenant(name=order.tenant)
    if Owner.OPERATOR in tenant.stops:
        advice = f"An operator has paused {tenant.name} already, by decision {tenant.decided}: it stays paused."
        raise OrderRefusedError(Obstacle("AlreadyPaused", advice))
    try:
        arn, status = at_ses(tenant, world.gate, lambda arn: (arn, world.gate.look(arn)))
    except GoneError as gone:
        advice = f"SES has no tenant {order.tenant!r}; check the spelling."
        raise OrderRefusedError(Obstacle("UnknownTenant", advice)) from gone
    policy = world.policies.of(tenant).policy
    return taken(order, Answer.PAUSE, replace(tenant, arn=arn, stamp=status.stamp), policy, world, now)
