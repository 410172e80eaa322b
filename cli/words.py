"""Small phrases of the guard's answers: moments, ages, lists of names."""

from collections.abc import Collection
from datetime import datetime, timedelta

from reputation_guard.domain.words import UNITS, in_words

_SHOWN_NAMES = 8


def moment(at: datetime | None) -> str:
    """A moment in UTC, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "-"


def age(since: datetime, now: datetime) -> str:
    """How long ago, in its largest unit, rounded down."""
    seconds = max(0, int((now - since).total_seconds()))
    largest = next((size for size, _ in UNITS if seconds >= size), 1)
    return in_words(timedelta(seconds=seconds // largest * largest))


def about(seconds: float) -> str:
    """A length of time in its largest unit, to two digits."""
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= size), (1, "s"))
    return f"{seconds / size:.2g} {unit}"


def names(all_of_them: Collection[str]) -> str:
    """The first names of many, and how many more there are."""
    shown = ", ".join(sorted(all_of_them)[:_SHOWN_NAMES])
    more = len(all_of_them) - _SHOWN_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def count(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
