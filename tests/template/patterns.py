"""EventBridge's pattern matching, as far as the template uses it.

moto's matcher knows no wildcard and lets an operator it does not know pass as "no match". This one refuses it, so that
a rule with a typing mistake fails here and not silently in an account.
"""

from __future__ import annotations

import re
from typing import Any

ABSENT = object()


class UnknownOperatorError(ValueError):
    """An operator this matcher does not know: correct the rule, or teach it here."""


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    """Tell whether every field of the pattern accepts the event's; a list in the event needs one accepted element."""
    for field, wanted in pattern.items():
        found = event.get(field, ABSENT)
        if isinstance(wanted, dict):
            if not isinstance(found, dict) or not matches(wanted, found):
                return False
        elif not any(_accepts(choice, value) for choice in wanted for value in _values(found)):
            return False
    return True


def _values(found: object) -> list[object]:
    return found if isinstance(found, list) else [found]


def _accepts(choice: object, value: object) -> bool:
    match choice:
        case {"prefix": str(start)}:
            return isinstance(value, str) and value.startswith(start)
        case {"wildcard": str(shape)}:
            expression = ".*".join(re.escape(part) for part in shape.split("*"))
            return isinstance(value, str) and re.fullmatch(expression, value) is not None
        case {"exists": bool(wanted)}:
            return (value is not ABSENT) == wanted
        case dict() | list():
            raise UnknownOperatorError(choice)
    return bool(choice == value)
