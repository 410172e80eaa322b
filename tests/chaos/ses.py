"""SES's reputation side in memory, by its API: both statuses of a tenant with their stamps, and who changed them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.chaos.tables import refusal

_PAGE = 4
_ARN = "arn:aws:ses:us-east-1:123456789012:tenant/"
DISABLED = "DISABLED"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the customer-managed status: `by` a run of the guard's or a person, for a `decision` of the guard's.

    `before`: the status there was, by that `hand`; `unseen_hand`: it came after the last look of the run.
    """

    at: datetime
    tenant: str
    status: str
    before: str
    by: str
    hand: str = ""
    decision: str = ""
    unseen_hand: bool = False


@dataclass(slots=True)
class Entity:
    """What SES keeps of a tenant. `shown`: the customer's status as SES still shows it, while it lags."""

    customer: str = ""
    stamp: datetime | None = None
    ses: str = ""
    hand: str = ""
    shown: tuple[str, datetime | None] | None = None

    @property
    def is_shut(self) -> bool:
        """Whether the tenant may not send."""
        return DISABLED in {self.customer, self.ses}


@dataclass(slots=True)
class Ses:
    """`says` hears of each change: tenant, and what of it changed. `refuses`: the tenants SES will not pause."""

    clock: Callable[[], datetime]
    says: Callable[[str, str, str], None]
    entities: dict[str, Entity] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    looked: dict[tuple[str, str], str] = field(default_factory=dict)
    by: Callable[[str], tuple[str, str]] = lambda _: ("guard", "")
    lags: Callable[[], bool] = lambda: False
    forgets: Callable[[], bool] = lambda: False
    refused: Callable[[], None] = lambda: None

    def call(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Do one call of the API."""
        answer: dict[str, Any] = getattr(self, f"_{operation}")(asked)
        return answer

    def _GetTenant(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802 - the API's name
        name = asked["TenantName"]
        if name not in self.entities:
            raise refusal("GetTenant", "NotFoundException", 404)
        return {"Tenant": {"TenantName": name, "TenantArn": arn_of(name), "Tags": []}}

    def _GetReputationEntity(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = _name(asked["ReputationEntityReference"])
        entity = self.entities[name]
        found = self._shown(name)
        if entity.shown is None:
            self.looked[self.by(name)[0], name] = entity.hand
        entity.shown = None
        return {"ReputationEntity": found}

    def _ListReputationEntities(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        if "NextToken" in asked and self.forgets():
            raise refusal("ListReputationEntities", "BadRequestException")
        first = int(asked.get("NextToken", 0))
        names = list(self.entities)[first : first + _PAGE]
        last = first + len(names)
        more = {"NextToken": str(last)} if last < len(self.entities) else {}
        return {"ReputationEntities": [self._shown(name) for name in names], **more}

    def _shown(self, name: str) -> dict[str, Any]:
        entity = self.entities[name]
        customer, stamp = entity.shown or (entity.customer, entity.stamp)
        found: dict[str, Any] = {"ReputationEntityReference": arn_of(name), "ReputationEntityType": "RESOURCE"}
        shut = DISABLED in {customer, entity.ses}
        found["SendingStatusAggregate"] = DISABLED if shut else customer or "ENABLED"
        if customer:
            cause = "Status manually updated."
            found["CustomerManagedStatus"] = {"Status": customer, "Cause": cause, "LastUpdatedTimestamp": stamp}
        if entity.ses:
            found["AwsSesManagedStatus"] = {"Status": entity.ses, "Cause": "Bounces.", "LastUpdatedTimestamp": stamp}
        return found

    def _UpdateReputationEntityCustomerManagedStatus(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        name, status = _name(asked["ReputationEntityReference"]), asked["SendingStatus"]
        if status == DISABLED and name in self.refuses:
            self.refused()
            raise refusal("UpdateReputationEntityCustomerManagedStatus", "BadRequestException")
        by, decision = self.by(name)
        self._set(name, status, by, decision)
        return {}

    def _ListRecommendations(self, _: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"Recommendations": []}

    def _ListResourceTenants(self, _: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"ResourceTenants": []}

    def set_by_hand(self, name: str, status: str, person: str) -> None:
        """A person changes the status in the console of SES."""
        self._set(name, status, person, "")

    def _set(self, name: str, status: str, by: str, decision: str) -> None:
        entity = self.entities[name]
        # A hand that came after the last look of this run could not be seen: SES's API has no condition.
        unseen = self.looked.get((by, name)) != entity.hand
        self.changes.append(Change(self.clock(), name, status, entity.customer, by, entity.hand, decision, unseen))
        entity.shown = (entity.customer, entity.stamp) if self.lags() else None
        entity.customer, entity.stamp, entity.hand = status, self.clock(), by
        self.says(name, "CUSTOMER_MANAGED", status)

    def set_by_ses(self, name: str, status: str) -> None:
        """SES itself stops or releases the tenant."""
        self.entities[name].ses = status
        self.says(name, "AWS_MANAGED", status)


def arn_of(tenant: str) -> str:
    """The ARN of a tenant here."""
    return f"{_ARN}{tenant}/tn-{tenant}"


def _name(arn: str) -> str:
    return arn.split("/")[1]
