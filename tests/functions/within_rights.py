"""Every call that a handler makes in these tests is held against its role: what the role lacks is refused.

Rights are derived from the code (tests/template/rights.py): this is how the derivation is tried, call by call.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from typing import Any

from tests.aws.tables import BOOK, COUNTS
from tests.template.called import PARTS
from tests.template.rights import HANDLERS, allowed
from tests.template.stack import translated

TABLES = {COUNTS: "CountsTable", BOOK: "BookTable"}

_roles: list[dict[str, set[str]]] = []


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
    for on, action in _calls(model.service_model.signing_name, model.name, params) if _roles else ():
        role = _roles[-1]
        able = role.get(on, set()) if on else set().union(*role.values())
        if action not in able:
            raise BeyondItsRightsError(action, on)


def _calls(service: str, operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a call asks for: actions, with the table or index they go to; "" for what is no table."""
    if operation == "TransactWriteItems":
        for part in params["TransactItems"]:
            for kind, asked in part.items():
                yield TABLES[asked["TableName"]], f"dynamodb:{PARTS[kind]}"
    elif operation == "BatchGetItem":
        yield from ((TABLES[table], "dynamodb:BatchGetItem") for table in params["RequestItems"])
    elif service == "dynamodb":
        index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
        yield f"{TABLES[params['TableName']]}{index}", f"dynamodb:{operation}"
    else:
        yield "", f"{IAM_CALLS_IT.get(service, service)}:{operation}"


@cache
def _role(path: Path) -> dict[str, set[str]]:
    [function] = [name for name, code in HANDLERS.items() if code == path]
    return allowed(_stack(), function)


_stack = cache(translated)
