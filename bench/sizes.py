"""What DynamoDB charges for: the size of an item, and the units that a write or a read of it takes.

docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html, and on-demand-capacity-mode.html
for what a unit is.
"""

import math
from collections.abc import Mapping
from typing import Any

WRITE_UNIT_BYTES = 1024
READ_UNIT_BYTES = 4096
# A map or a list, and each of its elements.
_NESTED, _ELEMENT = 3, 1


def attribute_bytes(name: str, value: Mapping[str, Any]) -> int:
    """The size of an attribute: its name, and the value."""
    return len(name.encode()) + _value_bytes(value)


def item_bytes(item: Mapping[str, Any]) -> int:
    """The size of an item, of which a set as a whole is a part."""
    return sum(attribute_bytes(name, value) for name, value in item.items())


def write_units(before: int, after: int) -> int:
    """The units of a write, by the item's bytes before and after it; one that its condition stops takes them too."""
    return max(1, math.ceil(max(before, after) / WRITE_UNIT_BYTES))


def read_units(read: int, *, consistent: bool) -> float:
    """The units of a read of so many bytes, found or not."""
    return max(1, math.ceil(read / READ_UNIT_BYTES)) * (1 if consistent else 0.5)


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, inner),) = value.items()
    match kind:
        case "N":
            # A number takes a byte for two digits, and one more; zeros at its ends take none.
            return (len(inner.strip("-").replace(".", "").strip("0")) + 1) // 2 + 1
        case "S":
            return len(inner.encode())
        case "SS":
            return sum(len(each.encode()) for each in inner)
        case "BS":
            return sum(map(len, inner))
        case "M":
            return _NESTED + sum(_ELEMENT + attribute_bytes(name, each) for name, each in inner.items())
        case "L":
            return _NESTED + sum(_ELEMENT + _value_bytes(each) for each in inner)
        case "B":
            return len(inner)
    return 1
