"""What people read of an incident: the page that carries the whole case, who has it, and how it ended."""

from collections.abc import Iterator
from dataclasses import replace
from shlex import quote

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.escalation import IncidentAnnouncement, Plan
from reputation_guard.domain.incident import Cause, Incident, Outcome, tenant_of
from reputation_guard.domain.notice import Notice, Severity, subject_of
from reputation_guard.domain.notices import notice_of
from reputation_guard.domain.tenant import ACCOUNT, Owner

_TO_NAME = 20
_IF_NOBODY_ANSWERS = frozenset({Cause.CLIMBED, Cause.UNANSWERED})


def notice_about(announcement: Announcement | IncidentAnnouncement) -> Notice | None:
    """The notice of any guard event; None where the escalation pages about it."""
    if isinstance(announcement, IncidentAnnouncement):
        return notice_of_incident(announcement)
    return None if is_escalated(announcement) else notice_of(announcement)


def is_escalated(announcement: Announcement) -> bool:
    """Whether an incident begins with it, whose pages carry it."""
    match announcement.name:
        case GuardEvent.TENANT_PAUSED | GuardEvent.BRAKE_ENGAGED | GuardEvent.GUARD_BLINDED:
            return True
        case GuardEvent.BRAKE_RELEASED | GuardEvent.GUARD_SIGHTED:
            return True  # its incident is closed by it, and says so
        case GuardEvent.PAUSE_REFUSED:
            return not announcement.gone
        case _:
            return False


def notice_of_incident(announcement: IncidentAnnouncement) -> Notice:
    """The notice of a guard event about an incident; a page is called by the event that began it."""
    incident, case = announcement.incident, notice_of(announcement.incident.case)
    page, headline = announcement.page, _headline(announcement)
    rungs = page.rungs if page else _paged(incident) or _told_with(incident)
    # Whoever was not woken by it need not be told at once how it ended.
    severity = Severity.PAGE if page else Severity.NEWS if rungs else Severity.WARNING
    alarms = [each.alarm for each in incident.pages]
    parts = [headline, *_members(incident), *([case.text] if page else []), *_then(announcement)]
    if page:
        parts += [*_only_a_person(incident), f"To answer: guard ack {quote(incident.id)}"]
    return replace(
        case,
        id=announcement.id,
        event=case.event if page else announcement.name,
        severity=severity,
        rungs=rungs,
        incident=incident.id,
        at=announcement.at,
        alarm=alarms[-1] if alarms else 0,
        ends=alarms[-2] if page and len(alarms) > 1 and alarms[-2] != alarms[-1] else None,
        subject=_subject(incident, case) if page else subject_of(f"[guard] {incident.tenant}: {headline}"),
        text="\n\n".join(parts),
    )


def _paged(incident: Incident) -> tuple[int, ...]:
    return tuple(sorted({rung for page in incident.pages for rung in page.rungs}))


def _told_with(incident: Incident) -> tuple[int, ...]:
    """Whom the pages of its leader told of it: the first rung, as of every group."""
    return (0,) if incident.leader and tenant_of(incident.leader) != ACCOUNT else ()


def _subject(incident: Incident, case: Notice) -> str:
    if not incident.members or incident.is_of_account:
        return case.subject
    names = ", ".join([incident.tenant, *(tenant_of(member) for member in incident.members)])
    return subject_of(f"[guard] {len(incident.members) + 1} tenants paused: {names}")


def _headline(announcement: IncidentAnnouncement) -> str:
    incident = announcement.incident
    if announcement.page:
        names = rungs_in_words(incident, announcement.page.rungs)
        return f"Page {announcement.page.number} of incident {incident.id} to {names}: {announcement.page.cause}."
    if announcement.name is GuardEvent.ESCALATION_ACKNOWLEDGED and incident.answer:
        verb = "snoozed" if incident.answer.is_snooze else "has"
        return f"{incident.answer.by} {verb} incident {incident.id} until {incident.answer.until:%Y-%m-%d %H:%M} UTC."
    return f"Incident {incident.id} is closed: {incident.outcome}."


def rung_name(incident: Incident, rung: int) -> str:
    """A rung of the ladder, as its policy calls it."""
    return incident.rungs[min(rung, len(incident.rungs) - 1)].name


def rungs_in_words(incident: Incident, rungs: tuple[int, ...]) -> str:
    """Some rungs of the ladder, as its policy calls them."""
    return ", ".join(rung_name(incident, rung) for rung in rungs)


def _members(incident: Incident) -> Iterator[str]:
    if incident.members:
        named = "\n".join(f"  {tenant_of(each)} (incident {each})" for each in incident.members[:_TO_NAME])
        more = len(incident.members) - _TO_NAME
        yield f"Together with it:\n{named}" + (f"\n  and {more} more" if more > 0 else "")


def _only_a_person(incident: Incident) -> Iterator[str]:
    page = incident.pages[-1] if incident.pages else None
    stopped_by_ses = incident.case.decision.owner is Owner.SES
    if page and page.cause is Cause.ASKS and not stopped_by_ses:
        yield (
            f"Only a person ends this pause, and the guard would have by now if it could: "
            f"guard resume {quote(incident.tenant)} --reason '...' (it shows first what will happen)."
        )


def _then(announcement: IncidentAnnouncement) -> Iterator[str]:
    incident, then = announcement.incident, announcement.then
    if then and then.what in _IF_NOBODY_ANSWERS:
        yield f"If nobody answers: {rungs_in_words(incident, then.rungs)} is paged at {then.at:%Y-%m-%d %H:%M:%S} UTC."
    elif then:
        yield f"Then: {plan_in_words(incident, then)}."


def plan_in_words(incident: Incident, then: Plan) -> str:
    """What comes next, and when."""
    at = f"{then.at:%Y-%m-%d %H:%M:%S} UTC"
    match then.what:
        case Cause():
            return f"at {at} {rungs_in_words(incident, then.rungs)} is paged, because {then.what}"
        case Outcome():
            return f"it is closed: {then.what}"
        case None:
            return f"the guard looks again at {at}"


def with_ways_on(notice: Notice, runbook: str, link: str) -> Notice:
    """The notice with where to read on: the runbook's chapter, and the incident's page where there is one."""
    chapter = f"{runbook}#{notice.event.lower()}"
    lines = [f"Runbook: {chapter}", *([f"Incident: {link}"] if link else [])]
    return replace(notice, runbook=chapter, link=link, text="\n\n".join([notice.text, "\n".join(lines)]))
