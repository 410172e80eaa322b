"""SES's own record of a tenant: whether it may send, who stopped it, and what SES finds."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# SES's cause for whatever any caller, or a person in the console, changed.
MANUALLY_UPDATED = "Status manually updated."


class Sending(StrEnum):
    """SES's words for whether an entity may send."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    REINSTATED = "REINSTATED"


@dataclass(frozen=True, slots=True)
class SendingStatus:
    """SES's record of a tenant, as read. Either part DISABLED makes the aggregate DISABLED.

    `stamp`: when the customer-managed part was last changed; both are None until somebody sets it. `cause`: SES's words
    for that change.
    """

    aggregate: Sending
    customer_managed: Sending | None = None
    ses_managed: Sending | None = None
    stamp: datetime | None = None
    cause: str = ""

    @property
    def perhaps_by_policy(self) -> bool:
        """Whether the customer-managed part may be the work of SES's reputation policy, by what SES says of its cause.

        SES says the same of every caller; what it says of its policy it does not document.
        """
        return self.cause not in {"", MANUALLY_UPDATED}

    @property
    def stopped_by_ses(self) -> bool:
        """Whether SES itself has stopped the tenant: only AWS Support can lift that."""
        return self.ses_managed is Sending.DISABLED


@dataclass(frozen=True, slots=True)
class Finding:
    """An open recommendation of SES about a tenant."""

    kind: str
    impact: str
    text: str
