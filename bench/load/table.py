"""The counts table in memory, behind DynamoDB's wire protocol: the expressions `ingest` uses, and no others."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

Item = dict[str, Any]
"""Attributes as on the wire, but for sets, whose members are a set."""
Key = tuple[str, str]

_SETS = frozenset({"SS", "BS"})
_ASSIGNMENT = re.compile(r"(\w+) = (?:if_not_exists\((\w+), (:\w+)\)|(:\w+))")
_ADDITION = re.compile(r"(\w+) (:\w+)")
_TEST = re.compile(
    r"attribute_not_exists\((?P<absent>\w+)\)"
    r"|(?:size\((?P<sized>\w+)\)|(?P<compared>\w+)) (?P<how><=|<|>) (?P<with>:\w+)"
)
_SENDS = re.compile(r"s\d+")


class Table:
    """Items by their key, and how many sends of tenants, and calls, were written since one last asked."""

    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}
        self.calls = 0
        self.sends_written = 0

    def answer(self, operation: str, body: bytes) -> tuple[int, bytes]:
        """The status and the body of an answer."""
        self.calls += 1
        operations: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any] | None]] = {
            "UpdateItem": self._update,
            "PutItem": self._put,
            "DeleteItem": self._delete,
            "Query": self._query,
        }
        answer = operations[operation](json.loads(body))
        return refusal("ConditionalCheckFailedException") if answer is None else (200, json.dumps(answer).encode())

    def of(self, partition: str) -> Iterator[tuple[str, str, Item]]:
        """The items whose partition begins so: what follows in its name, the sort key, and the item."""
        for (pk, sk), item in self.items.items():
            if pk.startswith(partition):
                yield pk.removeprefix(partition), sk, item

    def sends_of_tenants(self) -> Counter[str]:
        """The sends counted, by tenant."""
        counted = Counter[str]()
        for tenant, _, item in self.of("tenant#"):
            counted[tenant] += _sends_in(item)
        return counted

    def _update(self, request: Mapping[str, Any]) -> Mapping[str, Any] | None:
        key = _key(request["Key"])
        item, values = self.items.get(key, {}), request.get("ExpressionAttributeValues", {})
        if not _holds(request.get("ConditionExpression", ""), item, values):
            return None
        sets, adds = _parts(request["UpdateExpression"])
        changed = dict(item)
        for name, existing, value in sets:
            changed[name] = item.get(existing) or _kept(values[value])
        for name, value in adds:
            changed[name] = _sum(item.get(name), values[value])
        self.items[key] = changed
        if key[0].startswith("tenant#"):
            self.sends_written += _sends_in(changed) - _sends_in(item)
        return {"Attributes": _on_the_wire(item)} if request.get("ReturnValues") == "ALL_OLD" and item else {}

    def _put(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        item = dict(request["Item"])
        self.items[_key({"pk": item.pop("pk"), "sk": item.pop("sk")})] = item
        return {}

    def _delete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.items.pop(_key(request["Key"]), None)
        return {}

    def _query(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        wanted = request["ExpressionAttributeValues"][":pk"]["S"]
        found = [_on_the_wire(item | _named((pk, sk))) for (pk, sk), item in self.items.items() if pk == wanted]
        return {"Items": found, "Count": len(found)}


def refusal(code: str) -> tuple[int, bytes]:
    """The answer of a call that DynamoDB refuses, as it is not tried again."""
    return 400, json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"}).encode()


def _key(key: Mapping[str, Any]) -> Key:
    return key["pk"]["S"], key["sk"]["S"]


def _named(key: Key) -> Item:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def _kept(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {kind: set(members) if kind in _SETS else members for kind, members in value.items()}


def _on_the_wire(item: Item) -> Item:
    return {
        name: {kind: sorted(members) if kind in _SETS else members for kind, members in value.items()}
        for name, value in item.items()
    }


def _sum(before: Mapping[str, Any] | None, more: Mapping[str, Any]) -> Mapping[str, Any]:
    ((kind, value),) = more.items()
    if kind == "N":
        return {"N": str(int(before["N"] if before else 0) + int(value))}
    return {kind: (before[kind] if before else set()) | set(value)}


def _sends_in(item: Item) -> int:
    return sum(int(value["N"]) for name, value in item.items() if _SENDS.fullmatch(name))


@lru_cache(maxsize=4096)
def _parts(expression: str) -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    """What an update sets (name, the attribute whose value would stay, value), and what it adds (name, value)."""
    sets, _, adds = expression.removeprefix("SET ").partition("ADD ")
    assigned = [(each[1], each[2] or "", each[3] or each[4]) for each in _ASSIGNMENT.finditer(sets)]
    added = [(each[1], each[2]) for each in _ADDITION.finditer(adds)]
    return assigned, added


def _holds(condition: str, item: Item, values: Mapping[str, Any]) -> bool:
    """Whether one test of each group holds, where groups are joined by AND and the tests of each by OR."""
    groups = condition.split(" AND ") if condition else ()
    return all(any(_is_so(test, item, values) for test in _TEST.finditer(group)) for group in groups)


def _is_so(test: re.Match[str], item: Item, values: Mapping[str, Any]) -> bool:
    if test["absent"]:
        return test["absent"] not in item
    value = item.get(test["sized"] or test["compared"])
    if value is None:
        return False
    (left,), right = value.values(), float(values[test["with"]]["N"])
    left = len(left) if test["sized"] else float(left)
    return bool({"<=": left <= right, "<": left < right, ">": left > right}[test["how"]])
