"""Reading the whole book, as a person does: every tenant, every pending decision, the last decisions of one tenant."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from reputation_guard.aws.answers import answers
from reputation_guard.aws.book_items import (
    DECISION,
    is_of_tenant,
    name_in,
    partition_of,
    pending_from,
    tenant_from,
    todo_query,
)
from reputation_guard.aws.items import from_item, to_item
from reputation_guard.aws.pages import pages
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports.book import Outcome, Pending
from reputation_guard.ports.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_A_BATCH = 100
# What a throttled table leaves unread is asked for again after 0.1 s, 0.2 s, ... : for 6 seconds in all.
_FIRST_PAUSE_SECONDS = 0.1
_MOST_PAUSES = 6


@dataclass(frozen=True, slots=True)
class WrittenDecision(Pending):
    """A decision as it stands in the book; `outcome` and `settled_at` are None while it is pending."""

    outcome: Outcome | None = None
    settled_at: datetime | None = None

    @property
    def is_pending(self) -> bool:
        """Whether it still has to be carried out or made known."""
        return self.outcome is None


class BookReader:
    """The book, however large. A record that cannot be read raises pydantic's `ValidationError`: people should know."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def tenants(self) -> Iterator[Tenant]:
        """Every tenant in the book."""
        # Each tenant has its next review in the index.
        for item in self._items(self._todo("review")):
            yield tenant_from(item)

    def pending(self) -> list[WrittenDecision]:
        """The decisions that are not carried out yet, the fastest sender first."""
        written = (_written(item) for item in self._items(self._todo("enforce")))
        # The index lags behind the table: what was settled meanwhile is left out.
        return sorted((each for each in written if each.is_pending), key=lambda each: -each.decision.mails_per_minute)

    def decisions_of(self, tenant: str, most: int) -> list[WrittenDecision]:
        """A tenant's last decisions, the latest first."""
        with answers():
            answer = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :decision)",
                ExpressionAttributeValues=to_item({":pk": partition_of(tenant), ":decision": DECISION}),
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=most,
            )
        return [_written(from_item(item)) for item in answer["Items"]]

    def everything(self, looked_at: Callable[[int], None]) -> Iterator[Tenant | WrittenDecision]:
        """Every tenant and every decision, in no order; `looked_at` gets the number of items behind each page."""
        return _records(pages(self._dynamodb, "scan", looked_at, TableName=self._table))

    def everything_of(self, tenant: str, looked_at: Callable[[int], None]) -> Iterator[Tenant | WrittenDecision]:
        """A tenant's record, and all of its decisions, the earliest first."""
        mine = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": to_item({":pk": partition_of(tenant)}),
        }
        return _records(pages(self._dynamodb, "query", looked_at, TableName=self._table, **mine))

    def due(self, until: datetime) -> list[str]:
        """The names of the tenants whose review was due by then, the longest due first."""
        return [name_in(key["pk"]["S"]) for key in self._todo("review", until.timestamp())]

    def _todo(self, what: str, until: float | None = None) -> Iterator[Mapping[str, Any]]:
        """The keys of all that is to do."""
        pages = self._dynamodb.get_paginator("query").paginate(TableName=self._table, **todo_query(what, until))
        with answers():
            for page in pages:
                yield from ({"pk": item["pk"], "sk": item["sk"]} for item in page["Items"])

    def _items(self, keys: Iterator[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        while batch := list(islice(keys, _A_BATCH)):
            yield from self._batch(batch)

    def _batch(self, keys: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        wanted: Any = {self._table: {"Keys": keys, "ConsistentRead": True}}
        for tried in count():
            with answers():
                answer = self._dynamodb.batch_get_item(RequestItems=wanted)
            yield from map(from_item, answer["Responses"].get(self._table, []))
            wanted = answer.get("UnprocessedKeys")
            if not wanted:
                return
            if tried == _MOST_PAUSES:
                raise UnavailableError("UnprocessedKeys")
            time.sleep(_FIRST_PAUSE_SECONDS * 2**tried)


def _records(items: Iterator[Mapping[str, Any]]) -> Iterator[Tenant | WrittenDecision]:
    for item in map(from_item, items):
        # Policies lie in the same table, under names that people choose.
        if not is_of_tenant(item["pk"]):
            continue
        if item["sk"] == "tenant":
            yield tenant_from(item)
        elif item["sk"].startswith(DECISION):
            yield _written(item)


def _written(item: Mapping[str, Any]) -> WrittenDecision:
    pending, settled = pending_from(item), item.get("settled_at")
    return WrittenDecision(
        decision=pending.decision,
        attempted_at=pending.attempted_at,
        refused_at=pending.refused_at,
        outcome=Outcome(item["outcome"]) if "outcome" in item else None,
        settled_at=datetime.fromisoformat(settled) if settled else None,
    )
