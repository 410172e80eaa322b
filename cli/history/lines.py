"""The lines of a history, as JSON: what they hold, what is wrong with the ones that cannot be read, and ticks.

Lines are read many at a time: that is several times as fast as one by one. Only where one of them is malformed are
they read by themselves, so that it takes none of its neighbours along.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from cli.export.lines import END_OF_TIME, Number
from reputation_guard.domain.policy import Kind

_AT_ONCE = 4096

Moment = Annotated[float, Field(strict=True, ge=0, lt=END_OF_TIME.timestamp(), allow_inf_nan=False)]
"""Unix seconds."""
Name = Annotated[str, Field(min_length=1)]
Complain = Callable[[int, str, str], None]
"""Told of the number of a line that cannot be read, the field that is wrong, and what is wrong with it."""

NOBODY = ""
"""The tenant of mail that nobody could attribute: exports tell of it, and no line that is read has this name."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SendLine:
    """A tenant sent `n` mails at `ts`."""

    ts: Moment
    tenant: Name
    kind: Literal["Sent"]
    n: Number = 1


@dataclass(frozen=True, slots=True)
class BounceLine:
    """A mail sent at `sent_ts` bounced, which was known at `ts`. The same `id` is the same bounce."""

    ts: Moment
    tenant: Name
    kind: Literal["Bounce"]
    id: int | str
    sent_ts: Moment
    bounce_type: Annotated[str, Field(alias="bounceType")]

    @property
    def counts_as(self) -> Kind | None:
        """Only hard bounces count."""
        return Kind.BOUNCE if self.bounce_type == "Permanent" else None


@dataclass(frozen=True, slots=True)
class ComplaintLine:
    """Somebody complained of a mail sent at `sent_ts`, which was known at `ts`. The same `id` is the same complaint."""

    ts: Moment
    tenant: Name
    kind: Literal["Complaint"]
    id: int | str
    sent_ts: Moment

    @property
    def counts_as(self) -> Kind:
        """Every complaint counts."""
        return Kind.COMPLAINT


@dataclass(frozen=True, slots=True)
class Tick:
    """All that was known before this moment stands in the lines above: judge."""

    tick: Moment


FeedbackLine = BounceLine | ComplaintLine
Line = SendLine | FeedbackLine


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """Lines that were read together, and the number (from 1) of each."""

    lines: Sequence[T]
    numbers: Sequence[int]


class Reader(Generic[T]):
    """Reads lines of one kind; what is wrong with the ones that cannot be read, `complain` is told."""

    def __init__(self, kind: Any, complain: Complain) -> None:
        self._one: TypeAdapter[T] = TypeAdapter(kind)
        self._many: TypeAdapter[list[T]] = TypeAdapter(list[kind])
        self._complain = complain

    def read(self, lines: Sequence[bytes], first: int) -> Batch[T]:
        """Read lines, the first of which has the number `first`."""
        try:
            found = self._many.validate_json(b"[" + b",".join(lines) + b"]")
        except ValidationError:
            return self._read_each(lines, first)
        # Two halves of an object on two lines, or two objects on one, are nobody's lines.
        whole = len(found) == len(lines)
        return Batch(found, range(first, first + len(lines))) if whole else self._read_each(lines, first)

    def _read_each(self, lines: Sequence[bytes], first: int) -> Batch[T]:
        read: dict[int, T] = {}
        for number, line in enumerate(lines, first):
            if line.isspace():
                continue
            try:
                read[number] = self._one.validate_json(line)
            except ValidationError as error:
                self._complain(number, *what_is_wrong(error))
        return Batch(list(read.values()), list(read))


def read_history(stream: Iterable[bytes], complain: Complain) -> Iterator[Batch[Line] | Tick]:
    """Read the lines of the replay protocol, in their order: those between two ticks together, but not too many."""
    events: Reader[Line] = Reader(Annotated[Line, Field(discriminator="kind")], complain)
    ticks: Reader[Tick] = Reader(Tick, complain)
    waiting: list[bytes] = []
    number = 0
    for number, line in enumerate(stream, 1):
        is_tick = b'"tick"' in line and "tick" in (members_of(line) or ())
        if not is_tick:
            waiting.append(line)
        if is_tick or len(waiting) >= _AT_ONCE:
            yield events.read(waiting, number + (not is_tick) - len(waiting))
            waiting = []
        if is_tick:
            yield from ticks.read([line], number).lines
    yield events.read(waiting, number + 1 - len(waiting))


def members_of(line: bytes) -> Collection[str] | None:
    """The names of an object's members; None where the line is no JSON object."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found.keys() if isinstance(found, dict) else None


def what_is_wrong(error: ValidationError) -> tuple[str, str]:
    """The field people find in the line, and the problem: the first of pydantic's errors."""
    first = error.errors(include_url=False, include_input=False)[0]
    # Where there are several kinds of line, a place begins with the kind.
    place = first["loc"][1:2] or first["loc"]
    discriminator = first.get("ctx", {}).get("discriminator", "'line'").strip("'")
    return str(place[0]) if place else discriminator, first["msg"]
