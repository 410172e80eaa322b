"""`guard export`: the history of a deployed guard as JSON lines."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from cli.command import FINE, WRONG, Desk, command
from cli.export.deployed import history
from cli.export.file import STANDARD, write
from cli.export.lines import Line
from cli.words import count
from reputation_guard.domain.counts import KEPT_DAYS

Days = Annotated[
    int, typer.Option("--days", metavar="N", min=1, max=KEPT_DAYS, help="How many UTC days back, today among them.")
]


@command
def export(
    desk: Desk,
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="FILE", help="Where to: .gz is packed, - is standard output."),
    ] = STANDARD,
    tenant: Annotated[str | None, typer.Option("--tenant", metavar="NAME", help="One tenant alone.")] = None,
    days: Days = KEPT_DAYS,
) -> int:
    """Write what the guard has on record as JSON lines, for back-tests, reports and your own tools.

    Counts by five-minute slot for the last days and by day before, the tenants, their decisions with all evidence, the
    policy. An export that fails or is stopped leaves no file behind.
    """
    written: Counter[str] = Counter()
    write(_counted(history(desk, days, tenant), written), output)
    is_known = tenant is None or any(written[kind] for kind in ("tenant", "counts", "day"))
    if desk.as_json and output != STANDARD:
        desk.print_json({"file": output, "lines": written})
    elif is_known:
        desk.err.print(f"{count(written.total(), 'line')}: {_in_words(written)}.", markup=False, soft_wrap=True)
    if not is_known:
        desk.err.print(f"guard: nothing is on record of a tenant {tenant}.", markup=False, soft_wrap=True)
    return FINE if is_known else WRONG


def _counted(lines: Iterable[Line], written: Counter[str]) -> Iterator[Line]:
    for line in lines:
        written[line.record] += 1
        yield line


def _in_words(written: Counter[str]) -> str:
    return ", ".join(f"{number:,} {kind}" for kind, number in written.most_common())
