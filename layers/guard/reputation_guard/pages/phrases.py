"""Moments on pages: absolute in UTC, and how far away they are."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from reputation_guard.domain.words import UNITS

_A_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment, for programs (`iso`), in UTC, and as seen from now."""

    iso: str
    utc: str
    away: str


def moment_of(at: datetime, now: datetime) -> Moment:
    """A moment as a page shows it."""
    return Moment(f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{at:%Y-%m-%d %H:%M} UTC", away(at, now))


def away(at: datetime, now: datetime) -> str:
    """How far away a moment is: "in 12 min", "3 min ago", "now"."""
    length = at - now
    if abs(length) < _A_MOMENT:
        return "now"
    return f"in {_about(length)}" if length > timedelta() else f"{_about(-length)} ago"


def _about(length: timedelta) -> str:
    """A length of time in its largest unit, and up to a day with the next smaller one, rounded down."""
    seconds = int(length.total_seconds())
    for (size, unit), (smaller, its_unit) in zip(UNITS, (*UNITS[1:], (1, "s")), strict=True):
        if seconds >= size:
            rest = seconds % size // smaller
            return f"{seconds // size} {unit}" + (f" {rest} {its_unit}" if rest and unit != "min" else "")
    return f"{seconds} s"
