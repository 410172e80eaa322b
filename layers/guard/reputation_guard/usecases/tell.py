"""Tell an incident something: it is written down first, then whoever waits is woken, so that nothing is lost."""

from contextlib import suppress
from dataclasses import dataclass, replace

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.incident import GUARD, Incident, Signal, SignalKind, subject_of, tenant_of
from reputation_guard.domain.telling import CannotTellError, told
from reputation_guard.domain.tenant import ACCOUNT
from reputation_guard.ports.incidents import Doorbell, Incidents
from reputation_guard.usecases.fresh import on_fresh_record

# An answer to a page answers for all the tenants it told of.
_FOR_ALL = frozenset({SignalKind.ACKNOWLEDGED, SignalKind.SNOOZED})
_OF_EVENT = {
    GuardEvent.TENANT_RESUMED: SignalKind.RESUMED,
    GuardEvent.RESUME_REFUSED: SignalKind.RESUME_REFUSED,
    GuardEvent.BRAKE_RELEASED: SignalKind.OVER,
    GuardEvent.GUARD_SIGHTED: SignalKind.OVER,
}


@dataclass(frozen=True, slots=True)
class Hearing:
    """What telling needs."""

    incidents: Incidents
    doorbell: Doorbell


def tell(incident_id: str, signal: Signal, world: Hearing) -> Incident:
    """Tell an incident, and those it pages for where it is answered; twice is once.

    Raises `CannotTellError`: there is no such incident, or it makes no sense; `StaleError`: it would not hold still.
    """
    after = _told_and_woken(incident_id, signal, world)
    if signal.kind in _FOR_ALL:
        _tell_group(after, signal, world)
    return after


def _told_and_woken(incident_id: str, signal: Signal, world: Hearing) -> Incident:
    after = on_fresh_record(lambda: _told(incident_id, signal, world.incidents))
    ring(incident_id, world)
    return after


def _tell_group(answered: Incident, signal: Signal, world: Hearing) -> None:
    """Who answers one of a group answers its pages: its leader is told, and all that are told of with it.

    One that somebody else has already stays his, and stands in nobody's way.
    """
    group = answered
    if answered.leader and tenant_of(answered.leader) != ACCOUNT:
        with suppress(CannotTellError):
            group = _told_and_woken(answered.leader, replace(signal, id=f"{signal.id}.{answered.id}"), world)
    for member in () if group.is_of_account else group.members:
        found = world.incidents.incident(member)
        # One that is closed, or that looks after itself by now, is not what was answered.
        if found and found.id != answered.id and found.is_open and found.leader == group.id:
            with suppress(CannotTellError):
                _told_and_woken(member, replace(signal, id=f"{signal.id}.{group.id}"), world)


def _told(incident_id: str, signal: Signal, incidents: Incidents) -> Incident:
    before = incidents.incident(incident_id)
    if before is None:
        raise CannotTellError("UnknownIncident", f"There is no incident {incident_id!r}; check its id.")
    after = told(before, signal)
    return incidents.save(before, after) if after is not before else before


def ring(incident_id: str, world: Hearing) -> None:
    """Wake the escalation that waits for this incident's signals."""
    if token := world.incidents.waiting(incident_id):
        world.doorbell.ring(token)


def pass_on(announcement: Announcement, world: Hearing) -> Incident | None:
    """Tell the tenant's incident what the guard announced of it; None where none is concerned."""
    kind, decision = _OF_EVENT.get(announcement.name), announcement.decision
    incident = world.incidents.latest_of(subject_of(announcement))
    if kind is None or incident is None or decision.tenant.version < incident.case.decision.tenant.version:
        return None
    by = decision.operator or (GUARD if decision.owner == GUARD else str(decision.owner))
    said = Signal(
        id=announcement.id, kind=kind, at=announcement.at, by=by, text=announcement.refusal or decision.reason
    )
    return tell(incident.id, said, world)
