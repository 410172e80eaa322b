"""The walks through all tenants."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Round:
    """How far a walk through all tenants has come: when it began, and after which place in SES's list it goes on.

    `weighed_on`: the day (Unix days) of the last walk on which each tenant's sends were held against SES's.
    """

    began_at: datetime | None = None
    after: str | None = None
    is_done: bool = True
    weighed_on: int | None = None


class Rounds(Protocol):
    """The book's page of the walks through all tenants. One runs at a time."""

    def take(self, now: datetime, until: datetime) -> Round | None:
        """Take the walk for oneself until then; None where another has it."""

    def save(self, progress: Round) -> None:
        """Note how far it came, and keep it for oneself."""

    def leave(self) -> None:
        """Let another go on."""
