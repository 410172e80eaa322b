"""Lambda in virtual time: the real handlers, warm or cold, each process with a wiring of its own."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from bench.latency.timeline import Timeline
from tests.chaos.deployment import handler_of, most_at_once, timeout_of
from tests.chaos.processes import Builders, build_by, fresh_wiring


@dataclass(frozen=True, slots=True)
class Processors:
    """What each function takes, in seconds of a whole processor.

    A call to AWS, with all between it and the one before; the imports of a cold start; and what the first invocation
    takes beyond any other.
    """

    a_call: Mapping[str, float] = field(default_factory=dict)
    imports: Mapping[str, float] = field(default_factory=dict)
    first: Mapping[str, float] = field(default_factory=dict)


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
    _idle: dict[str, list[Builders]] = field(default_factory=lambda: defaultdict(list))
    _busy: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for name, number in self.warm.items():
            self._idle[name] = [fresh_wiring() for _ in range(number)]

    def invoke(self, function: str, event: Any, done: Callable[[Any], None]) -> bool:
        """Start it, unless it has no concurrency left; `done` is told its answer, None where it failed."""
        if self._busy[function] >= most_at_once(function):
            return False
        self._busy[function] += 1
        is_cold = not self._idle[function]
        process = fresh_wiring() if is_cold else self._idle[function].pop()
        self.cold[function] += is_cold
        self.timeline.after(
            self.cold_starts(function) if is_cold else self.starts(function),
            lambda: self.timeline.start(
                lambda: self._run(function, process, event, done), lambda: self._enter(function, process)
            ),
        )
        return True

    def _enter(self, function: str, process: Builders) -> None:
        self.current = function
        build_by(process)

    def _run(self, function: str, process: Builders, event: Any, done: Callable[[Any], None]) -> None:
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
