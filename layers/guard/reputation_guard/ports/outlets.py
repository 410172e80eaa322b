"""The ways out of a function: to subscribers, to the next review, to the enforcer."""

from datetime import timedelta
from typing import Protocol

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.escalation import IncidentAnnouncement


class Announcer(Protocol):
    """The guard bus."""

    def announce(self, announcement: Announcement | IncidentAnnouncement) -> None:
        """Publish a guard event; at least once, with one id."""


class Reminder(Protocol):
    """The way to the review between its minutes."""

    def remind_in(self, delay: timedelta) -> None:
        """Have a review look at what is due after `delay`. It may be lost: the minute review comes anyway."""


class Waker(Protocol):
    """The way to the enforcer."""

    def wake(self) -> None:
        """Have pending decisions carried out now."""
