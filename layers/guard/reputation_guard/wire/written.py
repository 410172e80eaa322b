"""Lengths of time, times of day and zones as people write them."""

import re
from datetime import time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"([1-9][0-9]{0,8})([dhms])")
_LONGEST = timedelta(days=366)
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def refused(reason: str) -> PydanticCustomError:
    """A complaint about a value, in words that follow its field."""
    return PydanticCustomError("policy", "{reason}", {"reason": reason})


def _duration(written: object) -> timedelta:
    # The domain's own is a timedelta: no document holds one.
    length = written if isinstance(written, timedelta) else _parsed(written)
    if length > _LONGEST:
        raise refused(f"is at most {_LONGEST.days}d")
    return length


def _parsed(written: object) -> timedelta:
    if not isinstance(written, str) or not (match := _DURATION.fullmatch(written)):
        raise refused("is a number and a unit (s, m, h or d), such as 90m, 24h or 30d")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def in_largest_unit(length: timedelta) -> str:
    """A length of time as it is written: 24h is 1d."""
    seconds = int(length.total_seconds())
    unit = next(unit for unit, size in _UNITS.items() if seconds % size == 0)
    return f"{seconds // _UNITS[unit]}{unit}"


def _time(written: object) -> time:
    if isinstance(written, time):
        return written
    if not isinstance(written, str) or not (match := _TIME.fullmatch(written)):
        raise refused("is a time of day, such as 22:00")
    return time(int(match[1]), int(match[2]))


def _zone(written: str) -> str:
    try:
        ZoneInfo(written)
    except (KeyError, ValueError, OSError):
        raise refused("is an IANA time zone, such as Europe/Berlin") from None
    return written


# A length of time as people write it: a number and a unit, such as 90m.
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(in_largest_unit),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$", "examples": ["15m", "24h", "30d"]}),
]
Time = Annotated[
    time,
    BeforeValidator(_time),
    PlainSerializer(lambda at: f"{at:%H:%M}"),
    WithJsonSchema({"type": "string", "pattern": f"^{_TIME.pattern}$", "examples": ["22:00"]}),
]
Zone = Annotated[str, AfterValidator(_zone), Field(description="An IANA time zone, such as Europe/Berlin.")]
