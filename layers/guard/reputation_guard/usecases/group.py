"""Incidents that are one page: tenants paused together, and those that an incident of the account explains."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.escalation import speaks_for_members
from reputation_guard.domain.incident import (
    GUARD,
    Incident,
    Signal,
    SignalKind,
    account_subject,
    is_explained_by,
    is_of_many,
)
from reputation_guard.domain.telling import MOST_MEMBERS
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports.book import Records
from reputation_guard.ports.errors import StaleError
from reputation_guard.ports.incidents import Executions, Incidents
from reputation_guard.ports.outlets import Announcer
from reputation_guard.usecases.tell import Hearing, tell


@dataclass(frozen=True, slots=True)
class Escalation:
    """What an escalation needs. `hold`: so long the first page waits for others to be told in it."""

    incidents: Incidents
    records: Records
    announcer: Announcer
    hearing: Hearing
    executions: Executions
    hold: timedelta


def grouped(incident: Incident, tenant: Tenant | None, world: Escalation, now: datetime) -> Incident:
    """The incident, with the one that pages for it as its leader; or as a leader itself, if nobody was paged yet.

    Raises `StaleError` where another began to lead meanwhile.
    """
    if incident.leader:
        leader = world.incidents.incident(incident.leader)
        return incident if leader and _speaks(leader, world) else _alone(incident, world, now)
    if incident.pages or incident.heard(SignalKind.HANDED_OVER) or incident.is_of_account:
        return incident
    if leader := _found_leader(incident, world, now):
        return _joined(incident, leader, world, now)
    last = world.incidents.group_leader()
    if last != incident.id and is_of_many(incident) and speaks_for_members(incident, tenant):
        world.incidents.lead_group(last, incident.id)
    return incident


def _found_leader(incident: Incident, world: Escalation, now: datetime) -> Incident | None:
    of_account = world.incidents.latest_of(account_subject(GuardEvent.BRAKE_ENGAGED))
    # Whoever has that one has not heard of this one, and would not (Law 8).
    is_told = of_account is not None and of_account.is_open and of_account.answer is None
    if of_account and is_told and is_explained_by(incident, of_account):
        return of_account
    last = world.incidents.group_leader()
    leader = world.incidents.incident(last) if last and last != incident.id else None
    # What is not paged yet can still be told of in that page, if there is room.
    if leader is None or not is_of_many(incident) or len(leader.members) >= MOST_MEMBERS:
        return None
    # Who has it already has not heard of this one (Law 8), and a page that was sent does not tell of it.
    is_answered = leader.answer is not None or leader.hand_over_to is not None
    # Its pages climb by its own ladder.
    if leader.rungs != incident.rungs or is_answered or leader.pages or now >= leader.held_from + world.hold:
        return None
    return leader if _speaks(leader, world) else None


def _speaks(leader: Incident, world: Escalation) -> bool:
    return speaks_for_members(leader, world.records.tenant(leader.tenant))


def _joined(incident: Incident, leader: Incident, world: Escalation, now: datetime) -> Incident:
    kind = SignalKind.JOINED
    # The leader first: after a crash it is told again, which changes nothing.
    joined = Signal(id=f"{incident.id}.{kind}", kind=kind, at=now, by=GUARD, about=incident.id)
    after = tell(leader.id, joined, world.hearing)
    if not after.is_open or (incident.id not in after.members and not after.is_of_account):
        raise StaleError(leader.id)  # it ended, or was full, at that moment
    return world.incidents.save(incident, replace(incident, leader=leader.id))


def _alone(incident: Incident, world: Escalation, now: datetime) -> Incident:
    """Its leader speaks for nobody any more, and its word of that was lost."""
    return world.incidents.save(incident, replace(incident, leader="", held_from=now))


def release_members(leader: Incident, world: Escalation, now: datetime) -> None:
    """Let the incidents it paged for look after themselves; twice is once."""
    kind = SignalKind.RELEASED
    for member in leader.members:
        signal = Signal(id=f"{leader.id}.{kind}", kind=kind, at=now, by=GUARD, about=leader.id)
        tell(member, signal, world.hearing)
