"""Waiting for what the guard does by itself: with a deadline, and a word for what did not come."""

import time
from collections.abc import Callable
from typing import TypeVar

GENEROUS_SECONDS = 30.0
A_REVIEW_SECONDS = 3.0
BETWEEN_LOOKS_SECONDS = 0.1

T = TypeVar("T")


class NeverHappenedError(AssertionError):
    """The deadline is over; the arguments are what was waited for, and what was last seen."""


def eventually(look: Callable[[], T | None], what: str, *, within: float = GENEROUS_SECONDS) -> T:
    """Look until something true is seen, and return it. Raises `NeverHappenedError` after `within` seconds."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise NeverHappenedError(what, seen)
        time.sleep(BETWEEN_LOOKS_SECONDS)
    return seen


def happens(look: Callable[[], object], *, within: float) -> bool:
    """Whether something true is seen within so many seconds."""
    try:
        eventually(look, "", within=within)
    except NeverHappenedError:
        return False
    return True
