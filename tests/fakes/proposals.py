"""Proposals in memory: the same meaning as those in the book's table, checked by the same contract tests."""

from dataclasses import dataclass, field

from reputation_guard.domain.approval import Proposal
from reputation_guard.ports.errors import StaleError


@dataclass(slots=True)
class InMemoryProposals:
    """`ports.proposals.Proposals`."""

    kept: dict[str, Proposal] = field(default_factory=dict)

    def proposal(self, tenant: str) -> Proposal | None:
        return self.kept.get(tenant)

    def propose(self, proposal: Proposal) -> None:
        found = self.kept.get(proposal.tenant)
        if found and found.holds(proposal.pause, proposal.at):
            raise StaleError(proposal.tenant)
        self.kept[proposal.tenant] = proposal
