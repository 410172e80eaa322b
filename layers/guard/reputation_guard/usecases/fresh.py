"""Try again on a fresh record: whoever lost a race reads what the winner wrote, and decides anew."""

from collections.abc import Callable
from typing import TypeVar

from reputation_guard.ports.errors import StaleError

_TRIES = 4

T = TypeVar("T")


def on_fresh_record(attempt: Callable[[], T]) -> T:
    """Call `attempt`, which reads before it writes, until its record holds still; `StaleError` if it never does."""
    for _ in range(_TRIES - 1):
        try:
            return attempt()
        except StaleError:
            continue
    return attempt()
