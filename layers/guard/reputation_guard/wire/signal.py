"""What a person tells an incident, and the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from reputation_guard.domain.incident import Incident, Signal, SignalKind
from reputation_guard.domain.telling import CannotTellError
from reputation_guard.domain.words import NOT_ONE_LINE
from reputation_guard.ports.errors import RefusedError, StaleError, UnavailableError
from reputation_guard.wire import MalformedError, malformed
from reputation_guard.wire.written import Duration

_KINDS = {
    "acknowledge": SignalKind.ACKNOWLEDGED,
    "snooze": SignalKind.SNOOZED,
    "hand over": SignalKind.HANDED_OVER,
    "note": SignalKind.NOTED,
}
# 500 characters of Latin, 333 of Japanese: many of them stay below the 400 KB of an item.
_MOST_BYTES = 1_000


def _fits(text: str) -> str:
    if len(text.encode(errors="replace")) > _MOST_BYTES:
        problem = f"is longer than {_MOST_BYTES} bytes"
        raise ValueError(problem)
    return text


_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_fits)]


class _Signal(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    incident: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    signal: Literal["acknowledge", "snooze", "hand over", "note"]
    by: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    until: AwareDatetime | None = None
    length: Duration | None = Field(default=None, alias="for")
    rung: _Line = ""
    text: _Line = ""
    id: Annotated[str, StringConstraints(max_length=100)] = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said, and to which incident."""

    incident: str
    signal: Signal


def parse_signal(payload: object, request: str, now: datetime, *, proved: bool = False) -> Said:
    """Read what a person says. Raises `MalformedError` with the field that is missing, misspelt or no line of text.

    `request` is its id unless it has one of its own; `proved`: IAM vouches for who says it.
    """
    try:
        said = _Signal.model_validate(payload)
    except ValidationError as error:
        raise malformed(error) from None
    for field in ("by", "rung", "text"):
        if not getattr(said, field).isprintable():
            raise MalformedError(field, NOT_ONE_LINE)
    signal = Signal(
        # In a space of their own: no person takes the id of what the guard is about to say, which would then be lost.
        id=f"said.{said.id or request}",
        kind=_KINDS[said.signal],
        at=now,
        by=said.by,
        proved=proved,
        text=said.text,
        until=_until(said.until, said.length, now),
        rung=said.rung,
    )
    return Said(said.incident, signal)


def _until(until: datetime | None, length: timedelta | None, now: datetime) -> datetime | None:
    if until and length:
        raise MalformedError("for", "is said together with until: one of them is enough")
    return now + length if length else until


def answer(incident: Incident) -> dict[str, Any]:
    """The answer to a signal: who has the incident now."""
    has_it = incident.answer
    return {
        "told": True,
        "incident": incident.id,
        "tenant": incident.tenant,
        "version": incident.version,
        "answered_by": has_it.by if has_it else None,
        "answered_until": has_it.until.isoformat() if has_it else None,
        "snoozed": bool(has_it and has_it.is_snooze),
    }


def heard(tell: Callable[[], Incident]) -> dict[str, Any]:
    """The answer to whoever tells an incident something; where it cannot be told, clearly why not."""
    try:
        return answer(tell())
    except MalformedError as error:
        return refusal("BadSignal", f"{error.field}: {error.problem}")
    except CannotTellError as error:
        return refusal(error.code, error.advice)
    except StaleError:
        return refusal("ChangedMeanwhile", "The incident changed just now: look at it again.")
    except (UnavailableError, RefusedError) as error:
        return refusal("NotNow", f"AWS did not answer as it should ({error}): try again in a minute.")


def refusal(code: str, message: str) -> dict[str, Any]:
    """The answer to a signal that makes no sense."""
    return {"told": False, "error": code, "message": message}
