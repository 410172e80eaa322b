"""An operator's order to resume a tenant, and the answer."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from reputation_guard.usecases.resume import Order
from reputation_guard.wire import MalformedError, malformed

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
    reason: _Text
    operator: _Text


def parse_order(payload: object) -> Order:
    """Read the order. Raises `MalformedError` with the field that is missing, empty, misspelt or too long."""
    try:
        order = _Order.model_validate(payload)
    except ValidationError as error:
        first = malformed(error)
        if error.errors()[0]["type"] == "string_too_short":
            raise MalformedError(first.field, "is empty; say it, people will read it") from None
        raise first from None
    return Order(order.tenant, order.reason, order.operator)


def refusal(code: str, message: str) -> dict[str, Any]:
    """The answer to an order that cannot be carried out."""
    return {"resumed": False, "error": code, "message": message}
