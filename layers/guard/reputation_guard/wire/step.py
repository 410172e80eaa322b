"""The steps of the escalation, as its state machine asks for them."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from reputation_guard.domain.announcement import Announcement
from reputation_guard.wire import malformed
from reputation_guard.wire.announcement import parse_case


@dataclass(frozen=True, slots=True)
class Claim:
    """Open the incident of this guard event, for this execution (its ARN)."""

    execution: str
    case: Announcement


class _Step(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Claim(_Step):
    step: Literal["claim"]
    execution: str
    event: dict[str, object]


class LookAt(_Step):
    """Do what is due about this incident."""

    step: Literal["look"]
    incident: str


class Wait(_Step):
    """Wait with this token for signals, if the incident is still of this revision."""

    step: Literal["wait"]
    incident: str
    revision: int
    token: str


_STEPS: TypeAdapter[_Claim | LookAt | Wait] = TypeAdapter(
    Annotated[_Claim | LookAt | Wait, Field(discriminator="step")]
)


def parse_step(event: object) -> Claim | LookAt | Wait:
    """Read a step. Raises `MalformedError` with the field that was wrong."""
    try:
        step = _STEPS.validate_python(event)
    except ValidationError as error:
        raise malformed(error) from None
    return Claim(step.execution, parse_case(step.event)) if isinstance(step, _Claim) else step
