"""What each tenant is judged by: the policy that an export has for it, chosen as the guard chooses, or one for all."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from reputation_guard.domain.choice import PolicyVersion, asked_for, built_in
from reputation_guard.domain.delays import START_DELAYS, Delays
from reputation_guard.domain.policy import PRESETS, Mode, Policy
from reputation_guard.domain.tenant import Tenant
from reputation_guard.usecases.policies import Policies

# The default of an export without a policy.
DEFAULT = "standard"


def called(policy: Policy) -> str:
    """What people call a policy, as `guard policy diff` takes it: there are many versions of a name."""
    return f"{policy.name}@{policy.version}"


class _Shelf:
    """`ports.policies.PolicyShelf`: these policies, beside those that come with the guard."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._versions = {each.name: (PolicyVersion(each),) for each in policies}

    def versions(self, name: str) -> Sequence[PolicyVersion]:
        return self._versions.get(name) or built_in(name)

    def put(self, policy: Policy, at: datetime, by: str) -> None:
        """Nobody puts another one."""


class PoliciesByTenant:
    """The policies that tenants are judged by, the default first, and who has another one than the default.

    `chosen` are records of tenants; of those with an assignment or a tag, that is what is kept. `delays` are what all
    judgements assume of their feedback.
    """

    def __init__(
        self, policies: Iterable[Policy] = (), chosen: Iterable[Tenant] = (), delays: Delays = START_DELAYS
    ) -> None:
        self.delays = delays
        self._policies = tuple(policies) or (PRESETS[DEFAULT],)
        self.chosen = {
            each.name: Tenant(name=each.name, assigned_policy=each.assigned_policy, tagged_policy=each.tagged_policy)
            for each in chosen
            if asked_for(each)[0]
        }
        self.in_force = Policies(_Shelf(self._policies), self.default.name)

    @property
    def default(self) -> Policy:
        """The policy of every tenant for whom no other was chosen."""
        return self._policies[0]

    @property
    def called(self) -> str:
        """What people call them: by the one that all tenants have, or by whose they are."""
        return "each tenant's own policy" if self.chosen else called(self.default)

    def of(self, tenant: str) -> Policy:
        """The policy of a tenant, by its name."""
        return self.in_force.of(self.chosen.get(tenant) or Tenant(name=tenant)).policy

    def enforced(self) -> "PoliciesByTenant":
        """The same, for all tenants, whatever mode they are in."""
        policies = (replace(each, mode=Mode.ENFORCE, enforced_share=1.0) for each in self._policies)
        return PoliciesByTenant(policies, self.chosen.values(), self.delays)
