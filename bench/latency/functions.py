"""Lambda in virtual time: the real handlers, warm or cold, each process with a wiring of its own."""

import os
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from bench.latency.timeline import Timeline
from reputation_guard import wiring
from reputation_guard.aws import policies
from tests.chaos.deployment import ENVIRONMENT, FUNCTIONS, handler_of, most_at_once, timeout_of
from tests.template.stack import written

_BUILT = {
    name: built.__wrapped__
    for name, built in vars(wiring).items()
    if hasattr(built, "cache_clear") and name != "client"
}
Process = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Processors:
    """What each function takes, in seconds of a whole processor.

    A call to AWS, with all between it and the one before; the imports of a cold start; and what the first invocation
    takes beyond any other.
    """

    a_call: Mapping[str, float] = field(default_factory=dict)
    imports: Mapping[str, float] = field(default_factory=dict)
    first: Mapping[str, float] = field(default_factory=dict)


@cache
def memory_of(function: str) -> int:
    """A function's memory, in MB."""
    template = written()
    name = next(name for name, folder in FUNCTIONS.items() if folder == function)
    usual = template["Globals"]["Function"]["MemorySize"]
    return int(template["Resources"][name]["Properties"].get("MemorySize", usual))


@dataclass(slots=True)
class Functions:
    """The functions of one run. `starts` and `cold_starts` draw the wait for a start; `cpu`: what they took."""

    timeline: Timeline
    starts: Callable[[str], float]
    cold_starts: Callable[[str], float]
    warm: Mapping[str, int]
    cpu: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    cold: Counter[str] = field(default_factory=Counter)
    began: Callable[[str], None] = lambda _: None
    current: str = ""
    _idle: dict[str, list[Process]] = field(default_factory=lambda: defaultdict(list))
    _busy: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for name, number in self.warm.items():
            self._idle[name] = [_process() for _ in range(number)]

    def invoke(self, function: str, event: Any, done: Callable[[Any], None]) -> bool:
        """Start it, unless it has no concurrency left; `done` is told its answer, None where it failed."""
        if self._busy[function] >= most_at_once(function):
            return False
        self._busy[function] += 1
        is_cold = not self._idle[function]
        process = _process() if is_cold else self._idle[function].pop()
        self.cold[function] += is_cold
        self.timeline.after(
            self.cold_starts(function) if is_cold else self.starts(function),
            lambda: self.timeline.start(
                lambda: self._run(function, process, event, done), lambda: self._enter(function, process)
            ),
        )
        return True

    def _enter(self, function: str, process: Process) -> None:
        self.current = function
        vars(wiring).update(process)

    def _run(self, function: str, process: Process, event: Any, done: Callable[[Any], None]) -> None:
        until = self.timeline.now + timeout_of(function).total_seconds()
        self.runs[function] += 1
        self.began(function)
        context = SimpleNamespace(
            get_remaining_time_in_millis=lambda: int(1000 * max(0, until - self.timeline.now)),
            aws_request_id=f"{function}-{self.runs[function]}",
            invoked_function_arn=f"arn:aws:lambda:us-east-1:123456789012:function:{function}",
        )
        answer, began = None, time.thread_time()
        try:
            answer = handler_of(function)(event, context) or {}
        except Exception:  # noqa: BLE001, S110 - whatever it raises, Lambda tries it again
            pass
        finally:
            self.cpu[function] += time.thread_time() - began
        self._busy[function] -= 1
        self._idle[function].append(process)
        self.timeline.after(0, lambda: done(answer))


def _process() -> Process:
    return {name: cache(build) for name, build in _BUILT.items()}


@contextmanager
def deployed(
    client: Callable[[str], Any], timeline: Timeline, sleep: Callable[[float], None], settings: Mapping[str, str]
) -> Iterator[None]:
    """Have the wiring connect by `client`, every handler ask the timeline for the time, and every wait be `sleep`."""
    before = {name: vars(wiring)[name] for name in _BUILT}
    moments = SimpleNamespace(sleep=sleep, monotonic=lambda: timeline.now, time=lambda: timeline.clock().timestamp())
    try:
        with (
            Path(os.devnull).open("w", encoding="utf-8") as nowhere,
            redirect_stdout(nowhere),
            warnings.catch_warnings(action="ignore"),
            mock.patch.dict(os.environ, {**ENVIRONMENT, **settings}),
            mock.patch.object(wiring, "client", client),
            mock.patch.object(wiring, "now", timeline.clock),
            mock.patch.object(wiring, "time", moments),
            mock.patch.object(policies, "time", moments),
        ):
            yield
    finally:
        vars(wiring).update(before)
