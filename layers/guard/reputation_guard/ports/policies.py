"""Where policies are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from reputation_guard.domain.choice import PolicyVersion
from reputation_guard.domain.policy import Policy


class PolicyShelf(Protocol):
    """Where policies are kept: those that come with the guard, and the documents people put beside and over them."""

    def versions(self, name: str) -> Sequence[PolicyVersion]:
        """The last versions of a policy that can be read, the one in force first; none where nobody knows the name."""

    def put(self, policy: Policy, at: datetime, by: str) -> None:
        """Put a version into force; nothing is overwritten. `StaleError`: there is one with its number by now."""
