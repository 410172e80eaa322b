"""Find the policy of a tenant. A choice that cannot be followed never stops a judgement: the default stands in."""

from dataclasses import dataclass

from reputation_guard.domain.choice import Chosen, ChosenBy, asked_for, built_in
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports.policies import PolicyShelf


@dataclass(frozen=True, slots=True)
class Policies:
    """Where policies are kept, and the name of the deployment's default one, which is one of those built in."""

    shelf: PolicyShelf
    default: str

    def of(self, tenant: Tenant) -> Chosen:
        """The policy of a tenant: as assigned, else as tagged at SES, else the default."""
        name, by = asked_for(tenant)
        if name and (versions := self.shelf.versions(name)):
            return Chosen(tuple(versions), by)
        versions = self.shelf.versions(self.default) or built_in(self.default)
        return Chosen(tuple(versions), ChosenBy.DEFAULT, unknown=name)
