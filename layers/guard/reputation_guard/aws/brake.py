"""The brake on DynamoDB, in the table of the book.

| pk | sk | |
|---|---|---|
| guard | brake | the guard's pauses of the last hour |
| tenant#NAME | kept | a pause for a person to release or drop; `todo` (kept) until then, by when it was decided |
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from reputation_guard.aws.answers import answers
from reputation_guard.aws.book import BookTable, partition_of, todo_query
from reputation_guard.aws.items import from_item, to_item
from reputation_guard.aws.together import write_together
from reputation_guard.domain.brake import Brake, Kept, Person
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports import Outcome
from reputation_guard.wire.announcement import decisions, plain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Only this adapter sees an item that no longer reads; its caller gets the readable ones.
_LOG = logging.getLogger(__name__)
_PAGE = {"pk": "guard", "sk": "brake"}
_BRAKES = TypeAdapter(Brake)
_REMEMBERED = timedelta(days=400)


class BrakeTable:
    """`ports.BrakeBook` on DynamoDB."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._book = BookTable(dynamodb, table)

    def brake(self) -> Brake:
        item = self._get(to_item(_PAGE))
        return _BRAKES.validate_python(item["brake"]) if item else Brake()

    def pause(self, decision: Decision, after: Tenant, read: Brake) -> Tenant:
        saved = replace(after, version=decision.tenant.version + 1)
        page = replace(read.after_pause(decision.tenant.name, decision.at), revision=read.revision + 1)
        item = {**_PAGE, "revision": page.revision, "brake": plain(_BRAKES, page)}
        put = {
            "TableName": self._table,
            "Item": to_item(item),
            "ConditionExpression": "revision = :read" if read.revision else "attribute_not_exists(pk)",
            **({"ExpressionAttributeValues": to_item({":read": read.revision})} if read.revision else {}),
        }
        write_together(self._dynamodb, [*self._book.writing(decision, saved), {"Put": put}])
        return saved

    def keep(self, decision: Decision, after: Tenant) -> Tenant:
        saved = replace(after, version=decision.tenant.version + 1)
        item = {
            **from_item(_key(decision.tenant.name)),
            "todo": "kept",
            "todo_order": decision.at.timestamp(),
            "decision": plain(decisions(), decision),
        }
        kept = {"Put": {"TableName": self._table, "Item": to_item(item)}}
        write_together(self._dynamodb, [*self._book.saving(saved, decision.at), kept])
        return saved

    def kept(self) -> Sequence[Kept]:
        with answers():
            listed = self._dynamodb.get_paginator("query").paginate(TableName=self._table, **todo_query("kept"))
            keys = [{"pk": item["pk"], "sk": item["sk"]} for page in listed for item in page["Items"]]
        # The index lags behind the table: what was released or dropped meanwhile is left out.
        items = [item for key in keys if "todo" in (item := self._get(key))]
        return [kept for item in items if (kept := _readable(item))]

    def is_kept(self, tenant: str) -> bool:
        return "todo" in self._get(_key(tenant))

    def end(self, kept: Kept, outcome: Outcome, person: Person, after: Tenant) -> Tenant:
        saved = replace(after, version=after.version + 1)
        said = {":outcome": outcome, ":by": person.name, ":reason": person.reason, ":at": person.at.isoformat()}
        expires_at = int((person.at + _REMEMBERED).timestamp())
        ended = {
            "TableName": self._table,
            "Key": _key(kept.tenant),
            "UpdateExpression": "SET outcome = :outcome, ended_by = :by, reason = :reason, ended_at = :at, "
            "expires_at = :expires_at REMOVE todo, todo_order",
            "ConditionExpression": "attribute_exists(todo)",
            "ExpressionAttributeValues": to_item({**said, ":expires_at": expires_at}),
        }
        write_together(self._dynamodb, [{"Update": ended}, *self._book.saving(saved, person.at)])
        return saved

    def _get(self, key: Any) -> dict[str, Any]:
        with answers():
            found = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
            return from_item(found.get("Item", {}))


def _readable(item: Mapping[str, Any]) -> Kept | None:
    try:
        return Kept(decisions().validate_python(item["decision"]))
    except ValidationError as error:
        _LOG.error("unreadable kept pause %s: %s", item["pk"], error)
        return None


def _key(tenant: str) -> dict[str, Any]:
    return to_item({"pk": partition_of(tenant), "sk": "kept"})
