"""Virtual time in which functions run side by side: one thread each, and never two of them at once."""

import heapq
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

BEGAN = datetime(2026, 11, 24, 8, 1, tzinfo=UTC)


class _OverError(BaseException):
    """The run is over: nothing of a function may catch this."""


class Task:
    """A function under way. `enter` is called whenever it goes on after others have run; `cpu_seconds` are its own."""

    def __init__(self, timeline: "Timeline", body: Callable[[], None], enter: Callable[[], None]) -> None:
        self._timeline, self._body, self._enter = timeline, body, enter
        self._go = threading.Semaphore(0)
        self._is_over = False
        self._answer: Callable[[], Any] = lambda: None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._go.acquire()
        try:
            if not self._is_over:
                self._body()
        except _OverError:
            pass
        finally:
            self._timeline.under_way.discard(self)
            self._timeline.turn_over.release()

    def go_on(self) -> None:
        """Let it run until it waits again, or ends."""
        before, self._timeline.running = self._timeline.running, self
        self._enter()
        self._go.release()
        self._timeline.turn_over.acquire()
        self._timeline.running = before

    def wait(self, seconds: float, action: Callable[[], Any]) -> Any:
        """From within: let time pass, have `action` done then, and return or raise what comes of it."""
        self._timeline.after(seconds, lambda: self._answered(action))
        self._timeline.turn_over.release()
        self._go.acquire()
        if self._is_over:
            raise _OverError
        return self._answer()

    def _answered(self, action: Callable[[], Any]) -> None:
        try:
            answer = action()
        except Exception as error:  # noqa: BLE001 - it is the caller's
            raised = error

            def fail() -> Any:
                raise raised

            self._answer = fail
        else:
            self._answer = lambda: answer
        self.go_on()

    def end(self) -> None:
        """Drop it where it stands."""
        self._is_over = True
        self.go_on()
        self._thread.join()


class Timeline:
    """What is due, in its order; `now` is in seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self.running: Task | None = None
        self.under_way: set[Task] = set()
        self.turn_over = threading.Semaphore(0)
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def clock(self, seconds: float | None = None) -> datetime:
        """The time of day, now or then."""
        return BEGAN + timedelta(seconds=self.now if seconds is None else seconds)

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Have something done so much later."""
        heapq.heappush(self._agenda, (self.now + seconds, next(self._order), action))

    def start(self, body: Callable[[], None], enter: Callable[[], None]) -> None:
        """Start a function now."""
        task = Task(self, body, enter)
        self.under_way.add(task)
        task.go_on()

    def run(self, is_done: Callable[[], bool], most_seconds: float) -> None:
        """Do what is due until it is done; then drop what is still under way."""
        while self._agenda and not is_done() and self._agenda[0][0] <= most_seconds:
            self.now, _, action = heapq.heappop(self._agenda)
            action()
        for task in list(self.under_way):
            task.end()
