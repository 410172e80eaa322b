"""All that is known of an incident at a moment: what its page shows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from reputation_guard.domain.counts import Counts
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.escalation import Plan
from reputation_guard.domain.incident import Incident, tenant_of
from reputation_guard.domain.tenant import Standing, Tenant


@dataclass(frozen=True, slots=True)
class Member:
    """A tenant that an incident pages for, by the incident of its own, and its record."""

    incident: str
    tenant: str
    record: Tenant | None

    @property
    def is_still_paused(self) -> bool:
        """Whether it is this pause that is in force: whoever was resumed since, or paused anew, is left alone."""
        record = self.record
        return record is not None and record.standing is Standing.PAUSED and record.decided == self.incident


def members_of(incident: Incident, record_of: Callable[[str], Tenant | None]) -> tuple[Member, ...]:
    """All tenants that an incident pages for: its own, if it is about one, and those paused together with it."""
    own = () if incident.is_of_account else (incident.id,)
    return tuple(Member(each, tenant_of(each), record_of(tenant_of(each))) for each in (*own, *incident.members))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """An incident as of `at`, its tenant's record and counts, and what comes next (None once it is closed).

    `members`: the tenants that it pages for, its own among them.
    """

    incident: Incident
    tenant: Tenant | None
    counts: Counts
    delays: Delays
    then: Plan | None
    at: datetime
    members: tuple[Member, ...] = ()
