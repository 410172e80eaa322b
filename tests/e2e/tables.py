"""The guard's two tables as an auditor reads them: what was counted, and what the Book says."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.aws import EmbeddedAws
from reputation_guard.aws.items import from_item
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.tenant import ACCOUNT, Tenant
from reputation_guard.wire.announcement import decisions, tenants
from tests.e2e.waiting import eventually

OF_ACCOUNT = "account-feedback"


class Table:
    """A table of the stack, named by its output."""

    def __init__(self, aws: EmbeddedAws, output: str) -> None:
        self._dynamodb = aws.client("dynamodb")
        self._name = aws.outputs[output]

    def _item(self, partition: str, sort: str) -> dict[str, Any]:
        key = {"pk": {"S": partition}, "sk": {"S": sort}}
        return from_item(self._dynamodb.get_item(TableName=self._name, Key=key).get("Item", {}))

    def _items(self, partition: str) -> Iterator[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._name, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": partition}}
        )
        yield from (from_item(item) for page in pages for item in page["Items"])

    def _everything(self) -> Iterator[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._name)
        yield from (from_item(item) for page in pages for item in page["Items"])


class Counts(Table):
    """What the guard counted."""

    def sends_of(self, ledger: str) -> int:
        """How many sends are counted for a ledger, such as `tenant#acme`."""
        return sum(
            int(value)
            for item in self._items(ledger)
            for name, value in item.items()
            if name[0] == "s" and name[1:].isdigit()
        )

    def wait_for_sends(self, ledger: str, number: int) -> None:
        """Wait until so many sends are counted."""
        eventually(lambda: self.sends_of(ledger) >= number, f"{number} sends counted for {ledger}")

    def feedback_ids(self, tenant: str) -> dict[tuple[str, str], frozenset[bytes]]:
        """The ids of a tenant's feedback, by slot and kind."""
        return {
            (item["sk"], kind): frozenset(map(bytes, item[kind]))
            for item in self._items(f"feedback#{tenant}")
            for kind in ("bounce", "complaint")
            if kind in item
        }

    def feedback_beside_sends(self, tenant: str) -> tuple[int, int]:
        """The hard bounces and complaints that a judgement of a tenant reads."""
        totals = {"b": 0, "c": 0}
        for item in self._items(f"tenant#{tenant}"):
            for name, value in item.items():
                if name[0] in totals and name[1:].isdigit():
                    totals[name[0]] += int(value)
        return totals["b"], totals["c"]

    def feedback_of_all(self) -> int:
        """How much feedback is counted by id, of all tenants and of nobody's."""
        return sum(map(_ids_in, (item for item in self._everything() if item["pk"] != OF_ACCOUNT)))

    def feedback_of_account(self) -> int:
        """How much feedback is counted by id for the account as a whole."""
        return sum(map(_ids_in, self._items(OF_ACCOUNT)))

    def watermark(self) -> tuple[datetime, datetime]:
        """Up to where sends are known to be counted, and the latest send that is counted."""
        item = self._item("watermark", "sends")
        low, high = (datetime.fromtimestamp(item.get(name, 0), UTC) for name in ("low", "high"))
        return low, high

    def owner_of(self, configuration_set: str) -> str | None:
        """Whose a configuration set is: nobody's where it is shared; None while SES was not asked."""
        owner: str | None = self._item("configuration-sets", configuration_set).get("tenant")
        return owner


def _ids_in(item: dict[str, Any]) -> int:
    return sum(len(item[kind]) for kind in ("bounce", "complaint") if kind in item)


@dataclass(frozen=True, slots=True)
class Written:
    """A decision in the Book, and what became of it."""

    decision: Decision
    outcome: str
    pending: bool
    key: dict[str, Any]


class Book(Table):
    """What the guard's Book says of tenants and decisions."""

    def find(self, name: str) -> Tenant | None:
        """The record of a tenant; None while the Book does not know it."""
        item = self._item(f"tenant#{name}", "tenant")
        return tenants().validate_python(item["tenant"]) if item else None

    def record(self, name: str) -> Tenant:
        """The record of a tenant that the Book knows."""
        found = self.find(name)
        assert found is not None, f"{name} is not in the Book"
        return found

    def make_due(self, name: str) -> None:
        """The review has to look at the tenant next."""
        self._dynamodb.update_item(
            TableName=self._name,
            Key={"pk": {"S": f"tenant#{name}"}, "sk": {"S": "tenant"}},
            UpdateExpression="SET todo_order = :first",
            ExpressionAttributeValues={":first": {"N": "0"}},
        )

    def is_due(self, name: str) -> bool:
        """Whether the review has still to look at a tenant that was made due."""
        return bool(self._item(f"tenant#{name}", "tenant")["todo_order"] == 0)

    def wait_for_standing(self, name: str, standing: str) -> Tenant:
        """Wait for a standing, and for SES's word where one is under way; returns the record."""

        def settled() -> Tenant | None:
            record = self.find(name)
            return record if record and record.standing == standing and not record.under_way else None

        return eventually(settled, f"{name} {standing}")

    def decisions(self, name: str) -> list[Written]:
        """All decisions about a tenant, or about the account itself, in their order."""
        items = self._items("account" if name == ACCOUNT else f"tenant#{name}")
        return [_written(item) for item in items if item["sk"].startswith("decision#")]

    def all_decisions(self) -> list[Written]:
        """All decisions about everybody."""
        return [_written(item) for item in self._everything() if item["sk"].startswith("decision#")]


def _written(item: dict[str, Any]) -> Written:
    return Written(
        decision=decisions().validate_python(item["decision"]),
        outcome=item.get("outcome", ""),
        pending=item.get("todo") == "enforce",
        key={"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}},
    )
