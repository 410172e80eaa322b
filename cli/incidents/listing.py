"""`guard incidents`: those that are open, or everything about one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from cli.command import FINE, WRONG, Desk, command
from cli.incidents import page
from cli.incidents.finding import found, unknown
from cli.words import age, count, moment
from reputation_guard.domain.escalation import Plan, plan
from reputation_guard.domain.incident import Cause, Incident
from reputation_guard.domain.incident_notice import rung_name


@dataclass(frozen=True, slots=True)
class Entry:
    """An open incident, and what comes next."""

    incident: Incident
    then: Plan | None


@command
def incidents(
    desk: Desk,
    incident: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="One incident, or the latest of a tenant; else all that are open."),
    ] = None,
) -> int:
    """List the open incidents, who has them and what comes next; or show everything about one.

    With ID: the case, who has it, what comes next and when, and the timeline. `account` names that of the account.
    """
    if incident:
        return _show(incident, desk)
    entries = [Entry(each, _next(each, desk)) for each in desk.deployment.incidents.open_ones()]
    if desk.as_json:
        desk.print_json({"stack": desk.deployment.stack, "incidents": [_as_json(each, desk.now) for each in entries]})
    else:
        _print(entries, desk)
    return FINE


def _show(named: str, desk: Desk) -> int:
    incident = found(named, desk)
    if incident is None:
        why = unknown(named, desk)
        if desk.as_json:
            desk.print_json({"incident": named, "error": "UnknownIncident", "message": why})
        desk.err.print(f"guard: {why}", markup=False, soft_wrap=True)
        return WRONG
    then = _next(incident, desk)
    if desk.as_json:
        desk.print_json(_as_json(Entry(incident, then), desk.now) | page.as_json(incident))
    else:
        page.print_page(incident, then, desk)
    return FINE


def _next(incident: Incident, desk: Desk) -> Plan | None:
    tenant = desk.deployment.book.tenant(incident.tenant)
    return plan(incident, tenant, desk.deployment.hold, desk.now)


def _as_json(entry: Entry, now: datetime) -> dict[str, Any]:
    incident, then, has_it = entry.incident, entry.then, entry.incident.answered_at(now)
    return {
        "incident": incident.id,
        "tenant": incident.tenant,
        "event": incident.case.name,
        "subject": page.subject(incident),
        "opened_at": incident.opened_at,
        "closed_at": incident.closed_at,
        "outcome": incident.outcome,
        "version": incident.version,
        "answered_by": has_it.by if has_it else None,
        "answered_until": has_it.until if has_it else None,
        "snoozed": bool(has_it and has_it.is_snooze),
        "next": _plan_as_json(incident, then) if then else None,
        "leader": incident.leader or None,
        "members": incident.members,
    }


def _plan_as_json(incident: Incident, then: Plan) -> dict[str, Any]:
    return {"at": then.at, "what": then.what, "rungs": [rung_name(incident, rung) for rung in then.rungs]}


def _print(entries: Sequence[Entry], desk: Desk) -> None:
    if not entries:
        desk.say("No incident is open.")
        return
    nobody = sum(1 for each in entries if needs_answer(each, desk.now))
    waits = f", {nobody} unanswered" if nobody else ""
    desk.say(f"{count(len(entries), 'incident')} open{waits}.")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Incident", overflow="fold")
    table.add_column("Open", no_wrap=True)
    table.add_column("What", overflow="fold")
    table.add_column("Who has it", overflow="fold")
    table.add_column("Next, in UTC", overflow="fold")
    for each in entries:
        style = "bold red" if needs_answer(each, desk.now) else ""
        opened = age(each.incident.opened_at, desk.now)
        table.add_row(each.incident.id, opened, _what(each), _who(each, desk.now), _then(each, desk.now), style=style)
    desk.out.print(table)
    desk.say("See one with guard incidents ID; say that you have it with guard ack ID.")


def needs_answer(entry: Entry, now: datetime) -> bool:
    """Whether people are paged about it until somebody says something."""
    pages = entry.then is not None and isinstance(entry.then.what, Cause)
    return pages and entry.incident.answered_at(now) is None


def _what(entry: Entry) -> str:
    return page.subject(entry.incident).removeprefix(f"{entry.incident.tenant} ")


def _who(entry: Entry, now: datetime) -> str:
    if entry.incident.leader:
        return f"see {entry.incident.leader}"
    has_it = entry.incident.answered_at(now)
    if has_it is None:
        return "nobody" if needs_answer(entry, now) else "-"
    return f"{has_it.by} (snoozed)" if has_it.is_snooze else has_it.by


def _then(entry: Entry, now: datetime) -> str:
    then = entry.then
    if then is None or then.what is None:
        return "-"
    at = "now" if then.at <= now else f"{then.at:%H:%M:%S}" if then.at - now < timedelta(hours=12) else moment(then.at)
    if isinstance(then.what, Cause):
        return f"{at} {', '.join(rung_name(entry.incident, rung) for rung in then.rungs)} paged"
    return f"{at} it closes"
