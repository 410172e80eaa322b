"""What a check looks at and what it says."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from rich.console import Console
from rich.progress import track

from cli.deployment import Deployment

T = TypeVar("T")


class Health(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line of the answer.

    `fix`: the exact command, or where to go in the console; `about`: the names it is about, all of them.
    """

    health: Health
    text: str
    fix: str = ""
    about: tuple[str, ...] = ()


def ok(text: str, *about: str) -> Diagnosis:
    """All is well."""
    return Diagnosis(Health.OK, text, about=about)


def warn(text: str, fix: str, *about: str) -> Diagnosis:
    """Somebody should know."""
    return Diagnosis(Health.WARN, text, fix, about)


def fail(text: str, fix: str, *about: str) -> Diagnosis:
    """The guard cannot do its work."""
    return Diagnosis(Health.FAIL, text, fix, about)


def not_checked(text: str, fix: str = "", *about: str) -> Diagnosis:
    """Nobody knows: never the same as ok."""
    return Diagnosis(Health.NOT_CHECKED, text, fix, about)


@dataclass(frozen=True, slots=True)
class Examination:
    """A deployment under examination at `now`. SES's control calls are `ses_seconds` apart."""

    deployment: Deployment
    now: datetime
    console: Console
    quiet: bool = False
    ses_seconds: float = 0.0
    _last: list[float] = field(default_factory=list)

    def ses_turn(self) -> None:
        """Wait until SES takes another call: for the whole account it answers about one a second."""
        if self._last:
            time.sleep(max(0.0, self._last.pop() + self.ses_seconds - time.monotonic()))
        self._last.append(time.monotonic())

    def one_by_one(self, many: Sequence[T], doing: str) -> Iterator[T]:
        """Go through many, showing a person how far it is."""
        hidden = self.quiet or not self.console.is_terminal
        yield from track(many, doing, console=self.console, transient=True, disable=hidden)


Check = Callable[[Examination], Iterator[Diagnosis]]
