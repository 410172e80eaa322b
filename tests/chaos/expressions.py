"""DynamoDB's expressions, as far as the adapters write them; what they do not write is refused, not guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

Item = Mapping[str, Any]
Values = Mapping[str, Any]
Test = Callable[[Item, Values], bool]
Operand = Callable[[Item, Values], Any]

_TOKEN = re.compile(r"\s*(<=|>=|<>|[=<>(),]|:?\w+)")
_CLAUSE = re.compile(r"\b(SET|REMOVE|ADD)\b")
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: bool(one == other),
    "<>": lambda one, other: bool(one != other),
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}


class UnknownExpressionError(ValueError):
    """An expression no adapter wrote until now: teach it here, and hold it against moto."""


def plain(value: Any) -> Any:
    """What is compared: the number, text or set itself; None where the attribute is not there."""
    if value is None:
        return None
    ((kind, inner),) = value.items()
    return Decimal(inner) if kind == "N" else inner


@cache
def condition(expression: str) -> Test:
    """Compile a condition."""
    return _Reader(expression).whole()


class _Reader:
    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = _TOKEN.findall(expression)

    def whole(self) -> Test:
        test = self._any()
        if self._tokens:
            raise UnknownExpressionError(self._expression)
        return test

    def _any(self) -> Test:
        tests = [self._all()]
        while self._next_is("OR"):
            tests.append(self._all())
        return lambda item, values: any(test(item, values) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._next_is("AND"):
            tests.append(self._one())
        return lambda item, values: all(test(item, values) for test in tests)

    def _one(self) -> Test:
        if self._next_is("("):
            inside = self._any()
            self._expect(")")
            return inside
        if self._tokens[1:2] == ["("] and self._tokens[0] in {"attribute_not_exists", "attribute_exists"}:
            name, (attribute,) = self._function()
            wanted = name == "attribute_exists"
            return lambda item, _: (attribute in item) is wanted
        if self._tokens[0] == "begins_with":
            _, (attribute, start) = self._function()
            return lambda item, values: str(plain(item.get(attribute))).startswith(plain(values[start]))
        return self._comparison()

    def _comparison(self) -> Test:
        left, operator = self._operand(), self._tokens.pop(0)
        if operator == "BETWEEN":
            first = self._operand()
            self._expect("AND")
            last = self._operand()
            return lambda item, values: first(item, values) <= left(item, values) <= last(item, values)
        compare, right = _COMPARISONS[operator], self._operand()

        def test(item: Item, values: Values) -> bool:
            one, other = left(item, values), right(item, values)
            # As in DynamoDB, what is not there is unequal to everything and holds no other comparison.
            return operator == "<>" if one is None or other is None else compare(one, other)

        return test

    def _operand(self) -> Operand:
        if self._tokens[0] == "size":
            _, (attribute,) = self._function()
            return lambda item, _: len(plain(item[attribute])) if attribute in item else None
        name = self._tokens.pop(0)
        if name.startswith(":"):
            return lambda _, values: plain(values[name])
        return lambda item, _: plain(item.get(name))

    def _function(self) -> tuple[str, list[str]]:
        name = self._tokens.pop(0)
        self._expect("(")
        arguments = [self._tokens.pop(0)]
        while self._next_is(","):
            arguments.append(self._tokens.pop(0))
        self._expect(")")
        return name, arguments

    def _next_is(self, token: str) -> bool:
        if self._tokens[:1] != [token]:
            return False
        self._tokens.pop(0)
        return True

    def _expect(self, token: str) -> None:
        if not self._next_is(token):
            raise UnknownExpressionError(self._expression)


def updated(expression: str, item: Item, values: Values) -> dict[str, Any]:
    """The item after an update."""
    after = dict(item)
    for verb, name, operand in _actions(expression):
        if verb == "REMOVE":
            after.pop(name, None)
        elif verb == "ADD":
            after[name] = _sum(item.get(name), values[operand])
        elif operand.startswith("if_not_exists"):
            kept, otherwise = re.findall(r"[:\w]+", operand)[1:]
            after[name] = item.get(kept, values[otherwise])
        else:
            after[name] = values[operand]
    return after


@cache
def _actions(expression: str) -> tuple[tuple[str, str, str], ...]:
    _, *parts = _CLAUSE.split(expression)
    clauses = list(zip(parts[::2], parts[1::2], strict=True))
    if len({verb for verb, _ in clauses}) < len(clauses):
        raise UnknownExpressionError(expression)  # DynamoDB takes each clause once
    return tuple(action for verb, text in clauses for action in _split(verb, text))


def _split(verb: str, text: str) -> Iterator[tuple[str, str, str]]:
    for each in re.split(r",(?![^(]*\))", text):
        if verb == "SET":
            name, operand = each.split("=")
        elif verb == "ADD":
            name, operand = each.split()
        else:
            name, operand = each, ""
        yield verb, name.strip(), operand.strip()


def _sum(before: Any, more: Any) -> Any:
    if before is None:
        return more
    ((kind, added),) = more.items()
    if kind == "N":
        return {"N": str(Decimal(before["N"]) + Decimal(added))}
    return {kind: sorted({*before[kind], *added})}
