"""Resumes that wait for a second person."""

from typing import Protocol

from reputation_guard.domain.approval import Proposal


class Proposals(Protocol):
    """Resumes that wait for a second person; a tenant has one at most."""

    def proposal(self, tenant: str) -> Proposal | None:
        """The last one of a tenant, lapsed or not; None where there is none, or it cannot be read."""

    def propose(self, proposal: Proposal) -> None:
        """Keep it in the place of a lapsed one, or of one about another pause.

        `StaleError`: another person's waits by now.
        """
