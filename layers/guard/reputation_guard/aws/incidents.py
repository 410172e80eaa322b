"""The incidents on DynamoDB, in the table of the book.

| pk | sk | |
|---|---|---|
| incident#ID | incident | the record, its revision, who waits; `todo` (incident) while it is open, by its start |
| latest#NAME | incident | the id of the tenant's latest incident, and the version its case was decided at |
| group | group | the id of the incident that was the last to begin a group of pages |

They have partitions of their own: whoever looks after incidents needs no right to write tenants, or the guard's mode.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reputation_guard.aws.answers import answers, code_of
from reputation_guard.aws.book_items import todo_query
from reputation_guard.aws.items import from_item, to_item
from reputation_guard.aws.together import write_together
from reputation_guard.domain.incident import Incident
from reputation_guard.ports.errors import StaleError, UnavailableError
from reputation_guard.wire import UNREADABLE, unreadable
from reputation_guard.wire.announcement import incidents, plain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Only this adapter sees an item that no longer reads; its caller gets the readable ones.
_LOG = logging.getLogger(__name__)
_KEEP_CLOSED = timedelta(days=400)
_INCIDENT = "incident#"
_IS_NEW = "attribute_not_exists(pk)"
_GROUP = to_item({"pk": "group", "sk": "group"})


class IncidentTable:
    """`ports.incidents.Incidents` on DynamoDB."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def incident(self, incident_id: str) -> Incident | None:
        item = self._get(key_of(incident_id))
        try:
            return incident_from(item) if item else None
        except UNREADABLE as error:
            raise UnavailableError(f"the incident {incident_id}: {unreadable(error)}") from error

    def open(self, incident: Incident) -> None:
        item = {
            **from_item(key_of(incident.id)),
            "revision": incident.revision,
            "incident": plain(incidents(), incident),
            "todo": "incident",
            "todo_order": incident.opened_at.timestamp(),
        }
        version = incident.case.decision.tenant.version
        latest = {**from_item(_latest_key(incident.subject)), "incident": incident.id, "version": version}
        is_later = {
            "ConditionExpression": "attribute_not_exists(version) OR version <= :version",
            "ExpressionAttributeValues": to_item({":version": version}),
        }
        actions: Any = [
            {"Put": {"TableName": self._table, "Item": to_item(item), "ConditionExpression": _IS_NEW}},
            {"Put": {"TableName": self._table, "Item": to_item(latest), **is_later}},
        ]
        write_together(self._dynamodb, actions)

    def save(self, before: Incident, after: Incident) -> Incident:
        saved = replace(after, revision=before.revision + 1)
        values = {":incident": plain(incidents(), saved), ":next": saved.revision, ":read": before.revision}
        expression = "SET incident = :incident, revision = :next"
        if saved.closed_at:
            values[":expires"] = int((saved.closed_at + _KEEP_CLOSED).timestamp())
            expression += ", expires_at = :expires REMOVE todo, todo_order"
        # Who waits stays noted: he has to hear of this.
        self._update(key_of(saved.id), expression, "revision = :read", values)
        return saved

    def latest_of(self, subject: str) -> Incident | None:
        found = self._get(_latest_key(subject))
        return self.incident(found["incident"]) if found else None

    def open_ones(self) -> Sequence[Incident]:
        with answers():
            listed = self._dynamodb.get_paginator("query").paginate(TableName=self._table, **todo_query("incident"))
            keys = [{"pk": item["pk"], "sk": item["sk"]} for page in listed for item in page["Items"]]
        # The index lags behind the table: what was closed meanwhile is left out.
        items = [item for key in keys if "todo" in (item := self._get(key))]
        return [incident for item in items if (incident := _readable(item))]

    def wait(self, incident: Incident, token: str) -> bool:
        values = {":token": token, ":read": incident.revision}
        try:
            self._update(key_of(incident.id), "SET waiting = :token", "revision = :read", values)
        except StaleError:
            return False
        return True

    def waiting(self, incident_id: str) -> str | None:
        token = self._get(key_of(incident_id)).get("waiting")
        return str(token) if token else None

    def group_leader(self) -> str | None:
        leader = self._get(_GROUP).get("leader")
        return str(leader) if leader else None

    def lead_group(self, read: str | None, incident_id: str) -> None:
        condition = "leader = :read" if read else "attribute_not_exists(leader)"
        values = {":incident": incident_id} | ({":read": read} if read else {})
        self._update(_GROUP, "SET leader = :incident", condition, values)

    def _update(self, key: Any, expression: str, condition: str, values: Mapping[str, Any]) -> None:
        with answers():
            try:
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key=key,
                    UpdateExpression=expression,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=to_item(values),
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    raise StaleError(from_item(key)["pk"]) from error
                raise

    def _get(self, key: Any) -> dict[str, Any]:
        with answers():
            found = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
            return from_item(found.get("Item", {}))


def _readable(item: Mapping[str, Any]) -> Incident | None:
    try:
        return incident_from(item)
    except UNREADABLE as error:
        _LOG.error("unreadable incident %s: %s", item["pk"], unreadable(error))
        return None


def incident_from(item: Mapping[str, Any]) -> Incident:
    """An incident, from its item."""
    return incidents().validate_python(item["incident"])


def key_of(incident_id: str) -> dict[str, Any]:
    """The key of an incident's item."""
    return to_item({"pk": f"{_INCIDENT}{incident_id}", "sk": "incident"})


def _latest_key(subject: str) -> dict[str, Any]:
    return to_item({"pk": f"latest#{subject}", "sk": "incident"})
