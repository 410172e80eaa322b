"""Which policy a tenant is judged by: its assignment, else its tag at SES, else the deployment's default."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from reputation_guard.domain.policy import PRESETS, Mode, Policy
from reputation_guard.domain.tenant import Tenant

# The SES tag by which a platform says which policy a tenant has, such as its tier.
POLICY_TAG = "guard-policy"


class ChosenBy(StrEnum):
    """Who named the policy of a tenant."""

    ASSIGNMENT = "assignment"
    TAG = "tag"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A version of a policy, and who put it into the book and when; nobody did where it is built in."""

    policy: Policy
    put_at: datetime | None = None
    put_by: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A tenant's policy: the versions of it that can be read, the one in force first.

    `unknown`: the name that an assignment or a tag asked for and nobody knows; the default stands in for it.
    """

    versions: tuple[PolicyVersion, ...]
    by: ChosenBy
    unknown: str = ""

    @property
    def policy(self) -> Policy:
        """The version in force."""
        return self.versions[0].policy

    def enforcing_since(self, tenant: str) -> datetime | None:
        """When the policy went from observe to enforce for a tenant; None where it never did."""
        since = None
        for version in self.versions:
            if version.policy.mode_for(tenant) is Mode.OBSERVE:
                return since
            since = version.put_at
        return None


def asked_for(tenant: Tenant) -> tuple[str, ChosenBy]:
    """The name of the policy that a tenant shall have, and by whose word; no name where nobody said any."""
    if tenant.assigned_policy:
        return tenant.assigned_policy, ChosenBy.ASSIGNMENT
    return tenant.tagged_policy, ChosenBy.TAG if tenant.tagged_policy else ChosenBy.DEFAULT


def built_in(name: str) -> tuple[PolicyVersion, ...]:
    """The version of a policy that comes with the guard; none for a name it does not bring."""
    return (PolicyVersion(PRESETS[name]),) if name in PRESETS else ()


def fenced(tenant: Tenant, chosen: Chosen, now: datetime) -> Tenant:
    """The record with what its policy allows; going from observe to enforce fences the tenant at that moment (Law 12).

    Whichever way it went: a new version of the policy, a share that grew, another policy. A tenant that is looked at
    for the first time is fenced where its policy changed. One with no fence has none of its sends seen yet, and waits.
    """
    mode = chosen.policy.mode_for(tenant.name)
    if tenant.fence is None or mode is tenant.policy_mode:
        return tenant
    since = now if tenant.policy_mode is Mode.OBSERVE else None
    if tenant.policy_mode is None:
        since = chosen.enforcing_since(tenant.name)
    return replace(tenant, policy_mode=mode, fence=max(tenant.fence, since or tenant.fence))
