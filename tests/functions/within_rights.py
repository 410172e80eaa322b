"""Every call that a handler makes in these tests is held against its role: what the role lacks is refused.

Rights are derived from the code (tests/template/rights.py): this is how the derivation is tried, call by call.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cache, wraps
from pathlib import Path
from typing import Any

from tests.aws.tables import BOOK, COUNTS
from tests.template.called import PARTS
from tests.template.keyed import Keys
from tests.template.rights import HANDLERS, IAM_READS, allowed, keys_allowed
from tests.template.stack import translated

TABLES = {COUNTS: "CountsTable", BOOK: "BookTable"}

_roles: list[tuple[dict[str, set[str]], Keys]] = []


class BeyondItsRightsError(Exception):
    """A call that the role of its function does not allow."""


def within_rights(handler: Callable[[Any, Any], Any], path: Path) -> Callable[[Any, Any], Any]:
    """Return the handler in its role: that of the function whose code is at this path."""

    @wraps(handler)
    def in_its_role(event: Any, context: Any) -> Any:
        with in_role(path):
            return handler(event, context)

    return in_its_role


# A request to CloudWatch is signed for another name than the one that IAM has for it.
IAM_CALLS_IT = {"monitoring": "cloudwatch"}


@contextmanager
def in_role(path: Path) -> Iterator[None]:
    """Hold all calls meanwhile against a function's role."""
    _roles.append(_role(path))
    try:
        yield
    finally:
        _roles.pop()


def watch(client: Any) -> None:
    """Have a client ask first, where a handler is what calls."""
    client.meta.events.register("provide-client-params.*.*", _ask)


def _ask(params: dict[str, Any], model: Any, **_: object) -> None:
    for on, action, partition in _calls(model.service_model.signing_name, model.name, params) if _roles else ():
        role, keys = _roles[-1]
        able = role.get(on, set()) if on else set().union(*role.values())
        if action not in able:
            raise BeyondItsRightsError(action, on)
        bound = keys.read if action.partition(":")[2] in IAM_READS else keys.written
        if on == "BookTable" and not any(fnmatchcase(partition, each) for each in bound):
            raise BeyondItsRightsError(action, partition)


def _calls(service: str, operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what a call asks for: actions, with the table or index they go to, and the partition; "" for no table."""
    if operation == "TransactWriteItems":
        for part in params["TransactItems"]:
            for kind, asked in part.items():
                yield TABLES[asked["TableName"]], f"dynamodb:{PARTS[kind]}", _partition(asked)
    elif operation == "BatchGetItem":
        for table, asked in params["RequestItems"].items():
            yield from ((TABLES[table], "dynamodb:BatchGetItem", _partition({"Key": key})) for key in asked["Keys"])
    elif service == "dynamodb":
        index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
        yield f"{TABLES[params['TableName']]}{index}", f"dynamodb:{operation}", "" if index else _partition(params)
    else:
        yield "", f"{IAM_CALLS_IT.get(service, service)}:{operation}", ""


def _partition(asked: dict[str, Any]) -> str:
    """Return the partition that a call on an item, or a query, names."""
    key = asked.get("Key") or asked.get("Item") or {"pk": asked["ExpressionAttributeValues"][":pk"]}
    return str(key["pk"]["S"])


@cache
def _role(path: Path) -> tuple[dict[str, set[str]], Keys]:
    [function] = [name for name, code in HANDLERS.items() if code == path]
    return allowed(_stack(), function), keys_allowed(_stack(), function)


_stack = cache(translated)
