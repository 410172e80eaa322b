"""All that is known of an incident at a moment: what its page shows."""

from dataclasses import dataclass
from datetime import datetime

from reputation_guard.domain.counts import Counts
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.escalation import Plan
from reputation_guard.domain.incident import Incident
from reputation_guard.domain.tenant import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """An incident as of `at`, its tenant's record and counts, and what comes next (None once it is closed)."""

    incident: Incident
    tenant: Tenant | None
    counts: Counts
    delays: Delays
    then: Plan | None
    at: datetime
