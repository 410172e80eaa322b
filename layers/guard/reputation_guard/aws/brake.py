"""The brake on DynamoDB, in the table of the book.

| pk | sk | |
|---|---|---|
| guard | brake | the guard's pauses of the last hour |
| kept | NAME | a pause for a person to release or drop |
| tenant#NAME | kept#TIME | what became of one, by whom and why |
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from reputation_guard.aws.answers import answers
from reputation_guard.aws.book import BookTable
from reputation_guard.aws.book_items import partition_of
from reputation_guard.aws.items import from_item, to_item
from reputation_guard.aws.together import write_together
from reputation_guard.domain.brake import Brake, Kept, Person
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports.book import Outcome
from reputation_guard.wire import UNREADABLE, unreadable
from reputation_guard.wire.announcement import decisions, plain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Only this adapter sees an item that no longer reads; its caller gets the readable ones.
_LOG = logging.getLogger(__name__)
_KEPT = "kept"
_PAGE = {"pk": "guard", "sk": "brake"}
_BRAKES = TypeAdapter(Brake)
_REMEMBERED = timedelta(days=400)


class BrakeTable:
    """`ports.brake.BrakeBook` on DynamoDB."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._book = BookTable(dynamodb, table)

    def brake(self) -> Brake:
        item = self._get(to_item(_PAGE))
        try:
            return _BRAKES.validate_python(item["brake"]) if item else Brake()
        except UNREADABLE as error:
            # As if nobody had been paused: a page that nobody can read must not stop every pause.
            _LOG.error("unreadable page of the brake: %s", unreadable(error))
            return Brake(revision=int(item["revision"]))

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
        kept = {
            "TableName": self._table,
            "Key": _key(decision.tenant.name),
            "UpdateExpression": "SET decision = if_not_exists(decision, :decision)",
            "ExpressionAttributeValues": to_item({":decision": plain(decisions(), decision)}),
        }
        write_together(self._dynamodb, [*self._book.saving(saved, decision.at), {"Update": kept}])
        return saved

    def kept(self) -> Sequence[Kept]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": _KEPT}),
            ConsistentRead=True,
        )
        with answers():
            items = [from_item(item) for page in pages for item in page["Items"]]
        found = [kept for item in items if (kept := _readable(item))]
        return sorted(found, key=lambda each: each.decision.at)

    def kept_of(self, tenant: str) -> Kept | None:
        item = self._get(_key(tenant))
        return _readable(item) if item else None

    def end(self, kept: Kept, outcome: Outcome, person: Person, after: Tenant) -> Tenant:
        saved = replace(after, version=after.version + 1)
        ended = {
            "pk": partition_of(kept.tenant),
            "sk": f"kept#{kept.decision.at.isoformat()}",
            "outcome": outcome,
            "ended_by": person.name,
            "reason": person.reason,
            "ended_at": person.at.isoformat(),
            "decision": plain(decisions(), kept.decision),
            "expires_at": int((person.at + _REMEMBERED).timestamp()),
        }
        gone = {"TableName": self._table, "Key": _key(kept.tenant), "ConditionExpression": "attribute_exists(pk)"}
        put = {"TableName": self._table, "Item": to_item(ended)}
        write_together(self._dynamodb, [{"Delete": gone}, {"Put": put}, *self._book.saving(saved, person.at)])
        return saved

    def _get(self, key: Any) -> dict[str, Any]:
        with answers():
            found = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
            return from_item(found.get("Item", {}))


def _readable(item: Mapping[str, Any]) -> Kept | None:
    try:
        return Kept(decisions().validate_python(item["decision"]))
    except UNREADABLE as error:
        _LOG.error("unreadable kept pause %s: %s", item["pk"], unreadable(error))
        return None


def _key(tenant: str) -> dict[str, Any]:
    return to_item({"pk": _KEPT, "sk": tenant})
