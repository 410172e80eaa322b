"""Plain values to DynamoDB items and back; floats survive the round trip exactly."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_WRITES, _READS = TypeSerializer(), TypeDeserializer()


def to_item(plain: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping of plain values as an item; what is None is left out."""
    return {name: _WRITES.serialize(_with_decimals(value)) for name, value in plain.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as plain values."""
    return {name: _without_decimals(_READS.deserialize(value)) for name, value in item.items()}


def _with_decimals(value: Any) -> Any:
    match value:
        case float():
            return Decimal(repr(value))
        case dict():
            return {name: _with_decimals(each) for name, each in value.items()}
        case list() | tuple():
            return [_with_decimals(each) for each in value]
        case str():
            return str(value)
        case _:
            return value


def _without_decimals(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dict():
            return {name: _without_decimals(each) for name, each in value.items()}
        case list():
            return [_without_decimals(each) for each in value]
        case _:
            return value
