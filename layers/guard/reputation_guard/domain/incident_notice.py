"""What people read of an incident: the page that carries the whole case, who has it, and how it ended."""

from collections.abc import Iterator
from dataclasses import replace

from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.escalation import IncidentAnnouncement, Plan
from reputation_guard.domain.incident import Cause, Incident, Outcome
from reputation_guard.domain.notices import SUBJECT_LENGTH, Announcement, Notice, notice_of


def notice_about(announcement: Announcement | IncidentAnnouncement) -> Notice:
    """The notice of any guard event."""
    return notice_of(announcement) if isinstance(announcement, Announcement) else notice_of_incident(announcement)


def notice_of_incident(announcement: IncidentAnnouncement) -> Notice:
    """The notice of a guard event about an incident; a page is called by the event that began it."""
    incident, case = announcement.incident, notice_of(announcement.incident.case)
    is_page = announcement.name is GuardEvent.ESCALATION_RAISED
    headline = _headline(announcement)
    text = "\n\n".join([headline, *_members(incident), *([case.text] if is_page else []), *_then(announcement)])
    subject = case.subject if is_page else f"[guard] {incident.tenant}: {headline}"
    return replace(
        case,
        id=announcement.id,
        event=case.event if is_page else announcement.name,
        urgent=is_page,
        subject=subject.encode("ascii", "replace").decode()[:SUBJECT_LENGTH],
        text=text,
    )


def _headline(announcement: IncidentAnnouncement) -> str:
    incident = announcement.incident
    if announcement.page:
        names = ", ".join(rung_name(incident, rung) for rung in announcement.page.rungs)
        return f"Page {announcement.page.number} of incident {incident.id} to {names}: {announcement.page.cause}."
    if incident.answer:
        verb = "snoozed" if incident.answer.is_snooze else "has"
        return f"{incident.answer.by} {verb} incident {incident.id} until {incident.answer.until:%Y-%m-%d %H:%M} UTC."
    return f"Incident {incident.id} is closed: {incident.outcome}."


def rung_name(incident: Incident, rung: int) -> str:
    """A rung of the ladder, as its policy calls it."""
    return incident.rungs[min(rung, len(incident.rungs) - 1)].name


def _members(incident: Incident) -> Iterator[str]:
    if incident.members:
        yield f"Together with it: {', '.join(incident.members)}."


def _then(announcement: IncidentAnnouncement) -> Iterator[str]:
    if announcement.then:
        yield f"Then: {plan_in_words(announcement.incident, announcement.then)}."


def plan_in_words(incident: Incident, then: Plan) -> str:
    """What comes next, and when."""
    at = f"{then.at:%Y-%m-%d %H:%M:%S} UTC"
    match then.what:
        case Cause():
            return (
                f"at {at} {', '.join(rung_name(incident, rung) for rung in then.rungs)} is paged, because {then.what}"
            )
        case Outcome():
            return f"it is closed: {then.what}"
        case None:
            return f"the guard looks again at {at}"
