"""Which partitions of the Book a function's code reads and writes: from the words in the methods it reaches.

A method of an adapter is read with all that it calls of the adapters. What it does to the table, it is taken to do to
every partition that is named there, so nothing is left out; `tests/functions/within_rights.py` tries it call by call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.template.called import Calls
from tests.template.reached import LAYER, Code, Place

BOOK = "BOOK_TABLE"
# The Book's partitions, as IAM's `dynamodb:LeadingKeys` has them, by how they begin in the code.
PARTITIONS = {
    "tenant#": "tenant#*",
    "incident#": "incident#*",
    "latest#": "latest#*",
    "notice#": "notice#*",
    "form#": "form#*",
    "account": "account",
    "group": "group",
    "guard": "guard",
    "kept": "kept",
    "policies": "policies",
}
# Adapters of the other table.
OF_COUNTS = {
    f"{LAYER}.aws.{name}" for name in ("counted", "counting", "counts_keys", "owners", "ledger_items", "history_reader")
}
# What the lines of the index `todo` lead to: who asks for one reads there.
LINES = {
    "enforce": {"tenant#*", "account"},
    "review": {"tenant#*"},
    "tags": {"tenant#*"},
    "incident": {"incident#*"},
    "digest": {"notice#*"},
}
READS = {"get_item", "batch_get_item", "query"}
WRITES = {"put_item", "update_item", "delete_item", "transact_write_items"}


@dataclass(slots=True)
class Keys:
    """The partitions that are read and written."""

    read: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)


def keys_of(calls: Calls) -> Keys:
    """Return the partitions of the Book that a function's code can reach."""
    found = Keys()
    for adapter, variables in calls.built_by_wiring().items():
        if BOOK in variables:
            for place in _entries(calls, adapter):
                together = _together(calls, place, adapter)
                done, words = _done(calls, together), set(_words(calls, together))
                named = {PARTITIONS[word] for word in PARTITIONS.keys() & words}
                listed = set[str]().union(*(LINES[line] for line in LINES.keys() & _asked(calls, together)))
                found.read |= named | listed if READS & done else set()
                found.written |= named if WRITES & done else set()
    return found


def _entries(calls: Calls, adapter: tuple[str, str]) -> list[Place]:
    """Return the methods of an adapter that others call."""
    places = calls.reach.places
    return [each for each in places if (each.module, each.name) == adapter and not each.method.startswith("_")]


def _together(calls: Calls, place: Place, adapter: tuple[str, str]) -> set[Place]:
    """Return a method with all methods and functions of adapters that it calls, and they call."""
    code, found, todo = calls.reach.code, set[Place](), [place]
    owners = {adapter, *calls.built_by(adapter)}
    while todo:
        each = todo.pop()
        if each not in found:
            found.add(each)
            node = code.node(each)
            names = {of.attr for of in ast.walk(node) if isinstance(of, ast.Attribute)}
            todo += [of for of in calls.reach.places if (of.module, of.name) in owners and of.method in names]
            todo += [Place(*of) for of in code.named_in(each.module, node) if _is_function(calls, of)]
    return found


def _is_function(calls: Calls, of: tuple[str, str]) -> bool:
    is_adapters = of[0].startswith(f"{LAYER}.aws.") and bool(of[1])
    return is_adapters and isinstance(calls.reach.code.definition(*of), ast.FunctionDef)


def _done(calls: Calls, together: set[Place]) -> set[str]:
    """Return what is done to the table; a query that is asked page by page is one."""
    nodes = [each for place in together for each in ast.walk(calls.reach.code.node(place))]
    asked = {each.func.attr for each in nodes if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)}
    pages = {
        each.args[0]
        for each in nodes
        if isinstance(each, ast.Call) and ast.unparse(each.func).endswith("get_paginator")
    }
    return asked | {each.value for each in pages if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def _words(calls: Calls, together: set[Place]) -> Iterator[str]:
    """Yield all texts that are written in these, and in the constants that they name."""
    for place in together:
        yield from _words_in(calls, place.module, calls.reach.code.node(place))


def _words_in(calls: Calls, module: str, node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value
        if isinstance(each, ast.Name) and (found := _constant(calls.reach.code, module, each.id)):
            yield from _words_in(calls, *found)


def _constant(code: Code, module: str, name: str) -> tuple[str, ast.expr] | None:
    """Return what a name of an adapter's module stands for, also where it is imported from another adapter."""
    modules = code.modules
    while module.startswith(f"{LAYER}.aws.") and module in modules:
        if name in modules[module].constants:
            return module, modules[module].constants[name]
        if name not in modules[module].imports:
            return None
        module, name = modules[module].imports[name]
    return None


def _asked(calls: Calls, together: set[Place]) -> set[str]:
    """Return the lines of the index that are asked for, by the question that names one."""
    nodes = [each for place in together for each in ast.walk(calls.reach.code.node(place))]
    asking = [
        each.args[0]
        for each in nodes
        if isinstance(each, ast.Call) and ast.unparse(each.func) in {"todo_query", "self._todo"}
    ]
    return {each.value for each in asking if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def partitions_written_in(code: Code) -> set[str]:
    """Return how all partitions of the Book begin, from every key that an adapter of its table writes down."""
    found = set()
    for name, module in code.modules.items():
        if name.startswith(f"{LAYER}.aws.") and name not in OF_COUNTS:
            values = (
                value
                for each in ast.walk(module.tree)
                if isinstance(each, ast.Dict)
                for key, value in zip(each.keys, each.values, strict=True)
                if isinstance(key, ast.Constant) and key.value in {"pk", ":pk"}
            )
            found |= {text for value in values for text in _texts(code, name, value)}
    return found


def _texts(code: Code, module: str, value: ast.expr) -> Iterator[str]:
    """Yield the text a partition begins with, also by way of a constant or a function that returns it."""
    # The type and the key of what is read from an item are no partition.
    if isinstance(value, ast.Subscript):
        return
    for each in ast.walk(value):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value != "S":
            yield each.value
        if isinstance(each, ast.Name) and (constant := _constant(code, module, each.id)):
            yield from _texts(code, *constant)
        if isinstance(each, ast.Call) and (of := code.resolve(module, ast.unparse(each.func))):
            returned = (node.value for node in ast.walk(code.definition(*of)) if isinstance(node, ast.Return))
            yield from (text for one in returned if one for text in _texts(code, of[0], one))
