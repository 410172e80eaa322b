"""`guard tail`: what the guard does, as it does it."""

import json
from typing import Annotated

import typer
from rich.text import Text

from cli.command import FINE, Desk, command
from cli.tail.follow import follow
from cli.tail.lines import Line, line_of
from cli.times import length_of

_WIDTH = 10


@command
def tail(
    desk: Desk,
    since: Annotated[
        str, typer.Option("--since", metavar="LENGTH", help="Begin so long ago, such as 90s, 10m or 2h.")
    ] = "10m",
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="NAME", help="Only what is about this tenant.")
    ] = None,
) -> int:
    """Follow what the guard does: ordered, decided, settled, announced, told, paged, signalled, what went wrong.

    One line each, in UTC, until Ctrl-C; with --json one JSON document a line. CloudWatch is a few seconds late.
    """
    logs, group = desk.deployment.account.client("logs"), desk.deployment.output("GuardLog")
    began = desk.now - length_of(since, "--since", "smhd")
    try:
        for event in follow(logs, group, began):
            line = line_of(event)
            if line and (tenant is None or line.is_about(tenant)):
                _print(line, desk)
    except KeyboardInterrupt:
        return FINE
    return FINE


def _print(line: Line, desk: Desk) -> None:
    if desk.as_json:
        print(json.dumps({"at": line.at.isoformat(), "what": line.what, **line.told}, default=str), flush=True)
        return
    text = Text(f"{line.at:%H:%M:%S} ", "dim")
    text.append(f"{line.what:<{_WIDTH}} ", "bold red" if line.is_bad else "bold")
    text.append(line.text)
    # A line stays a line, for grep.
    desk.out.print(text, soft_wrap=True)
