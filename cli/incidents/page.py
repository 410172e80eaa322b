"""Everything about one incident: the case, who has it, what comes next, what happened."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rich import box
from rich.table import Table

from cli.command import Desk
from cli.words import age, moment
from reputation_guard.domain.escalation import Plan
from reputation_guard.domain.incident import Incident, Page, Signal, SignalKind
from reputation_guard.domain.incident_notice import plan_in_words, rung_name
from reputation_guard.domain.notices import notice_of


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to an incident, in words; `proved`: IAM vouches for `by`."""

    at: datetime
    by: str
    what: str
    proved: bool = False


def subject(incident: Incident) -> str:
    """The case in a few words, as its notice's subject has it."""
    return notice_of(incident.case).subject.removeprefix("[guard] ")


def as_json(incident: Incident) -> dict[str, Any]:
    """What one incident has beside what the list of all shows."""
    return {
        "case": notice_of(incident.case).text,
        "rungs": [each.name for each in incident.rungs],
        "timeline": [asdict(each) for each in timeline(incident)],
    }


def print_page(incident: Incident, then: Plan | None, desk: Desk) -> None:
    """Print everything about one incident."""
    ended = f"closed {moment(incident.closed_at)}: {incident.outcome}" if incident.closed_at else "open"
    since = f"{moment(incident.opened_at)}, {age(incident.opened_at, desk.now)} ago"
    desk.say(f"Incident {incident.id}: {subject(incident)}", "bold")
    desk.say(f"Since {since}. It is {ended}.")
    for line in (*_who(incident, desk.now), *_then(incident, then), *_others(incident)):
        desk.say(line)
    desk.out.print()
    desk.say("The case", "bold")
    desk.say(notice_of(incident.case).text, indent=2)
    desk.out.print()
    desk.say("What happened, the latest last", "bold")
    desk.out.print(_table(timeline(incident)))


def _who(incident: Incident, now: datetime) -> Iterator[str]:
    has_it = incident.answered_at(now)
    if has_it:
        proved = "proved by IAM" if has_it.proved else "by their own word"
        verb = "snoozed it" if has_it.is_snooze else "has it"
        yield f"Who has it: {has_it.by} {verb} until {moment(has_it.until)} ({proved})."
    elif incident.is_open:
        yield "Who has it: nobody."


def _then(incident: Incident, then: Plan | None) -> Iterator[str]:
    if then:
        yield f"Next: {plan_in_words(incident, then)}."


def _others(incident: Incident) -> Iterator[str]:
    if incident.leader:
        yield f"It is told of in the pages of {incident.leader}: answer that one."
    if incident.members:
        yield f"Its pages tell of {', '.join(incident.members)} as well."


def timeline(incident: Incident) -> Sequence[Happening]:
    """What happened to an incident, in the order of time."""
    happened = [
        Happening(incident.opened_at, "guard", f"opened by {incident.case.name}"),
        *(Happening(each.at, each.by, _said(each), each.proved) for each in incident.signals),
        *(Happening(each.at, "guard", _paged(each, incident)) for each in incident.pages),
    ]
    if incident.closed_at:
        happened.append(Happening(incident.closed_at, "guard", f"closed: {incident.outcome}"))
    return sorted(happened, key=lambda each: each.at)


def _said(signal: Signal) -> str:
    until = f" until {moment(signal.until)}" if signal.until else ""
    rung = f" to {signal.rung}" if signal.rung else ""
    about = f": {signal.about}" if signal.about else ""
    if signal.kind is SignalKind.NOTED:
        return f"note: {signal.text}"
    return f"{signal.kind}{until}{rung}{about}{f': {signal.text}' if signal.text else ''}"


def _paged(page: Page, incident: Incident) -> str:
    names = ", ".join(rung_name(incident, rung) for rung in page.rungs)
    return f"page {page.number} to {names}: {page.cause}"


def _table(happened: Sequence[Happening]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("When, in UTC", no_wrap=True)
    table.add_column("Who", overflow="fold")
    table.add_column("What", overflow="fold")
    for each in happened:
        table.add_row(f"{each.at:%Y-%m-%d %H:%M:%S}", f"{each.by} (IAM)" if each.proved else each.by, each.what)
    return table
