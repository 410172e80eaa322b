"""Functions as Lambda runs them: each process has a wiring of its own, and dies wherever chance has it die."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import boto3

from reputation_guard import wiring
from reputation_guard.aws import policies
from reputation_guard.wiring import links, notices
from tests.chaos.deployment import ENVIRONMENT
from tests.fakes.crashes import CrashError

_BUILT = {
    (room, name): built.__wrapped__
    for room in (wiring, notices, links)
    for name, built in vars(room).items()
    if hasattr(built, "cache_clear") and name != "client"
}
Builders = dict[tuple[ModuleType, str], Any]
_MISTAKES = (LookupError, TypeError, AttributeError, AssertionError)


@dataclass(slots=True)
class Running:
    """One run of a function: what it was invoked with, and how many calls to AWS it has made."""

    id: str
    function: str
    event: Any
    began: datetime
    until: datetime
    skew: timedelta
    calls: int = 0
    trouble: str = ""
    is_dead: bool = False


@dataclass(slots=True)
class Processes:
    """The runs that go on, the innermost last: a function that is overtaken waits below the other.

    `mistakes`: what a function raised that no answer of AWS's explains, ours or of the AWS played here.
    """

    clock: Callable[[], datetime]
    stack: list[Running] = field(default_factory=list)
    wirings: dict[tuple[str, int], Builders] = field(default_factory=dict)
    crashed: dict[str, int] = field(default_factory=dict)
    mistakes: dict[str, str] = field(default_factory=dict)

    @property
    def running(self) -> Running:
        """The run that makes the next call."""
        return self.stack[-1]

    def run(self, handler: Callable[[Any, Any], Any], run: Running) -> Any:
        """What a function answers ({} where that is nothing); None where it failed or died."""
        self.stack.append(run)
        self._enter()
        context = SimpleNamespace(
            get_remaining_time_in_millis=lambda: max(0, int((run.until - self.clock()).total_seconds() * 1000)),
            aws_request_id=run.id,
            invoked_function_arn=f"arn:aws:lambda:us-east-1:123456789012:function:{run.function.replace('_', '-')}",
        )
        try:
            answer = handler(run.event, context)
        except CrashError:
            self.forget(run.function)
            return None
        except Exception as error:  # noqa: BLE001 - whatever it raises, Lambda tries it again
            run.trouble = run.trouble or repr(error)
            if isinstance(error, _MISTAKES):
                self.mistakes[run.function] = repr(error)
            return None
        finally:
            self.stack.pop()
            if self.stack:
                self._enter()
        return {} if answer is None else answer

    def forget(self, function: str) -> None:
        """The next run of this function starts cold."""
        for key in [key for key in self.wirings if key[0] == function]:
            del self.wirings[key]

    def _enter(self) -> None:
        depth = sum(each.function == self.running.function for each in self.stack)
        key = (self.running.function, depth)
        if key not in self.wirings:
            self.wirings[key] = fresh_wiring()
        build_by(self.wirings[key])


def fresh_wiring() -> Builders:
    """The wiring of a process that has built nothing yet."""
    return {place: cache(build) for place, build in _BUILT.items()}


def build_by(builders: Builders) -> None:
    """Enter the process that has this wiring."""
    for (room, name), builder in builders.items():
        setattr(room, name, builder)


@cache
def real_client(service: str) -> Any:
    """A client of the SDK."""
    connect: Any = boto3.client
    return connect(service, region_name="us-east-1")


@contextmanager
def in_a_world(
    call: Callable[[str, str, Any], Any],
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    settings: Mapping[str, str],
) -> Iterator[None]:
    """Have every client of the wiring call `call`, every handler ask `now`, and every wait be `sleep`.

    `settings`: what this deployment's functions are told besides.
    """

    def client(service: str) -> Any:
        found = real_client(service)
        found._make_api_call = lambda operation, asked: call(service, operation, asked)
        return found

    with connected(client, now, sleep, settings):
        yield


@contextmanager
def connected(
    client: Callable[[str], Any],
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    settings: Mapping[str, str],
) -> Iterator[None]:
    """Have the wiring connect by `client`, every handler ask `now`, and every wait be `sleep`."""
    before = {(room, name): vars(room)[name] for room, name in _BUILT}
    moments = SimpleNamespace(sleep=sleep, monotonic=lambda: now().timestamp())
    try:
        with (
            Path(os.devnull).open("w", encoding="utf-8") as nowhere,
            redirect_stdout(nowhere),
            warnings.catch_warnings(action="ignore"),
            mock.patch.dict(os.environ, {**ENVIRONMENT, **settings}),
            mock.patch.object(wiring, "client", client),
            mock.patch.object(wiring, "now", now),
            mock.patch.object(wiring, "time", moments),
            mock.patch.object(policies, "time", moments),
        ):
            yield
    finally:
        build_by(before)
