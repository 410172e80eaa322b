"""The incidents, and the escalations that run for them."""

from collections.abc import Sequence
from typing import Protocol

from reputation_guard.domain.incident import Incident


class Incidents(Protocol):
    """The incidents. Whoever writes names the revision he read, or gets a `StaleError`."""

    def incident(self, incident_id: str) -> Incident | None:
        """An incident, as it is this very moment."""

    def open(self, incident: Incident) -> None:
        """Write a new incident down, as its subject's latest. `StaleError`: there is one of this id, or a later one."""

    def save(self, before: Incident, after: Incident) -> Incident:
        """Replace an incident; the saved one has the next revision."""

    def latest_of(self, subject: str) -> Incident | None:
        """The latest incident of a tenant, or of one kind of trouble of the account, open or not."""

    def open_ones(self) -> Sequence[Incident]:
        """All incidents that go on, the oldest first; what cannot be read is left out."""

    def wait(self, incident: Incident, token: str) -> bool:
        """Note who waits for signals; False where the incident is not as it was read, so that nobody should wait."""

    def waiting(self, incident_id: str) -> str | None:
        """The token of who waits for signals."""

    def group_leader(self) -> str | None:
        """The incident that was the last to begin a group of pages."""

    def lead_group(self, read: str | None, incident_id: str) -> None:
        """Begin a group of pages. `StaleError`: another did meanwhile."""


class Executions(Protocol):
    """The escalations that run."""

    def is_running(self, execution: str) -> bool:
        """Whether an execution goes on; one that nobody knows does not."""


class Doorbell(Protocol):
    """The way to an escalation that waits."""

    def ring(self, token: str) -> None:
        """End the wait of this token; one that is over by now is left alone."""
