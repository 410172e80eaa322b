"""Everything that happened to an incident, the latest first."""

from dataclasses import dataclass
from datetime import datetime

from reputation_guard.domain.incident import GUARD, Incident, Page, Signal, SignalKind
from reputation_guard.domain.incident_notice import rung_name
from reputation_guard.domain.notices import notice_of
from reputation_guard.domain.words import moment
from reputation_guard.pages.phrases import Moment, moment_of


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened: when, by whom and how far that name can be trusted, and what was said."""

    at: Moment
    by: str
    what: str
    text: str = ""


def entries(incident: Incident, now: datetime) -> list[Entry]:
    """The decision that began it, all it was told, every page that is kept, and its end."""
    case = incident.case
    began = notice_of(case).subject.removeprefix("[guard] ")
    found = [(case.decision.at, 0, Entry(moment_of(case.decision.at, now), GUARD, f"Decided ({case.name})", began))]
    found += [(each.at, 1, _page(each, incident, now)) for each in incident.pages]
    found += [(each.at, 2, _signal(each, now)) for each in incident.signals]
    if incident.closed_at:
        end = Entry(moment_of(incident.closed_at, now), GUARD, "Closed", str(incident.outcome))
        found.append((incident.closed_at, 3, end))
    return [entry for _, _, entry in sorted(found, key=lambda each: each[:2], reverse=True)]


def _page(page: Page, incident: Incident, now: datetime) -> Entry:
    names = ", ".join(rung_name(incident, rung) for rung in page.rungs)
    told_with = incident.members[: page.told_with]
    with_it = f"; told with it: {', '.join(told_with)}" if told_with else ""
    return Entry(moment_of(page.at, now), GUARD, f"Page {page.number} to {names}", f"{page.cause}{with_it}")


def _signal(signal: Signal, now: datetime) -> Entry:
    until = f"until {moment(signal.until)}" if signal.until else ""
    to = f"to {signal.rung}" if signal.rung else ""
    what = " ".join(part for part in (_verb(signal.kind), until, to, signal.about) if part)
    by = signal.by if signal.by == GUARD else f"{signal.by} ({'proved by IAM' if signal.proved else 'as declared'})"
    return Entry(moment_of(signal.at, now), by, what, signal.text)


def _verb(kind: SignalKind) -> str:
    return str(kind).capitalize()
