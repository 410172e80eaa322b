"""SES's side: its tenants, whether they may send, their sets and their tags."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from reputation_guard.domain.sending import Finding, SendingStatus


@dataclass(frozen=True, slots=True)
class Entity:
    """A tenant as SES's list shows it. `has_findings`: about it findings are open."""

    tenant: str
    arn: str
    status: SendingStatus
    has_findings: bool


class Entities(Protocol):
    """All tenants at SES, with their sending statuses."""

    def page(self, after: str | None) -> tuple[Sequence[Entity], str | None]:
        """The first ones, or those after a place in the list, and the next place; None at its end.

        `RefusedError`: that place is no more, begin anew.
        """


class SendingGate(Protocol):
    """SES's side: whether a tenant may send. Refusals are `RefusedError`, throttling is `ThrottledError`."""

    def arn_of(self, tenant: str) -> str:
        """The tenant's ARN; `GoneError` where SES knows no tenant of this name, as no other method here says."""

    def look(self, arn: str) -> SendingStatus:
        """The sending status as SES has it this very moment."""

    def shut(self, arn: str) -> None:
        """Stop the tenant from sending."""

    def open(self, arn: str, *, despite_findings: bool) -> None:
        """Let the tenant send again; where findings are open, despite them."""

    def findings(self, arn: str) -> tuple[Finding, ...]:
        """SES's open findings about the tenant; none where SES knows nothing about it."""


class Associations(Protocol):
    """Which tenants may use a configuration set, as SES knows it."""

    def tenants_of(self, configuration_set: str) -> Sequence[str]:
        """The names of the tenants the set is associated with."""


@dataclass(frozen=True, slots=True)
class Described:
    """A tenant as SES describes it: its ARN, and the policy that its tag names ("" where it has no such tag)."""

    arn: str
    policy: str


class TenantTags(Protocol):
    """What the platform's owner has written on a tenant at SES."""

    def describe(self, tenant: str) -> Described:
        """What SES says of a tenant."""
