"""The escalation of one incident, as its state machine runs it: claim the episode, do what is due, wait, look again.

Each step may be run again, by a retry or after a crash: it changes nothing twice, and pages under the same id.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.escalation import announcement_of, plan, speaks_for_members
from reputation_guard.domain.incident import (
    GUARD,
    Cause,
    Incident,
    Outcome,
    Signal,
    SignalKind,
    closed,
    opened,
    paged,
    subject_of,
)
from reputation_guard.domain.telling import told
from reputation_guard.domain.tenant import Tenant
from reputation_guard.usecases.fresh import on_fresh_record
from reputation_guard.usecases.group import Escalation, grouped, release_members
from reputation_guard.usecases.tell import ring, tell

# Whatever happens, it looks again after a day, and at once is a second from now.
_LONGEST_WAIT_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Look:
    """What a look came to: how long to wait for signals before the next one; None once the incident is closed."""

    incident: Incident
    wait_seconds: int | None


def claim(case: Announcement, execution: str, world: Escalation, now: datetime) -> Incident | None:
    """Open the incident of this episode; None where another execution has it, or a later episode has begun."""
    return on_fresh_record(lambda: _claim_once(case, execution, world, now))


def _claim_once(case: Announcement, execution: str, world: Escalation, now: datetime) -> Incident | None:
    found = world.incidents.incident(case.decision.id)
    if found and found.execution != execution:
        _confirm(found, case, world)
        return _taken_over(found.id, execution, world)
    if found:
        return found
    latest = world.incidents.latest_of(subject_of(case))
    if latest and _version(latest.case) > _version(case):
        return None
    incident = opened(case, execution, now)
    if latest:
        # Before the claim, since a retry of a claim that was made does not come by here.
        _tell_paused_again(latest, incident, world)
    world.incidents.open(incident)
    return incident


def _taken_over(incident_id: str, execution: str, world: Escalation) -> Incident | None:
    """The incident, if the execution that has it has ended before it; so nobody pages for it any more."""
    found = world.incidents.incident(incident_id)
    if found is None or not found.is_open or world.executions.is_running(found.execution):
        return None
    return world.incidents.save(found, replace(found, execution=execution))


def _version(case: Announcement) -> int:
    return case.decision.tenant.version


def _confirm(incident: Incident, case: Announcement, world: Escalation) -> None:
    """SES has done by now what it had refused: the same episode, told by another event. A duplicate tells nothing."""
    if case.name is GuardEvent.TENANT_PAUSED and incident.case.name is not case.name and case.at > incident.case.at:
        signal = Signal(id=case.id, kind=SignalKind.CONFIRMED, at=case.at, by=GUARD)
        world.incidents.save(incident, replace(told(incident, signal), case=case))
    # Also where it is written down: the one who wrote it may have crashed before he rang.
    ring(incident.id, world.hearing)


def _tell_paused_again(before: Incident, incident: Incident, world: Escalation) -> None:
    kind = SignalKind.PAUSED_AGAIN
    signal = Signal(id=f"{incident.id}.{kind}", kind=kind, at=incident.opened_at, by=GUARD, about=incident.id)
    tell(before.id, signal, world.hearing)


def look(incident_id: str, world: Escalation, now: datetime) -> Look:
    """Do what is due about an incident, and say when to look again. Raises `KeyError`: there is none of this id."""
    return on_fresh_record(lambda: _look_once(incident_id, world, now))


def _look_once(incident_id: str, world: Escalation, now: datetime) -> Look:
    incident = world.incidents.incident(incident_id)
    if incident is None:
        raise KeyError(incident_id)
    tenant = world.records.tenant(incident.tenant)
    if incident.is_open:
        incident = grouped(incident, tenant, world, now)
        incident = _answered(incident, tenant, world, now)
        incident = _do_what_is_due(incident, tenant, world, now)
    if not speaks_for_members(incident, tenant):
        release_members(incident, world, now)
    then = plan(incident, tenant, world.hold, now)
    if then is None:
        return Look(incident, None)
    seconds = ceil((then.at - now).total_seconds())
    return Look(incident, min(max(seconds, 1), _LONGEST_WAIT_SECONDS))


def _do_what_is_due(incident: Incident, tenant: Tenant | None, world: Escalation, now: datetime) -> Incident:
    due = plan(incident, tenant, world.hold, now)
    if due is None or due.what is None or due.at > now:
        return incident
    if isinstance(due.what, Outcome):
        after = closed(incident, due.what, now)
        world.announcer.announce(announcement_of(GuardEvent.INCIDENT_CLOSED, after, now))
    else:
        after, page = paged(incident, due.what, due.rungs, now)
        then = plan(after, tenant, world.hold, now)
        world.announcer.announce(announcement_of(GuardEvent.ESCALATION_RAISED, after, now, page, then))
        if due.what is Cause.ASKS:
            _tell_asked(after, world, now)
    # Told first: after a crash it is told again, under the same id.
    return world.incidents.save(incident, after)


def _tell_asked(leader: Incident, world: Escalation, now: datetime) -> None:
    """Its page asks for its members as well."""
    kind = SignalKind.ASKED
    for member in leader.members:
        signal = Signal(id=f"{leader.id}.{kind}", kind=kind, at=now, by=GUARD, about=leader.id)
        tell(member, signal, world.hearing)


def _answered(incident: Incident, tenant: Tenant | None, world: Escalation, now: datetime) -> Incident:
    """Let the others know who has it; an answer to the incident that pages for this one was told with that."""
    answer = incident.answered_at(now)
    if answer is None or answer.is_announced:
        return incident
    after = replace(incident, answer=replace(answer, is_announced=True))
    if not incident.leader:
        then = plan(after, tenant, world.hold, now)
        world.announcer.announce(announcement_of(GuardEvent.ESCALATION_ACKNOWLEDGED, after, now, then=then))
    return world.incidents.save(incident, after)


def wait(incident_id: str, revision: int, token: str, world: Escalation) -> None:
    """Wait for signals, unless one came since the look: then the wait ends at once, and none falls between two."""
    incident = world.incidents.incident(incident_id)
    if incident is None or incident.revision != revision or not world.incidents.wait(incident, token):
        world.hearing.doorbell.ring(token)
