"""An operator's order to resume a tenant, and the answer."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from reputation_guard.domain.tenant import can_be_at_ses
from reputation_guard.domain.words import NO_TENANTS_NAME, NOT_ONE_LINE
from reputation_guard.usecases.resume import Order
from reputation_guard.wire import MalformedError, malformed

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    reason: _Text
    operator: _Text


def parse_order(payload: object) -> Order:
    """Read the order. Raises `MalformedError` with the field that is missing, misspelt or no text as it should be."""
    try:
        order = _Order.model_validate(payload)
    except ValidationError as error:
        first = malformed(error)
        if error.errors()[0]["type"] == "string_too_short":
            raise MalformedError(first.field, "is empty; say it, people will read it") from None
        raise first from None
    if not can_be_at_ses(order.tenant):
        raise MalformedError("tenant", NO_TENANTS_NAME)
    for field in ("reason", "operator"):
        if not getattr(order, field).isprintable():
            raise MalformedError(field, NOT_ONE_LINE)
    return Order(order.tenant, order.reason, order.operator)


def refusal(code: str, message: str) -> dict[str, Any]:
    """The answer to an order that cannot be carried out."""
    return {"resumed": False, "error": code, "message": message}
