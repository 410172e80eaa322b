"""`guard ack`, `snooze`, `hand-over` and `note`: what a person tells an incident."""

from datetime import UTC
from typing import Annotated

import typer

from cli.account import CannotRunError
from cli.command import Desk, command
from cli.incidents.telling import print_answer, tell, who_has_it
from cli.times import length_of, moment_of

Named = Annotated[str, typer.Argument(metavar="ID", help="An incident, or a tenant: then its open incident.")]
Declared = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Who says it, by your word; else who your credentials are."),
]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="One line for the others.")]


@command
def ack(desk: Desk, incident: Named, note: Note = "", declared: Declared = None) -> int:
    """Say that you have an incident: nobody else is paged until that lapses.

    Where somebody else has it already, it says who, and changes nothing.
    """
    answer = tell(desk, incident, declared, {"signal": "acknowledge", "text": note})
    return print_answer(desk, answer, f"Acknowledged: {who_has_it(answer)} has {answer.get('incident')}.")


@command
def snooze(  # noqa: PLR0913 - a person's options
    desk: Desk,
    incident: Named,
    *,
    length: Annotated[
        str | None, typer.Option("--for", metavar="LENGTH", help="How long, such as 30m, 2h or 1d; 30d at most.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="Until then, in UTC: 08:00 or 2026-11-24T08:00."),
    ] = None,
    note: Note = "",
    declared: Declared = None,
) -> int:
    """Let an incident rest for a while: then people are paged again, unless it is over. A new pause pages at once."""
    if bool(length) == bool(until):
        raise CannotRunError("Say how long (--for 2h) or until when (--until 08:00).")
    ends = desk.now + length_of(length, "--for", "mhd") if length else moment_of(until or "", "--until", desk.now)
    said = {"signal": "snooze", "until": ends.astimezone(UTC).isoformat(), "text": note}
    answer = tell(desk, incident, declared, said)
    return print_answer(desk, answer, f"Snoozed: {who_has_it(answer)} has {answer.get('incident')}.")


@command
def hand_over(
    desk: Desk,
    incident: Named,
    rung: Annotated[str, typer.Argument(metavar="RUNG", help="Whom to page at once, as its policy calls them.")],
    note: Note = "",
    declared: Declared = None,
) -> int:
    """Hand an incident over to a rung of its ladder: these are paged at once, and nobody has it until they answer."""
    answer = tell(desk, incident, declared, {"signal": "hand over", "rung": rung, "text": note})
    return print_answer(desk, answer, f"Handed over: {rung} is paged about {answer.get('incident')} at once.")


@command
def note(
    desk: Desk,
    incident: Named,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="One line; everybody reads it with the incident.")],
    declared: Declared = None,
) -> int:
    """Add a note to an incident; nobody is paged for it, and no acknowledgement ends by it."""
    answer = tell(desk, incident, declared, {"signal": "note", "text": text})
    return print_answer(desk, answer, f"Noted, with {answer.get('incident')}.")
