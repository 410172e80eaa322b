"""The way of a notice to people, and what is kept of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reputation_guard.domain.notice import Channel, Notice


class NoticeBoard(Protocol):
    """Where notices reach people."""

    def post(self, notice: Notice, channel: Channel) -> str:
        """Hand a notice to a channel; returns what the channel's API calls what it accepted."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A channel's API accepted a notice. `meant`: the channel it was for, if another took its place.

    `accepted_as`: what SNS calls it; of PagerDuty and the webhook "EventBridge ID", since EventBridge has accepted it
    and not yet the channel, whose refusals are dead letters.
    """

    notice: str
    meant: Channel
    channel: Channel
    accepted_as: str
    at: datetime


class Receipts(Protocol):
    """What was accepted, kept for 30 days."""

    def of_notice(self, notice: Notice) -> Sequence[Receipt]:
        """The receipts of a notice, as they are this very moment."""

    def of_incident(self, incident_id: str) -> Sequence[Receipt]:
        """The receipts of all notices of an incident, the earliest first."""

    def note(self, receipt: Receipt, notice: Notice) -> None:
        """Keep a receipt; the same again changes nothing."""


class WarningShelf(Protocol):
    """The warnings that wait for their digest."""

    def keep(self, notice: Notice, due: datetime) -> None:
        """Keep a warning; the same again changes nothing."""

    def due(self, now: datetime) -> Sequence[Notice]:
        """The warnings that are due, the longest due first, up to a mail's worth; what cannot be read is left out."""

    def forget(self, warnings: Iterable[Notice]) -> None:
        """They were told."""


class LinkMaker(Protocol):
    """The way to an incident's page."""

    def link_to(self, incident_id: str, now: datetime) -> str:
        """A link for whoever reads the notice; "" where there is no such page."""
