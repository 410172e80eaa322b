"""The operators' first page: the incidents that go on, and the tenants that do not stand well."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from reputation_guard.domain.escalation import Plan
from reputation_guard.domain.incident import Cause, Incident, Outcome
from reputation_guard.domain.incident_notice import rungs_in_words
from reputation_guard.domain.notices import notice_of
from reputation_guard.domain.tenant import Standing, Tenant
from reputation_guard.pages.phrases import Moment, moment_of
from reputation_guard.pages.tenant_words import standing_in_words

_WORST_FIRST = (Standing.PAUSED, Standing.PROBATION, Standing.WARNED)


@dataclass(frozen=True, slots=True)
class Going:
    """An incident that goes on."""

    id: str
    tenant: str
    what: str
    since: Moment
    has_it: str
    until: Moment | None
    then: str
    then_at: Moment | None


@dataclass(frozen=True, slots=True)
class Group:
    """The tenants of one standing: their names, and a sentence about each."""

    standing: str
    tenants: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """What the operators' first page shows; of the healthy tenants it only says how many there are."""

    at: Moment
    incidents: tuple[Going, ...]
    groups: tuple[Group, ...]
    healthy: int


def overview(incidents: Iterable[tuple[Incident, Plan | None]], tenants: Iterable[Tenant], now: datetime) -> Overview:
    """The incidents that go on as they come, and the tenants by standing, the worst first."""
    known = sorted(tenants, key=lambda each: each.name)
    groups = [
        Group(standing, tuple((each.name, standing_in_words(each)) for each in known if each.standing is standing))
        for standing in _WORST_FIRST
    ]
    return Overview(
        at=moment_of(now, now),
        incidents=tuple(_going(incident, then, now) for incident, then in incidents),
        groups=tuple(group for group in groups if group.tenants),
        healthy=sum(each.standing is Standing.HEALTHY for each in known),
    )


def _going(incident: Incident, then: Plan | None, now: datetime) -> Going:
    answer = incident.answered_at(now)
    return Going(
        id=incident.id,
        tenant=incident.tenant,
        what=notice_of(incident.case).subject.removeprefix("[guard] "),
        since=moment_of(incident.opened_at, now),
        has_it=answer.by if answer else "",
        until=moment_of(answer.until, now) if answer else None,
        then=_then(incident, then),
        then_at=moment_of(max(then.at, now), now) if then else None,
    )


def _then(incident: Incident, then: Plan | None) -> str:
    match then.what if then else None:
        case Cause() as cause if then:
            return f"{rungs_in_words(incident, then.rungs)} is paged, because {cause}"
        case Outcome() as outcome:
            return f"it is closed: {outcome}"
        case _:
            return "the guard looks again"
