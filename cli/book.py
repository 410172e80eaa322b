"""Reading the whole book: every tenant, every pending decision, and the last decisions of one tenant."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from reputation_guard.aws.items import from_item, to_item
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.tenant import Tenant
from reputation_guard.wire.announcement import decisions, tenants

_A_BATCH = 100

Key = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WrittenDecision:
    """A decision as it stands in the book; `outcome` is empty while it is pending."""

    decision: Decision
    outcome: str = ""
    settled_at: datetime | None = None
    attempted_at: datetime | None = None
    refused_at: datetime | None = None

    @property
    def is_pending(self) -> bool:
        """Whether it still has to be carried out or made known."""
        return not self.outcome


class BookReader:
    """The book, as a person reads it."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def tenants(self) -> Iterator[Tenant]:
        """Every tenant in the book."""
        # Each tenant has its next review in the index.
        for item in self._items(self.todo("review")):
            if "tenant" in item:
                yield tenants().validate_python(item["tenant"])

    def pending(self) -> list[WrittenDecision]:
        """The decisions that are not carried out yet, the fastest sender first."""
        written = (_written(item) for item in self._items(self.todo("enforce")))
        # The index lags behind the table: what was settled meanwhile is left out.
        return sorted((each for each in written if each.is_pending), key=lambda each: -each.decision.mails_per_minute)

    def decisions_of(self, tenant: str, most: int) -> list[WrittenDecision]:
        """A tenant's last decisions, the latest first."""
        answer = self._dynamodb.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :decision)",
            ExpressionAttributeValues=to_item({":pk": f"tenant#{tenant}", ":decision": "decision#"}),
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=most,
        )
        return [_written(from_item(item)) for item in answer["Items"]]

    def todo(self, what: str, until: datetime | None = None) -> Iterator[Key]:
        """The keys of what is to do: `enforce` for decisions, `review` for tenants, those due by `until`."""
        condition = "todo = :todo" + (" AND todo_order <= :until" if until else "")
        values = to_item({":todo": what, ":until": until.timestamp() if until else None})
        for page in self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="todo",
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
        ):
            yield from ({"pk": item["pk"], "sk": item["sk"]} for item in page["Items"])

    def _items(self, keys: Iterator[Key]) -> Iterator[dict[str, Any]]:
        while batch := list(islice(keys, _A_BATCH)):
            yield from self._batch(batch)

    def _batch(self, keys: Sequence[Key]) -> Iterator[dict[str, Any]]:
        wanted: Any = {self._table: {"Keys": list(keys), "ConsistentRead": True}}
        while wanted:
            answer = self._dynamodb.batch_get_item(RequestItems=wanted)
            yield from map(from_item, answer["Responses"].get(self._table, []))
            wanted = answer.get("UnprocessedKeys")


def _written(item: Mapping[str, Any]) -> WrittenDecision:
    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(item[name]) if name in item else None

    return WrittenDecision(
        decision=decisions().validate_python(item["decision"]),
        outcome=item.get("outcome", "") or ("" if item.get("todo") == "enforce" else "settled"),
        settled_at=moment("settled_at"),
        attempted_at=moment("attempted_at"),
        refused_at=moment("refused_at"),
    )
