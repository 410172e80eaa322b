"""What comes to a border and should not: real examples with something changed, odd values, and text that is no JSON.

A changed example gets further into the code than any random document does; both are tried.
"""

import copy
import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.functions.conftest import ROOT

# `make fuzz` tries so many times as much, and another way each time; `make unit` always tries the same.
_TIMES = int(os.environ.get("FUZZ", "1"))
_DEEP = 2_000
_PLACES = 50
_CHANGES = (*("same type",) * 6, "delete", "replace", "add", "repeat", "capitals", "other type", "deep", "number")

Path = tuple[str | int, ...]


def tried(examples: int) -> Callable[[Any], Any]:
    """How often a law is tried, without deadlines: each takes a handler and its tables."""
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    found = settings(
        max_examples=examples * _TIMES,
        derandomize=_TIMES == 1,
        database=None,
        deadline=None,
        suppress_health_check=[*quiet, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
    )
    decorated: Callable[[Any], Any] = found
    return decorated


ODD_TEXTS = st.sampled_from(
    [
        "", " ", "\x00", "a\x00b", "\ud800", "x\udfff", "\ufeff", "\u202e", "\n", "#", ".", "/", "~", "%", "\\", "'",
        '"',
        "Ä", "\U0001f600" * 70, "x" * 300, "x" * 3_000, "null", "true", "0", "-1", "1e999", "NaN", "Infinity",
        "9" * 400,
        "2026-11-24", "2026-11-24T08:41:02", "2026-11-24T08:41:02Z", "0001-01-01T00:00:00+14:00",
        "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999999Z",
        "2026-02-30T00:00:00Z", "1764000000", "24:00", "90m",
        "999999999d", "user@example.com", '"a b"@example.com', "arn:aws:ses:us-east-1::tenant/x/tn-1", "arn:aws:ses",
        "account", "guard", "CustomerA", "CustomerA.1", "{}", "[]", "<script>", "{{ 7 * 7 }}",
    ]
)  # fmt: skip
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")
ODD_MOMENTS = st.sampled_from(
    [
        "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59-14:00", "2026-11-24T08:41:02", "2026-11-24T08:41:02.5+05:30", "2027-11-24T08:41:02Z",
        0, -1, 2**40, -(2**40), 1764000000.5,
    ]
)  # fmt: skip
ODD_NUMBERS = st.sampled_from(
    [0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**70), 10**400, 0.1, -0.0, 1e308, 5e-324, 1e18, 253402300800]
) | st.sampled_from([float("nan"), float("inf"), float("-inf")])
SCALARS = st.none() | st.booleans() | ODD_NUMBERS | ODD_TEXTS | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ODD_TEXTS | st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
"""Any JSON value, the odd ones first."""


def of_events(*patterns: str) -> list[dict[str, Any]]:
    """The examples in events/ of these names."""
    paths = sorted(path for pattern in patterns for path in (ROOT / "events").glob(f"{pattern}.json"))
    assert paths
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def places(document: Any, at: Path = ()) -> Iterator[Path]:
    """Every place in a document, the whole of it as well."""
    yield at
    inside = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for name, value in inside:
        yield from places(value, (*at, name))


@st.composite
def mutated(draw: st.DrawFn, documents: list[Any], most: int = 3) -> Any:
    """One of these documents with something deleted, replaced, added, repeated, renamed or of another type."""
    document = copy.deepcopy(draw(st.sampled_from(documents)))
    for _ in range(draw(st.integers(1, most))):
        document = _changed(draw, document)
    return document


def _changed(draw: st.DrawFn, document: Any) -> Any:  # noqa: C901 - a way of changing it a line
    found = list(places(document))
    # The deep places are many and the shallow ones matter as much.
    *above, name = draw(st.sampled_from(found[1:])) if len(found) > 1 else ((),)
    if len(found) == 1:
        return draw(VALUES)
    parent = document
    for step in above:
        parent = parent[step]
    change = draw(st.sampled_from(_CHANGES))
    value = parent[name]
    if change == "same type":
        parent[name] = _odd_of_its_type(draw, value)
    elif change == "delete":
        del parent[name]
    elif change == "add" and isinstance(value, dict):
        value[draw(ODD_TEXTS)] = draw(VALUES)
    elif change == "repeat" and isinstance(value, list) and value:
        parent[name] = value * _PLACES
    elif change == "capitals" and isinstance(name, str) and isinstance(parent, dict):
        parent[name.upper()] = parent.pop(name)
    elif change == "capitals" and isinstance(value, str):
        parent[name] = value.upper()
    elif change == "other type":
        parent[name] = draw(st.sampled_from([[value], {"value": value}, str(value), None, [], {}, ""]))
    elif change == "deep":
        parent[name] = nested(draw(st.integers(1, 60)), value)
    elif change == "number":
        parent[name] = draw(ODD_NUMBERS)
    else:
        parent[name] = draw(VALUES)
    return document


def _odd_of_its_type(draw: st.DrawFn, value: Any) -> Any:
    """A value that a schema lets through."""
    match value:
        case bool():
            return not value
        case int():
            return draw(ODD_NUMBERS.filter(lambda number: isinstance(number, int)))
        case float():
            return draw(ODD_NUMBERS)
        case str() if _MOMENT.match(value):
            return draw(ODD_MOMENTS)
        case str():
            return draw(ODD_TEXTS)
        case list():
            return draw(st.sampled_from(([], value[:1], value[::-1], value * 2)))
        case _:
            return {}


def nested(depth: int, value: Any = None) -> Any:
    """A value inside so many lists."""
    for _ in range(depth):
        value = [value]
    return value


@st.composite
def written(draw: st.DrawFn, documents: st.SearchStrategy[Any]) -> str:
    """A document as JSON, or as what is left of it: cut, padded, with a key twice, too deep, too large."""
    text = json.dumps(draw(documents))
    match draw(st.sampled_from(("as it is", "as it is", "cut", "twice", "odd", "deep", "large", "quoted", "plain"))):
        case "cut":
            return text[: draw(st.integers(0, len(text)))]
        case "twice" if text.startswith("{") and len(text) > len("{}"):
            return f"{text[:-1]},{text[1:]}"
        case "odd":
            at = draw(st.integers(0, len(text)))
            return f"{text[:at]}{draw(ODD_TEXTS)}{text[at:]}".encode(errors="replace").decode()
        case "deep":
            return f'{{"detail": {"[" * _DEEP}{"]" * _DEEP}}}'
        case "large":
            return f'{text[:-1]}, "more": "{"x" * 262_144}"}}'
        case "quoted":
            return json.dumps(text)
        case "plain":
            return draw(st.text(max_size=30)).encode(errors="replace").decode()
        case _:
            return text
