"""What people see: a live table on a terminal, and the same table every ten seconds where the output is none."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from local.demo.inbox import Delivered
from local.demo.scoreboard import Row
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Standing
from reputation_guard.domain.words import in_words, percent

SECONDS_BETWEEN_FRAMES = 0.5
SECONDS_BETWEEN_PRINTED_TABLES = 10.0
_WIDE = 112
_LAST_NOTICES = 6
_STYLE = {
    Standing.PAUSED: "bold red",
    Standing.PROBATION: "cyan",
    Standing.WARNED: "yellow",
    Standing.HEALTHY: "green",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One moment of the play."""

    headline: str
    rows: Sequence[Row]
    notices: Sequence[Delivered]
    is_last: bool = False


def show(console: Console, frames: Iterator[Frame]) -> None:
    """Show frame after frame, twice a second, until there are no more."""
    if not console.is_terminal:
        _print_now_and_then(console, frames)
        return
    with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:
        for frame in _in_time(frames):
            live.update(_picture(frame, console.width), refresh=True)


def _print_now_and_then(console: Console, frames: Iterator[Frame]) -> None:
    told = 0
    next_at = time.monotonic() + SECONDS_BETWEEN_PRINTED_TABLES
    for frame in _in_time(frames):
        if frame.is_last or time.monotonic() >= next_at:
            console.print(_picture(replace(frame, notices=frame.notices[told:]), console.width))
            told = len(frame.notices)
            next_at += SECONDS_BETWEEN_PRINTED_TABLES


def _in_time(frames: Iterator[Frame]) -> Iterator[Frame]:
    """Yield a frame at a time, and rest at least as long as it took: looking must not hold up what is looked at."""
    began = time.monotonic()
    for frame in frames:
        took = time.monotonic() - began
        yield frame
        time.sleep(max(took, SECONDS_BETWEEN_FRAMES - took))
        began = time.monotonic()


def _picture(frame: Frame, width: int) -> RenderableType:
    lines = [notice_line(notice) for notice in frame.notices[-_LAST_NOTICES:]]
    return Group(Text(frame.headline, style="bold"), tenants(frame.rows, width), *lines, Text())


def notice_line(notice: Delivered) -> Text:
    """One notice as a line: when it came, how loud, and its subject."""
    loud = "pages" if notice.urgent else "warns"
    style = "red" if notice.urgent else "yellow"
    return Text(f"{notice.at:%H:%M:%S}  {loud}  {notice.subject}", style=style, no_wrap=True, overflow="ellipsis")


def tenants(rows: Sequence[Row], width: int) -> Table:
    """The table of tenants; a wide terminal also shows which window is nearest to its limit."""
    wide = width >= _WIDE
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, int(wide), 0, 0))
    table.add_column("Tenant", no_wrap=True)
    for heading in ("Sends", "Hard\nbounces", "Com-\nplaints"):
        table.add_column(heading, justify="right", no_wrap=True)
    if wide:
        table.add_column("Nearest to its limit", no_wrap=True)
    for heading in ("Rate", "At least\n(99 %)", "Limit"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("Standing", "At SES"):
        table.add_column(heading, no_wrap=True)
    for row in rows:
        table.add_row(*_cells(row, wide=wide))
    return table


def _cells(row: Row, *, wide: bool) -> Iterator[RenderableType]:
    yield row.part.tenant
    yield from (f"{count:,}" for count in (row.sends, row.hard_bounces, row.complaints))
    if wide:
        yield _window_in_words(row)
    yield from _rates(row)
    standing, sending = row.tenant.standing, row.says.sending
    yield Text(standing, style=_STYLE[standing])
    yield Text(sending, style="bold red" if sending is Sending.DISABLED else "green")


def _window_in_words(row: Row) -> str:
    if row.window is None:
        return "-"
    what = "hard bounces" if row.window.kind is Kind.BOUNCE else "complaints"
    return f"{what}, {in_words(row.window.length)}"


def _rates(row: Row) -> tuple[str, str, str]:
    if row.window is None:
        return "-", "-", percent(row.limit)
    if not row.window.due:
        return "unseen", "-", percent(row.limit)
    return percent(row.window.rate), percent(row.bound), percent(row.limit)
