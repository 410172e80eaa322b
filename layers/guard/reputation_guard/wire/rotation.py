"""The steps of a rotation, as Secrets Manager asks for them."""

from pydantic import BaseModel, Field, ValidationError

from reputation_guard.usecases.rotate_key import RotationOrder, Step
from reputation_guard.wire import malformed


class _Rotation(BaseModel):
    step: Step = Field(alias="Step")
    key: str = Field(alias="SecretId", min_length=1)
    version: str = Field(alias="ClientRequestToken", min_length=1)


def parse_rotation(event: object) -> RotationOrder:
    """Read a step. Raises `MalformedError` with the field that was wrong."""
    try:
        found = _Rotation.model_validate(event)
    except ValidationError as error:
        raise malformed(error) from None
    return RotationOrder(found.step, found.key, found.version)
