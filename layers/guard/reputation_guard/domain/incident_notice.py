"""What people read of an incident: the page that carries the whole case, who has it, and how it ended."""

from collections.abc import Iterator
from dataclasses import replace

from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.escalation import IncidentAnnouncement, Plan
from reputation_guard.domain.incident import Cause, Incident, Outcome, Page
from reputation_guard.domain.notices import (
    SUBJECT_LENGTH,
    Announcement,
    Notice,
    Severity,
    begins_an_episode,
    notice_of,
)

_SO_MANY_NAMES = 5
# On the first page the subject alone says it.
_IN_SUBJECT = {
    Cause.CLIMBED: "nobody answered",
    Cause.UNANSWERED: "NOBODY ANSWERED",
    Cause.LAPSED: "acknowledgement lapsed",
    Cause.AWOKE: "snooze is over",
    Cause.HANDED_OVER: "handed over to you",
    Cause.MORE: "more tenants",
    Cause.ASKS: "resume it, or snooze it",
}


def notice_about(announcement: Announcement | IncidentAnnouncement) -> Notice | None:
    """The notice of any guard event; None where an escalation pages for it."""
    if isinstance(announcement, IncidentAnnouncement):
        return _page(announcement, announcement.page) if announcement.page else _news(announcement)
    return None if begins_an_episode(announcement) else notice_of(announcement)


def _page(announcement: IncidentAnnouncement, page: Page) -> Notice:
    """A page is called by the event that began its incident, and carries all of that event's notice."""
    incident, case = announcement.incident, notice_of(announcement.incident.case)
    to = ", ".join(rung_name(incident, rung) for rung in page.rungs)
    why = f"Page {page.number} of incident {incident.id}, to {to}: {page.cause}."
    parts = [why, *_asks(incident, page), *_group(incident, page), case.text, *_then(announcement)]
    return replace(
        case,
        id=announcement.id,
        severity=Severity.PAGE,
        rungs=page.rungs,
        incident=incident.id,
        at=announcement.at,
        subject=_subject(_said(incident, page, case.subject), _IN_SUBJECT.get(page.cause, "")),
        text="\n\n".join(parts),
    )


def _said(incident: Incident, page: Page, of_one: str) -> str:
    if not page.members or incident.is_of_account:
        return of_one
    names = [incident.tenant, *map(tenant_in, page.members)]
    more = ", ..." if len(names) > _SO_MANY_NAMES else ""
    return f"[guard] {len(names)} tenants stopped: {', '.join(names[:_SO_MANY_NAMES])}{more}"


def _subject(text: str, more: str) -> str:
    subject = f"{text} ({more})" if more else text
    return subject.encode("ascii", "replace").decode()[:SUBJECT_LENGTH]


def _asks(incident: Incident, page: Page) -> Iterator[str]:
    if page.cause is Cause.ASKS:
        resume = f"guard resume {incident.tenant} --incident {incident.id} --reason '...'"
        yield f"By its policy only a person ends this pause. Is the cause mended? Then: {resume}. Otherwise snooze it."


def _group(incident: Incident, page: Page) -> Iterator[str]:
    if not page.members:
        return
    what = "It explains, and holds back the pages of" if incident.is_of_account else "Stopped together with it:"
    lines = [f"  {tenant_in(each)} (incident {each})" for each in page.members]
    yield "\n".join([f"{what} {len(lines)} more. An answer answers for all.", *lines])


def tenant_in(incident_id: str) -> str:
    """The tenant of an incident, by its id."""
    return incident_id.rpartition(".")[0]


def _then(announcement: IncidentAnnouncement) -> Iterator[str]:
    incident = announcement.incident
    if announcement.then:
        yield f"If nobody answers: {plan_in_words(incident, announcement.then)}. To answer: guard ack {incident.id}"


def _news(announcement: IncidentAnnouncement) -> Notice:
    """Who has it, or how it ended: for those who were paged. Where nobody was, it can wait."""
    incident = announcement.incident
    rungs = tuple(sorted({rung for page in incident.pages for rung in page.rungs}))
    headline = _headline(announcement)
    then = [f"Then: {plan_in_words(incident, announcement.then)}."] if announcement.then else []
    return Notice(
        id=announcement.id,
        event=announcement.name,
        tenant=incident.tenant,
        severity=Severity.NEWS if rungs else Severity.WARNING,
        at=announcement.at,
        subject=_subject(f"[guard] {incident.tenant}: {headline}", ""),
        text="\n\n".join([headline, *then]),
        rungs=rungs,
        incident=incident.id,
    )


def _headline(announcement: IncidentAnnouncement) -> str:
    incident = announcement.incident
    if announcement.name is GuardEvent.ESCALATION_ACKNOWLEDGED and incident.answer:
        verb = "snoozed" if incident.answer.is_snooze else "has"
        return f"{incident.answer.by} {verb} incident {incident.id} until {incident.answer.until:%Y-%m-%d %H:%M} UTC."
    return f"Incident {incident.id} is closed: {incident.outcome}."


def rung_name(incident: Incident, rung: int) -> str:
    """A rung of the ladder, as its policy calls it."""
    return incident.rungs[min(rung, len(incident.rungs) - 1)].name


def plan_in_words(incident: Incident, then: Plan) -> str:
    """What comes next, and when."""
    at = f"{then.at:%Y-%m-%d %H:%M:%S} UTC"
    match then.what:
        case Cause():
            names = ", ".join(rung_name(incident, rung) for rung in then.rungs)
            return f"{names} is paged at {at}, because {then.what}"
        case Outcome():
            return f"it is closed: {then.what}"
        case None:
            return f"the guard looks again at {at}"


def with_signposts(notice: Notice, link: str, runbook: str) -> Notice:
    """The notice with the way to its incident's page, where there is one, and to its part of the runbook."""
    lines = [*([f"Look, and answer: {link}"] if link else []), f"What to do: {runbook}#{notice.event.lower()}"]
    return replace(notice, link=link, text="\n\n".join([notice.text, "\n".join(lines)]))
