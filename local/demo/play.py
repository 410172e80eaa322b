"""The play itself: an hour and a half of mail in a minute, shown while it goes on."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rich.console import Console

from local.demo.cast import PLAYED
from local.demo.outcome import miscounts
from local.demo.scoreboard import Row
from local.demo.screen import Frame, show
from local.demo.stage import Stage
from local.traffic import Report

_PATIENCE_SECONDS = 25.0


def play(stage: Stage, reports: Sequence[Report], start: datetime, lasts: timedelta, console: Console) -> list[Row]:
    """Play the reports of `PLAYED` from `start` on, and return how every tenant ends when all of it is judged."""
    speed = PLAYED / lasts
    with ThreadPoolExecutor(1, thread_name_prefix="play") as thread:
        playing = thread.submit(stage.player.play, reports, start, start + PLAYED, speed)
        show_of = _Play(stage, speed, playing)
        try:
            show(console, show_of.frames())
        finally:
            stage.player.stopped.set()
        playing.result()
    return show_of.rows


@dataclass(slots=True)
class _Play:
    """A play going on; `put_at` is when all of its traffic was on the bus."""

    stage: Stage
    speed: float
    playing: Future[None]
    rows: list[Row] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    put_at: float | None = None

    def frames(self) -> Iterator[Frame]:
        """Look again and again, until all of it is judged."""
        while True:
            self.rows = self.stage.look()
            is_last = self.playing.done() and self._is_judged()
            yield Frame(self._headline(), self.rows, self.stage.inbox.read(), is_last)
            if is_last:
                return

    def _is_judged(self) -> bool:
        self.put_at = self.put_at or time.monotonic()
        if self.playing.exception() or time.monotonic() > self.put_at + _PATIENCE_SECONDS:
            return True
        return not miscounts(self.rows, self.stage.player.put) and self.stage.is_settled(self.rows)

    def _headline(self) -> str:
        on_the_bus = f"{len(self.stage.player.put):,} events on the default bus"
        if self.put_at:
            return f"All {on_the_bus}; waiting until the last of them is judged"
        minutes = PLAYED / timedelta(minutes=1)
        minute = min(minutes, (time.monotonic() - self.began) * self.speed / 60)
        return f"Minute {minute:.0f} of {minutes:.0f}, {self.speed:.0f} times as fast as life; {on_the_bus}"
