"""An operator's order, to resume or to pause a tenant, and why it is not carried out."""

from dataclasses import dataclass

from reputation_guard.domain.approval import Identity
from reputation_guard.domain.obstacles import Obstacle


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
