"""DynamoDB in memory, as far as the adapters use it; `test_tables.py` holds its answers against moto's.

moto takes 1 to 20 ms a call, and copies every table for a transaction: two thousand faults would take half an hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.chaos.expressions import condition, plain, updated

Item = Mapping[str, Any]
Key = tuple[str, str]
Index = tuple[str, str, str]
_NOTHING: Item = {}
# The indexes by their hash keys, and what each is sorted by.
_SORTED_BY = {"todo": "todo_order", "standing": ""}
BRAKE: Key = ("guard", "brake")
_BAD_REQUEST = 400


def refusal(operation: str, code: str, status: int = _BAD_REQUEST, **more: Any) -> ClientError:
    """What botocore raises where AWS says no."""
    answer: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(answer, operation)


@dataclass(slots=True)
class Tables:
    """All tables. `heard` is told of every write: table, item before and after (empty for none)."""

    clock: Callable[[], float] = lambda: 0.0
    heard: list[Callable[[str, Item, Item], None]] = field(default_factory=list)
    items: dict[str, dict[str, dict[str, Item]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(dict)))
    _index: dict[Index, dict[Key, float]] = field(default_factory=lambda: defaultdict(dict))
    _log: list[tuple[float, Index, Key, float | None, float | None]] = field(default_factory=list)

    def call(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Do one call of the API."""
        answer: dict[str, Any] = getattr(self, f"_{operation}")(asked)
        return answer

    def of(self, table: str) -> list[Item]:
        """Every item of a table."""
        return [item for partition in self.items[table].values() for item in partition.values()]

    def item(self, table: str, pk: str, sk: str) -> Item:
        """An item; empty where there is none."""
        return self.items[table][pk].get(sk, _NOTHING)

    def _GetItem(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802 - the API's name
        found = self.item(asked["TableName"], *_key(asked["Key"]))
        return {"Item": dict(found)} if found else {}

    def _PutItem(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._check("PutItem", asked, asked["Item"])
        self._write(asked["TableName"], asked["Item"])
        return {}

    def _DeleteItem(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        pk, sk = _key(asked["Key"])
        before = self.items[asked["TableName"]][pk].pop(sk, None)
        if before:
            self._noted(asked["TableName"], before, _NOTHING)
        return {}

    def _UpdateItem(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._check("UpdateItem", asked, asked["Key"])
        before = self._update(asked)
        after = self.item(asked["TableName"], *_key(asked["Key"]))
        told = {"ALL_OLD": before, "ALL_NEW": after}.get(asked.get("ReturnValues", ""), _NOTHING)
        return {"Attributes": dict(told)} if told else {}

    def _TransactWriteItems(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        actions = [next(iter(action.items())) for action in asked["TransactItems"]]
        holds = [self._holds(action, action["Item" if kind == "Put" else "Key"]) for kind, action in actions]
        if not all(holds):
            reasons = [{"Code": "None" if each else "ConditionalCheckFailed"} for each in holds]
            raise refusal("TransactWriteItems", "TransactionCanceledException", CancellationReasons=reasons)
        for kind, action in actions:
            if kind == "Put":
                self._write(action["TableName"], action["Item"])
            elif kind == "Delete":
                self._DeleteItem(action)
            else:
                self._update(action)
        return {}

    def _Query(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self.query(asked)

    def query(self, asked: Mapping[str, Any], as_of: float | None = None) -> dict[str, Any]:
        """Query a table, or its index as it was at `as_of`."""
        values = asked["ExpressionAttributeValues"]
        if "IndexName" in asked:
            name = asked["IndexName"]
            found = self._of_index((asked["TableName"], name, plain(values[f":{name}"])), as_of)
        else:
            partition = self.items[asked["TableName"]][plain(values[":pk"])]
            found = [partition[sk] for sk in sorted(partition)]
        holds = condition(asked["KeyConditionExpression"])
        items = [dict(item) for item in found if holds(item, values)]
        if asked.get("Select") == "COUNT":
            return {"Count": len(items)}
        if not asked.get("ScanIndexForward", True):
            items.reverse()
        return {"Items": items[: asked.get("Limit")]}

    def _of_index(self, index: Index, as_of: float | None) -> list[Item]:
        entries = dict(self._index[index])
        for at, of, key, before, _ in reversed(self._log if as_of is not None else []):
            if as_of is not None and at <= as_of:
                break
            if of == index:
                entries.pop(key, None)
                if before is not None:
                    entries[key] = before
        ordered = sorted((order, key) for key, order in entries.items())
        _, name, value = index
        keys = [{"pk": {"S": pk}, "sk": {"S": sk}, name: {"S": value}} for _, (pk, sk) in ordered]
        if not (sort := _SORTED_BY[name]):
            return list(keys)
        return [key | {sort: {"N": repr(order)}} for key, (order, _) in zip(keys, ordered, strict=True)]

    def _check(self, operation: str, asked: Mapping[str, Any], key: Item) -> None:
        if not self._holds(asked, key):
            raise refusal(operation, "ConditionalCheckFailedException")

    def _holds(self, asked: Mapping[str, Any], key: Item) -> bool:
        if "ConditionExpression" not in asked:
            return True
        before = self.item(asked["TableName"], *_key(key))
        return condition(asked["ConditionExpression"])(before, asked.get("ExpressionAttributeValues", {}))

    def _update(self, asked: Mapping[str, Any]) -> Item:
        before = self.item(asked["TableName"], *_key(asked["Key"]))
        values = asked.get("ExpressionAttributeValues", {})
        self._write(asked["TableName"], updated(asked["UpdateExpression"], before or asked["Key"], values))
        return before

    def _write(self, table: str, item: Item) -> None:
        pk, sk = _key(item)
        before = self.item(table, pk, sk)
        self.items[table][pk][sk] = item
        self._noted(table, before, item)

    def _noted(self, table: str, before: Item, after: Item) -> None:
        key = _key(before or after)
        for name, sort in _SORTED_BY.items():
            for item, is_there in ((before, False), (after, True)):
                if name not in item:
                    continue
                index, order = (table, name, item[name]["S"]), float(item[sort]["N"]) if sort else 0.0
                was = self._index[index].pop(key, None)
                if is_there:
                    self._index[index][key] = order
                self._log.append((self.clock(), index, key, was, order if is_there else None))
        # DynamoDB's stream has no record of a write that changes nothing.
        if before != after:
            for each in self.heard:
                each(table, before, after)


def brake_read(asked: Mapping[str, Any]) -> int | None:
    """The revision of the brake's page that a pause has read and is about to replace; None of any other call."""
    puts = (action["Put"]["Item"] for action in asked.get("TransactItems", ()) if "Put" in action)
    return next((int(item["revision"]["N"]) - 1 for item in puts if _key(item) == BRAKE), None)


def _key(item: Item) -> Key:
    return item["pk"]["S"], item["sk"]["S"]
