"""Incidents in memory, and the bell of whoever waits: the same meaning as their table, by the same contract tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from reputation_guard.domain.incident import Incident
from reputation_guard.ports.errors import StaleError


@dataclass(slots=True)
class InMemoryIncidents:
    """`ports.incidents.Incidents`."""

    incidents: dict[str, Incident] = field(default_factory=dict)
    latest: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    leader: str | None = None

    def incident(self, incident_id: str) -> Incident | None:
        return self.incidents.get(incident_id)

    def open(self, incident: Incident) -> None:
        latest = self.latest_of(incident.subject)
        is_late = latest is not None and _version(latest) > _version(incident)
        if incident.id in self.incidents or is_late:
            raise StaleError(incident.id)
        self.incidents[incident.id] = incident
        self.latest[incident.subject] = incident.id

    def save(self, before: Incident, after: Incident) -> Incident:
        if self.incidents[before.id].revision != before.revision:
            raise StaleError(before.id)
        saved = replace(after, revision=before.revision + 1)
        self.incidents[saved.id] = saved
        return saved

    def latest_of(self, subject: str) -> Incident | None:
        found = self.latest.get(subject)
        return self.incidents[found] if found else None

    def open_ones(self) -> Sequence[Incident]:
        return sorted((each for each in self.incidents.values() if each.is_open), key=lambda each: each.opened_at)

    def wait(self, incident: Incident, token: str) -> bool:
        if self.incidents[incident.id].revision != incident.revision:
            return False
        self.tokens[incident.id] = token
        return True

    def waiting(self, incident_id: str) -> str | None:
        return self.tokens.get(incident_id)

    def group_leader(self) -> str | None:
        return self.leader

    def lead_group(self, read: str | None, incident_id: str) -> None:
        if self.leader != read:
            raise StaleError(incident_id)
        self.leader = incident_id


def _version(incident: Incident) -> int:
    return incident.case.decision.tenant.version


@dataclass(slots=True)
class InMemoryExecutions:
    """`ports.incidents.Executions`: all run but those that have `ended`."""

    ended: set[str] = field(default_factory=set)

    def is_running(self, execution: str) -> bool:
        return execution not in self.ended


@dataclass(slots=True)
class InMemoryDoorbell:
    """`ports.incidents.Doorbell`: the tokens that were rung, in their order."""

    rung: list[str] = field(default_factory=list)

    def ring(self, token: str) -> None:
        self.rung.append(token)
