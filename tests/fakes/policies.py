"""Policies in memory: the same meaning as those in the book's table, checked by the same contract tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reputation_guard.domain.choice import PolicyVersion, built_in
from reputation_guard.domain.policy import Policy
from reputation_guard.ports.errors import StaleError


@dataclass(slots=True)
class InMemoryShelf:
    """`ports.policies.PolicyShelf`."""

    stored: dict[str, list[PolicyVersion]] = field(default_factory=dict)

    def versions(self, name: str) -> Sequence[PolicyVersion]:
        return (*reversed(self.stored.get(name, [])), *built_in(name))

    def put(self, policy: Policy, at: datetime, by: str) -> None:
        kept = self.stored.setdefault(policy.name, [])
        if policy.version in {each.policy.version for each in kept}:
            raise StaleError(policy.name, policy.version)
        kept.append(PolicyVersion(policy, at, by))
