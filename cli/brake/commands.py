"""`guard brake list|release|drop`: pauses that are kept past the brake wait for a person (Law 6)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.account import CannotRunError
from cli.command import FINE, WRONG, Desk, command
from cli.words import age, count
from reputation_guard.aws.brake import BrakeTable
from reputation_guard.domain.approval import Identity
from reputation_guard.domain.brake import Kept, Person
from reputation_guard.domain.words import case_in_words
from reputation_guard.ports.book import Records
from reputation_guard.ports.brake import BrakeBook
from reputation_guard.ports.errors import StaleError
from reputation_guard.usecases.brake import NotKeptError, drop, release

Tenants = Annotated[
    list[str] | None, typer.Argument(metavar="[TENANT]...", help="Whose kept pauses.", show_default=False)
]
Everybody = Annotated[bool, typer.Option("--all", help="Of everybody that is kept by now.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept with the decision.")]
Operator = Annotated[
    str | None, typer.Option("--operator", metavar="NAME", help="Who answers for it; else the ARN of your credentials.")
]
_Verb = Callable[[str, Person, BrakeBook, Records], None]


@command
def list_kept(desk: Desk) -> int:
    """Show the pauses that are kept: whose, since when, and why. The exit code is 1 where there is any."""
    page = _page(desk)
    kept = page.kept()
    if desk.as_json:
        desk.print_json(
            {"paused_within_the_hour": page.brake().paused(desk.now), "kept": [_plain(each) for each in kept]}
        )
    elif kept:
        desk.out.print(_table(kept, desk.now))
        desk.say("guard brake release lets the guard pause them, guard brake drop forgets their mail so far.")
    else:
        desk.say("The brake is off: nothing is kept for a person.")
    return WRONG if kept else FINE


@command
def release_kept(
    desk: Desk, tenants: Tenants = None, reason: Reason = "", operator: Operator = None, *, everybody: Everybody = False
) -> int:
    """Let the guard pause these tenants: each is judged anew within a minute, and paused if it is still to be."""
    return _end(desk, _named(desk, tenants, everybody=everybody), _person(desk, reason, operator), release, "released")


@command
def drop_kept(
    desk: Desk, tenants: Tenants = None, reason: Reason = "", operator: Operator = None, *, everybody: Everybody = False
) -> int:
    """Do not pause these tenants for their mail so far; what they send from now on is judged like any other."""
    return _end(desk, _named(desk, tenants, everybody=everybody), _person(desk, reason, operator), drop, "dropped")


def _page(desk: Desk) -> BrakeTable:
    return BrakeTable(desk.deployment.account.client("dynamodb"), desk.deployment.output("BookTable"))


def _person(desk: Desk, reason: str, operator: str | None) -> Person:
    if not reason.strip():
        raise CannotRunError("Say why: --reason '...'.")
    name = operator or str(desk.deployment.account.client("sts").get_caller_identity()["Arn"])
    # Whoever may write the Book may write any name: it is recorded as what it is.
    return Person(Identity(name).in_words, reason.strip(), desk.now)


def _end(desk: Desk, names: list[str], person: Person, verb: _Verb, done: str) -> int:
    page = _page(desk)
    results = {name: _ended(name, person, page, desk, verb) for name in dict.fromkeys(names)}
    ended = [name for name, problem in results.items() if not problem]
    if desk.as_json:
        desk.print_json({done: ended, "problems": {name: problem for name, problem in results.items() if problem}})
    else:
        for name, problem in results.items():
            desk.say(f"{name}: {problem or done}.")
        desk.say(f"{count(len(ended), 'tenant')} {done} by {person.name}." if results else "Nothing is kept.")
    return FINE if len(ended) == len(results) else WRONG


def _named(desk: Desk, tenants: list[str] | None, *, everybody: bool) -> list[str]:
    if everybody is bool(tenants):
        raise CannotRunError("Name the tenants, or say --all.")
    return tenants or [each.tenant for each in _page(desk).kept()]


def _ended(name: str, person: Person, page: BrakeBook, desk: Desk, verb: _Verb) -> str:
    try:
        verb(name, person, page, desk.deployment.book)
    except NotKeptError:
        return "no pause of it is kept"
    except StaleError:
        return "its record would not hold still, try again"
    return ""


def _plain(kept: Kept) -> dict[str, Any]:
    case = kept.decision.because
    return {
        "tenant": kept.tenant,
        "decided_at": kept.decision.at,
        "why": case_in_words(case) if case else "",
        "mails_per_minute": round(kept.decision.mails_per_minute, 1),
    }


def _table(kept: Sequence[Kept], now: datetime) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("TENANT", "KEPT FOR", "WHY"):
        table.add_column(name, overflow="fold")
    for each in kept:
        case = each.decision.because
        table.add_row(each.tenant, age(each.decision.at, now), case_in_words(case) if case else "")
    return table
