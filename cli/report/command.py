"""`guard report`: one page of HTML about an account's reputation."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cli.command import FINE, WRONG, Desk, command
from cli.export.command import Days
from cli.export.deployed import history
from cli.export.file import STANDARD, check_target, read, replacing
from cli.report.fleet import Dossier, Fleet, fleet_of
from cli.report.page import page
from cli.words import count
from reputation_guard.domain.counts import KEPT_DAYS

_DETAILED = 50


@command
def report(  # noqa: PLR0913, PLR0917 - the options of the command line
    desk: Desk,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is standard output.")
    ] = "report.html",
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE", help="An export (guard export) in place of the deployed guard."),
    ] = None,
    tenant: Annotated[str | None, typer.Option("--tenant", metavar="NAME", help="Details of one tenant alone.")] = None,
    days: Days = KEPT_DAYS,
    top: Annotated[
        int, typer.Option("--top", metavar="N", min=0, help="Details of so many tenants, and of all with decisions.")
    ] = _DETAILED,
) -> int:
    """Write one page of HTML: who uses up the account's reputation, and what the guard did about it.

    Tenants are ranked by their share of the account's budget. Details show a tenant's rates with their 99 % confidence
    against its limits, its volume, and every decision with its evidence. The page needs no network.
    """
    check_target(output)
    fleet = fleet_of(read(source) if source else history(desk, days), days)
    detailed = _detailed(fleet, tenant, top)
    if tenant and not detailed:
        desk.err.print(f"guard: nothing is on record of a tenant {tenant}.", markup=False, soft_wrap=True)
        return WRONG
    _write(_drawn(desk, fleet, detailed), output)
    if desk.as_json and output != STANDARD:
        desk.print_json({"file": output, "tenants": len(fleet.tenants), "detailed": [each.name for each in detailed]})
    else:
        told = f"{output}: {count(len(fleet.tenants), 'tenant')}, details of {len(detailed):,}."
        desk.err.print(told, markup=False, soft_wrap=True)
    return FINE


def _detailed(fleet: Fleet, tenant: str | None, top: int) -> Sequence[Dossier]:
    if tenant:
        return [each for each in fleet.tenants if each.name == tenant]
    return [each for rank, each in enumerate(fleet.tenants) if rank < top or each.decisions]


def _drawn(desk: Desk, fleet: Fleet, detailed: Sequence[Dossier]) -> str:
    columns = (TextColumn("Drawing"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=desk.err, transient=True, disable=not desk.err.is_terminal) as bars:
        bar = bars.add_task("", total=len(detailed))
        return page(fleet, detailed, lambda: bars.advance(bar))


def _write(text: str, target: str) -> None:
    if target == STANDARD:
        sys.stdout.write(text)
        return
    with replacing(Path(target)) as out:
        out.write(text)
