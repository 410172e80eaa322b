"""The last page: every tenant beside what it should be, and what the demo claims."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.demo.outcome import QUICK_ENOUGH, Ending
from local.demo.story import heading

_WHAT_LATENCY_IS = (
    "Paused after: from the PutEvents of the feedback that proves it (with it, decide() on all that had been put by "
    "then says pause) to SES's own stamp of DISABLED."
)


def summarize(console: Console, endings: Sequence[Ending], problems: Sequence[str], counted: str) -> None:
    """Print expected against actual for every tenant, the figures, and what is wrong."""
    heading(console, "Summary")
    console.print(_table(endings))
    console.print(Text(_WHAT_LATENCY_IS, style="dim"))
    false_pauses = sum(ending.is_false_pause for ending in endings)
    console.print(f"False pauses: {false_pauses}. {counted}")
    for problem in problems:
        console.print(Text(f"WRONG  {problem}", style="bold red"))
    if not problems:
        console.print(Text("Every tenant ended as it should.", style="bold green"))


def _table(endings: Sequence[Ending]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for heading_ in ("Tenant", "Should be", "Is", "SES should say", "SES says"):
        table.add_column(heading_, no_wrap=True)
    table.add_column(f"Paused after\n(<= {QUICK_ENOUGH.total_seconds():.0f} s)", justify="right", no_wrap=True)
    for ending in endings:
        table.add_row(
            ending.part.tenant,
            ending.part.standing,
            _beside(ending.standing, ending.part.standing),
            ending.part.sending,
            _beside(ending.sending, ending.part.sending),
            f"{ending.latency.total_seconds():.2f} s" if ending.latency else "",
        )
    return table


def _beside(actual: str, expected: str) -> Text:
    return Text(actual, style="green" if actual == expected else "bold red")
