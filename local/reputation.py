"""What SES knows of a tenant's reputation: two managed statuses, a policy, findings, and how they compose.

Pure and in memory; `now` is an argument. The shapes and rules are those of the SESv2 model and developer guide.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SENDING_STATUSES = ("ENABLED", "REINSTATED", "DISABLED")
POLICIES = ("none", "standard", "strict")
FINDING_TYPES = ("DKIM", "DMARC", "SPF", "BIMI", "COMPLAINT", "BOUNCE", "FEEDBACK_3P", "IP_LISTING")
IMPACTS = ("LOW", "HIGH")


@dataclass(frozen=True, slots=True)
class ManagedStatus:
    """One owner's word on whether a tenant may send. SES gives no cause where nobody has changed anything."""

    status: str
    updated_at: datetime
    cause: str | None = None

    def shape(self) -> dict[str, Any]:
        """Return SESv2's `StatusRecord`."""
        cause = {"Cause": self.cause} if self.cause else {}
        return {"Status": self.status, **cause, "LastUpdatedTimestamp": self.updated_at.timestamp()}


@dataclass(slots=True)
class Finding:
    """SES's own recommendation about a tenant."""

    finding_type: str
    impact: str
    description: str
    opened_at: datetime
    updated_at: datetime
    is_open: bool = True

    def shape(self, tenant_arn: str) -> dict[str, Any]:
        """Return SESv2's `Recommendation`; the API says FIXED where the event says Resolved."""
        return {
            "ResourceArn": tenant_arn,
            "Type": self.finding_type,
            "Description": self.description,
            "Status": "OPEN" if self.is_open else "FIXED",
            "CreatedTimestamp": self.opened_at.timestamp(),
            "LastUpdatedTimestamp": self.updated_at.timestamp(),
            "Impact": self.impact,
        }


@dataclass(slots=True)
class Reputation:
    """A tenant as a reputation entity. `customer` stays None until the first customer write, as on SES."""

    tenant_arn: str
    region: str
    ses: ManagedStatus
    customer: ManagedStatus | None = None
    policy: str = "standard"
    findings: list[Finding] = field(default_factory=list)

    @property
    def aggregate(self) -> str:
        """Whether the tenant may send: either owner's DISABLED wins, then the customer's REINSTATED."""
        customer = self.customer.status if self.customer else "ENABLED"
        if "DISABLED" in (customer, self.ses.status):
            return "DISABLED"
        return customer

    @property
    def impact(self) -> str:
        """The worst open finding. SES answers NONE, which its model's enum does not list."""
        impacts = {finding.impact for finding in self.findings if finding.is_open}
        return next((impact for impact in ("HIGH", "LOW") if impact in impacts), "NONE")

    def pauses_on(self, impact: str) -> bool:
        """Whether the reputation policy pauses a tenant with a finding of this impact."""
        return self.policy == "strict" or (self.policy == "standard" and impact == "HIGH")

    def open_finding(self, finding_type: str) -> Finding | None:
        """Return the open finding of a type."""
        return next((found for found in self.findings if found.is_open and found.finding_type == finding_type), None)

    def shape(self) -> dict[str, Any]:
        """Return SESv2's `ReputationEntity`."""
        customer = {"CustomerManagedStatus": self.customer.shape()} if self.customer else {}
        return {
            "ReputationEntityReference": self.tenant_arn,
            "ReputationEntityType": "RESOURCE",
            "ReputationManagementPolicy": f"arn:aws:ses:{self.region}:aws:reputation-policy/{self.policy}",
            **customer,
            "AwsSesManagedStatus": self.ses.shape(),
            "SendingStatusAggregate": self.aggregate,
            "ReputationImpact": self.impact,
        }
