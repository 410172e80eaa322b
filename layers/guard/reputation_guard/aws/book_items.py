"""The items of the book: their keys, what reads them, and the question to the index of what is to do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reputation_guard.aws.items import to_item
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.tenant import ACCOUNT, Tenant
from reputation_guard.ports.book import Pending
from reputation_guard.wire.announcement import decisions, tenants

_TENANT = "tenant#"
_ACCOUNT = "account"
DECISION = "decision#"
MODE_KEY = {"pk": {"S": "guard"}, "sk": {"S": "mode"}}


def todo_query(what: str, until: float | None = None) -> dict[str, Any]:
    """The question to the index: `enforce` for decisions, `review` for tenants, those due by `until` (Unix seconds)."""
    return {
        "IndexName": "todo",
        "KeyConditionExpression": "todo = :todo" + (" AND todo_order <= :until" if until is not None else ""),
        "ExpressionAttributeValues": to_item({":todo": what, ":until": until}),
    }


def tenant_from(item: Mapping[str, Any]) -> Tenant:
    """A tenant's record, from its item."""
    return tenants().validate_python(item["tenant"])


def pending_from(item: Mapping[str, Any]) -> Pending:
    """A decision and what was tried, from its item."""
    attempted, refused = item.get("attempted_at"), item.get("refused_at")
    return Pending(
        decision=decisions().validate_python(item["decision"]),
        attempted_at=datetime.fromisoformat(attempted) if attempted else None,
        refused_at=datetime.fromisoformat(refused) if refused else None,
    )


def partition_of(tenant: str) -> str:
    """The partition of a tenant, or of the account itself: its record and its decisions."""
    return _ACCOUNT if tenant == ACCOUNT else f"{_TENANT}{tenant}"


def is_of_tenant(partition: str) -> bool:
    """Whether it is the partition of a tenant, or of the account itself."""
    return partition == _ACCOUNT or partition.startswith(_TENANT)


def name_in(partition: str) -> str:
    """The tenant whose partition it is."""
    return partition.removeprefix(_TENANT)


def tags_item(name: str, due: datetime) -> dict[str, Any]:
    """What has a tenant's tags read when they are due."""
    return {"pk": partition_of(name), "sk": "tags", "todo": "tags", "todo_order": due.timestamp()}


def tenant_key(name: str) -> dict[str, Any]:
    """Where the record of a tenant is, or that of the account itself."""
    return to_item({"pk": partition_of(name), "sk": "tenant"})


def decision_key(decision: Decision) -> dict[str, str]:
    """Where a decision is: beside its tenant, in the order they were made."""
    version = decision.tenant.version + 1
    return {"pk": partition_of(decision.tenant.name), "sk": f"{DECISION}{decision.at.isoformat()}#{version:06d}"}
