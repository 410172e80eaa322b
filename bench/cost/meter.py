"""DynamoDB in memory, its meter running: each call is answered as the chaos suite's is, and charged by AWS's rules."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.cost.prices import READS, WRITES, Usage
from bench.sizes import item_bytes, read_units, write_units
from tests.chaos.tables import Item, Tables

# The keys of the Book's two indexes, which hold keys only (template.yaml): an entry takes one unit.
_INDEXES = (("todo", "todo_order"), ("standing",))
# A run begins with an empty table, and a judgement reads a month: what would lie there by then (`bench.counters`).
HISTORY_BYTES = {"tenant#": 22_829, "account": 35_338}


@dataclass(slots=True)
class Meter:
    """Answers calls, and notes the units of each; `hot` are the write units by the partition they went to."""

    tables: Tables = field(default_factory=Tables)
    usage: Usage = field(default_factory=Counter)
    hot: Counter[str] = field(default_factory=Counter)
    _bytes: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def call(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Do one call of the API. Raises ClientError as botocore does."""
        match operation:
            case "Query" | "GetItem":
                return self._read(operation, asked)
            case "TransactWriteItems":
                actions = [next(iter(each.values())) for each in asked["TransactItems"]]
                return self._write(operation, asked, actions, times=2)
            case _:
                return self._write(operation, asked, [asked], times=1)

    def _write(
        self, operation: str, asked: Mapping[str, Any], actions: list[Mapping[str, Any]], times: int
    ) -> dict[str, Any]:
        before = [self._item(each) for each in actions]
        try:
            return self.tables.call(operation, asked)
        finally:
            # What its condition stopped is charged too.
            for action, item in zip(actions, before, strict=True):
                self._charge(action, item, self._item(action), times)

    def _charge(self, action: Mapping[str, Any], before: Item, after: Item, times: int) -> None:
        key = _key(action)
        size, known = item_bytes(after), self._bytes.get(key)
        units = write_units(item_bytes(before) if known is None else known, size) * times
        self._bytes[key] = size
        self.usage[WRITES] += units + index_units(before, after)
        self.hot[key[1]] += units

    def _read(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.tables.call(operation, asked)
        if operation == "GetItem":
            read = item_bytes(answer.get("Item", {}))
        else:
            whole = answer if "Items" in answer else self.tables.query({**asked, "Select": "ALL_ATTRIBUTES"})
            read = sum(map(item_bytes, whole["Items"])) + _history(asked["ExpressionAttributeValues"])
        self.usage[READS] += read_units(read, consistent=bool(asked.get("ConsistentRead")))  # type: ignore[assignment] # half units
        return answer

    def _item(self, action: Mapping[str, Any]) -> Item:
        return self.tables.item(*_key(action))


def index_units(before: Item, after: Item) -> int:
    """The units of the indexes' own writes: an entry that goes and comes back elsewhere takes both."""
    if "todo" not in before and "todo" not in after and "standing" not in before and "standing" not in after:
        return 0
    units = 0
    for keys in _INDEXES:
        was, is_now = ({name: item[name] for name in keys} if keys[0] in item else None for item in (before, after))
        units += ((was is not None) + (is_now is not None)) if was != is_now else 0
    return units


def _history(values: Mapping[str, Any]) -> int:
    if not values.get(":first", {}).get("S", "").startswith("day#") or values[":last"]["S"].startswith("day#"):
        return 0
    partition = values[":pk"]["S"]
    return next((size for start, size in HISTORY_BYTES.items() if partition.startswith(start)), 0)


def _key(action: Mapping[str, Any]) -> tuple[str, str, str]:
    key = action["Key"] if "Key" in action else action["Item"]
    return action["TableName"], key["pk"]["S"], key["sk"]["S"]
