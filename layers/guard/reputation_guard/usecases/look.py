"""Look at an incident, or at all that go on: nothing is changed by it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from reputation_guard.domain.counts import ACCOUNT_LEDGER, Ledger
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.dossier import Dossier, members_of
from reputation_guard.domain.escalation import Plan, plan
from reputation_guard.domain.incident import Incident
from reputation_guard.ports.book import Records
from reputation_guard.ports.counted import Counted
from reputation_guard.ports.incidents import Incidents


class UnknownIncidentError(Exception):
    """There is no incident of this id."""


@dataclass(frozen=True, slots=True)
class Looking:
    """What looking needs. `hold`: how long the first page of an incident waits for company."""

    incidents: Incidents
    book: Records
    counted: Counted
    delays: Delays
    hold: timedelta


def look(incident_id: str, world: Looking, now: datetime) -> Dossier:
    """All that is known of an incident. Raises `UnknownIncidentError`."""
    incident = world.incidents.incident(incident_id)
    if incident is None:
        raise UnknownIncidentError
    tenant = world.book.tenant(incident.tenant)
    ledger = ACCOUNT_LEDGER if incident.is_of_account else Ledger(tenant=incident.tenant)
    return Dossier(
        incident=incident,
        tenant=tenant,
        counts=world.counted.known(ledger, now).counts,
        delays=world.delays,
        then=plan(incident, tenant, world.hold, now),
        at=now,
        members=members_of(incident, world.book.tenant) if incident.members else (),
    )


def open_incidents(world: Looking, now: datetime) -> Iterator[tuple[Incident, Plan | None]]:
    """All incidents that go on, the oldest first, and what comes next in each."""
    for incident in world.incidents.open_ones():
        yield incident, plan(incident, world.book.tenant(incident.tenant), world.hold, now)
