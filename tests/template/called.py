"""Which actions a function's code calls at AWS, and on what: from the clients its adapters hold, and their names.

An adapter gets its client and the name of its resource where `wiring` builds it: `BookTable(client("dynamodb"),
settings().text("BOOK_TABLE"))`; the template says which resource that variable holds.
"""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.template.reached import LAYER, Code, Place, Reach

STUBS = "mypy_boto3_"
WIRING = f"{LAYER}.wiring"
# Where IAM's prefix is another than the SDK's name.
PREFIX = {"sesv2": "ses", "stepfunctions": "states"}
# Where IAM's action is called otherwise than the operation (Service Authorization Reference).
ACTION = {"lambda:Invoke": "lambda:InvokeFunction"}
# A transaction needs the rights of its parts (DynamoDB developer guide, "Using IAM with transactions").
PARTS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
# SES's resources are no resources of the stack, and the guard looks after all of these kinds.
OF_SES = ("tenant", "configuration-set")


class UnknownCallError(ValueError):
    """A call of which the code does not say the operation or the service: say it plainly there, or teach it here."""


# A list of all tenants is asked for on none of them, though the reference names tenants as its resource: with their
# ARNs alone it might be refused, and nobody would find what no event told.
OF_ALL = frozenset({"ses:ListReputationEntities"})


@dataclass(frozen=True, slots=True)
class Call:
    """An action, and the index it goes to; "" for the table itself."""

    action: str
    index: str = ""


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of everything that a module reaches.

    `resources` are the stack's, by the variable that holds their name; `machine` is the one with tasks to answer, since
    a task's token names it.
    """

    reach: Reach
    resources: Mapping[str, str]
    machine: str

    def on_resources(self) -> dict[str, set[str]]:
        """Return the actions by what they are taken on; "*" where an adapter is told no name of it."""
        told, needed = self.built_by_wiring(), defaultdict[str, set[str]](set)
        inner = {of for adapter in self.reach.built for of in self.built_by(adapter)}
        for adapter in self.reach.built - (inner - told.keys()):
            places = self._of_class(*adapter)
            for call in (call for place in places for call in self._calls(place, places)):
                for on in self._on(call, told.get(adapter, set())):
                    needed[on].add(call.action)
        return dict(needed)

    def built_by(self, adapter: tuple[str, str]) -> set[tuple[str, str]]:
        """Return the adapters that an adapter builds for itself, and hands its own client."""
        return {
            to
            for place in self.reach.places
            if (place.module, place.name) == adapter and place.method
            for call in ast.walk(self.reach.code.node(place))
            if isinstance(call, ast.Call) and (to := self._handed(place, call)) in self.reach.built
        }

    def _handed(self, place: Place, call: ast.Call) -> tuple[str, str]:
        """Return what a client is handed to in a call, if it is told which one it is; raise if not, since its calls
        would be overlooked. A call that hands over none is nothing's.
        """
        code, clients = self.reach.code, _clients(self.reach.code, place)
        handed = [at for at, argument in enumerate(call.args) if ast.unparse(argument) in clients]
        to = code.resolve(place.module, ast.unparse(call.func)) if handed else None
        if not handed:
            return "", ""
        if to is None:
            raise UnknownCallError(ast.unparse(call))
        taker = code.definition(*to)
        method = "__init__" if isinstance(taker, ast.ClassDef) else ""
        function = code.node(Place(*to, method))
        assert isinstance(function, ast.FunctionDef)
        names = [each.arg for each in function.args.args][1 if method else 0 :]
        if any(names[at] not in _clients(code, Place(*to, method)) for at in handed):
            raise UnknownCallError(ast.unparse(call))
        return to

    def _on(self, call: Call, variables: set[str]) -> list[str]:
        service = call.action.partition(":")[0]
        if call.action in OF_ALL:
            return ["*"]
        if service == "ses":
            return [next((f"{kind}/*" for kind in OF_SES if kind in kinds_of_resource(call.action)), "*")]
        if service == "states":
            return [self.machine]
        found = [self.resources[each] for each in variables]
        return [f"{each}/index/{call.index}" if call.index else each for each in found] or ["*"]

    def built_by_wiring(self) -> dict[tuple[str, str], set[str]]:
        """Return each class that `wiring` builds by hand, with the variables its names are from."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for place in self.reach.places:
            if place.module != WIRING and not place.module.startswith(f"{WIRING}."):
                continue
            node = self.reach.code.node(place)
            said = {
                target.id: each.value
                for each in ast.walk(node)
                if isinstance(each, ast.Assign)
                for target in each.targets
                if isinstance(target, ast.Name)
            }
            for each in ast.walk(node):
                if isinstance(each, ast.Call) and isinstance(each.func, ast.Name):
                    built = self.reach.code.resolve(place.module, each.func.id)
                    if built in self.reach.built:
                        found[built] |= {name for argument in each.args for name in _variables(argument, said)}
        return dict(found)

    def _of_class(self, module: str, name: str) -> set[Place]:
        """Return the reached methods of an adapter and of those it builds, and the functions that these call."""
        found: set[Place] = set()
        own = {(module, name), *self.built_by((module, name))}
        todo = [each for each in self.reach.places if (each.module, each.name) in own and each.method]
        while todo:
            place = todo.pop()
            if place not in found:
                found.add(place)
                named = self.reach.code.named_in(place.module, self.reach.code.node(place))
                functions = (Place(*of) for of in named if of[0].startswith(f"{LAYER}.aws."))
                todo += [each for each in functions if each in self.reach.places]
        return found

    def _calls(self, place: Place, together: set[Place]) -> Iterator[Call]:
        node, code = self.reach.code.node(place), self.reach.code
        clients = _clients(code, place)
        for each in (each for each in ast.walk(node) if isinstance(each, ast.Call)):
            self._handed(place, each)
            of = each.func.value if isinstance(each.func, ast.Attribute) else each.func
            service, operation = clients.get(ast.unparse(of)), ast.unparse(each.func).rpartition(".")[2]
            if service is None:
                continue
            if operation == "transact_write_items":
                parts = {PARTS[part] for of in together for part in PARTS.keys() & _keys(code.node(of))}
                yield from (Call(f"{service}:{part}") for part in parts)
                continue
            operation = _constant(each.args[0]) if operation == "get_paginator" else operation
            action = f"{service}:{operation.title().replace('_', '')}"
            yield Call(ACTION.get(action, action), self._index(place) if operation == "query" else "")

    def _index(self, place: Place) -> str:
        """Return the index that a method's query goes to: it names one, or asks with a question that does."""
        code = self.reach.code
        asked = [
            code.node(place),
            *(code.definition(*of) for of in code.named_in(place.module, code.node(place)) if of[1]),
        ]
        names = {
            _constant(value)
            for node in asked
            for each in ast.walk(node)
            if isinstance(each, ast.Dict)
            for key, value in zip(each.keys, each.values, strict=True)
            if isinstance(key, ast.Constant) and key.value == "IndexName"
        }
        names |= {
            _constant(each.value)
            for node in asked
            for each in ast.walk(node)
            if isinstance(each, ast.keyword) and each.arg == "IndexName"
        }
        return names.pop() if names else ""


def kinds_of_resource(action: str) -> list[str]:
    """Return the kinds of resources IAM knows for an action, from the Service Authorization Reference; [] for none."""
    service, _, name = action.partition(":")
    kinds: list[str] = _reference()[service]["Actions"][name.lower()].get("Resources", [])
    return kinds


@cache
def _reference() -> dict[str, Any]:
    # Found without importing cfn-lint, which takes seconds.
    cfnlint = find_spec("cfnlint")
    assert cfnlint
    [folder] = cfnlint.submodule_search_locations or []
    found: dict[str, Any] = json.loads(
        Path(folder, "data", "AdditionalSpecs", "Policies.json").read_text(encoding="utf-8")
    )
    return found


def _clients(code: Code, place: Place) -> dict[str, str]:
    """Return IAM's prefix of each client a function has, by how it is called there."""
    module = code.modules[place.module]
    owner = code.definition(place.module, place.name)
    found = {}
    for function in (each for each in ast.walk(owner) if isinstance(each, ast.FunctionDef)):
        for argument in (*function.args.args, *function.args.kwonlyargs):
            written = argument.annotation
            kind = _constant(written) if isinstance(written, ast.Constant) else ast.unparse(written or ast.Name(""))
            source = module.imports.get(kind, ("", ""))[0]
            if source.startswith(STUBS):
                service = source.removeprefix(STUBS)
                found[argument.arg] = PREFIX.get(service, service)
        for each in ast.walk(function):
            if isinstance(each, ast.Assign) and isinstance(each.value, ast.Name) and each.value.id in found:
                found[ast.unparse(each.targets[0])] = found[each.value.id]
    return found


def _variables(node: ast.expr, said: Mapping[str, ast.expr]) -> Iterator[str]:
    """Yield the environment variables an argument is read from, also by way of a local name."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id in said:
            yield from _variables(said[each.id], {})
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "text":
            yield _constant(each.args[0])


def _constant(node: ast.expr) -> str:
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        raise UnknownCallError(ast.unparse(node))
    return node.value


def _keys(node: ast.AST) -> set[object]:
    return {
        key.value
        for each in ast.walk(node)
        if isinstance(each, ast.Dict)
        for key in each.keys
        if isinstance(key, ast.Constant)
    }
