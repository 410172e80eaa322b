"""Where the guard speaks to, in memory: the guard bus, the enforcer's bell; and whose the sets are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.escalation import IncidentAnnouncement

_A_MINUTES_WORTH = 20


@dataclass(slots=True)
class InMemoryBus:
    """`ports.outlets.Announcer`. `error` is what it answers instead."""

    announced: list[Announcement] = field(default_factory=list)
    of_incidents: list[IncidentAnnouncement] = field(default_factory=list)
    error: Exception | None = None

    def announce(self, announcement: Announcement | IncidentAnnouncement) -> None:
        if self.error:
            raise self.error
        if isinstance(announcement, Announcement):
            self.announced.append(announcement)
        else:
            self.of_incidents.append(announcement)

    @property
    def names(self) -> list[str]:
        """The names of the guard events, in the order they were announced."""
        return [each.name for each in self.announced]


@dataclass(slots=True)
class Diary:
    """`ports.outlets.Reminder`."""

    delays: list[timedelta] = field(default_factory=list)

    def remind_in(self, delay: timedelta) -> None:
        self.delays.append(delay)


@dataclass(slots=True)
class Bell:
    """`ports.outlets.Waker`."""

    rung: int = 0

    def wake(self) -> None:
        self.rung += 1


@dataclass(slots=True)
class InMemoryOwners:
    """`ports.owners.SetOwners`; what was never asked for was asked for at the beginning of time."""

    tenants: dict[str, str] = field(default_factory=dict)
    asked: dict[str, datetime | None] = field(default_factory=dict)

    def known(self) -> Mapping[str, str]:
        return {name: tenant for name, tenant in self.tenants.items() if tenant}

    def note_unattributed(self, configuration_sets: Iterable[str]) -> None:
        for name in configuration_sets:
            self.asked.setdefault(name, None)

    def to_look_up(self, now: datetime) -> Sequence[str]:
        waiting = sorted(
            (at.timestamp() if at else 0.0, name)
            for name, at in self.asked.items()
            if at is None or at < now - timedelta(hours=1)
        )
        return [name for _, name in waiting][:_A_MINUTES_WORTH]

    def note(self, configuration_set: str, tenant: str, now: datetime) -> None:
        self.tenants[configuration_set], self.asked[configuration_set] = tenant, now
