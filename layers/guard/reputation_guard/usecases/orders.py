"""An operator's order, to resume or to pause a tenant: the decision it becomes, and why it is not carried out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reputation_guard.domain.approval import Identity
from reputation_guard.domain.decision import Answer, Decision, GuardEvent, record_after
from reputation_guard.domain.obstacles import Obstacle
from reputation_guard.domain.policy import Mode, Policy
from reputation_guard.domain.tenant import Owner, Tenant
from reputation_guard.ports.book import Book

_ANNOUNCES = {Answer.PAUSE: GuardEvent.TENANT_PAUSED, Answer.RESUME: GuardEvent.TENANT_RESUMED}


class OrderRefusedError(Exception):
    """The order makes no sense as things are, or waits for a second person: a code, and what the operator can do."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.code, obstacle.advice)
        self.code = obstacle.code
        self.advice = obstacle.advice


@dataclass(frozen=True, slots=True)
class Order:
    """An operator's order about a tenant.

    `incident`: the episode he looked at, by the id of the decision that began it, and its `version` as he saw it.
    `dry_run`: he only wants to know.
    """

    tenant: str
    reason: str
    operator: Identity
    incident: str | None = None
    version: int | None = None
    dry_run: bool = False


class Taking(Protocol):
    """What taking an order needs: the book, and the mode that the guard was deployed with."""

    @property
    def book(self) -> Book:
        """The book."""

    @property
    def deployed(self) -> Mode:
        """The template's mode."""


def taken(  # noqa: PLR0913, PLR0917 - what an order says, and what it meets
    order: Order,
    answer: Answer,
    tenant: Tenant,
    policy: Policy,
    world: Taking,
    now: datetime,
    *,
    proposed_by: Identity | None = None,
) -> tuple[Decision, Tenant]:
    """Write down the decision that an order becomes, pending, and the record after it; both are returned.

    `tenant`: the record as it was read, with its ARN and stamp as SES has them. Raises `StaleError`.
    """
    decision = Decision(
        answer=answer,
        announces=_ANNOUNCES[answer],
        at=now,
        tenant=tenant,
        # Read, and not noted: that is the judges' own, and who takes orders need not be able to write it.
        mode=Mode.most_cautious(world.deployed, world.book.mode().switch, policy.mode_for(tenant.name)),
        policy=policy,
        owner=Owner.OPERATOR,
        operator=order.operator.name,
        operator_proved=order.operator.proved,
        proposed_by=proposed_by,
        reason=order.reason,
    )
    return decision, world.book.record(decision, record_after(decision))
