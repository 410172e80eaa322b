"""Channels, receipts and waiting warnings in memory: the same meaning as on AWS, by the same contract tests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reputation_guard.domain.notice import Channel, Notice
from reputation_guard.ports.notices import Receipt


@dataclass(slots=True)
class InMemoryBoard:
    """`ports.notices.NoticeBoard`. `errors` is what a channel answers instead, until it is taken away."""

    posted: list[tuple[Channel, Notice]] = field(default_factory=list)
    errors: dict[Channel, Exception] = field(default_factory=dict)

    def post(self, notice: Notice, channel: Channel) -> str:
        if error := self.errors.get(channel):
            raise error
        self.posted.append((channel, notice))
        return f"{channel}-{len(self.posted)}"

    @property
    def channels(self) -> list[Channel]:
        """Where something was posted, in order."""
        return [channel for channel, _ in self.posted]


@dataclass(slots=True)
class InMemoryReceipts:
    """`ports.notices.Receipts`."""

    kept: dict[tuple[str, Channel], tuple[str, Receipt]] = field(default_factory=dict)

    def of_notice(self, notice: Notice) -> Sequence[Receipt]:
        return [receipt for _, receipt in self.kept.values() if receipt.notice == notice.id]

    def of_incident(self, incident_id: str) -> Sequence[Receipt]:
        found = [receipt for incident, receipt in self.kept.values() if incident == incident_id]
        return sorted(found, key=lambda receipt: receipt.at)

    def note(self, receipt: Receipt, notice: Notice) -> None:
        self.kept[receipt.notice, receipt.meant] = notice.incident, receipt


@dataclass(slots=True)
class InMemoryShelf:
    """`ports.notices.WarningShelf`."""

    waiting: dict[str, tuple[datetime, Notice]] = field(default_factory=dict)

    def keep(self, notice: Notice, due: datetime) -> None:
        self.waiting[notice.id] = due, notice

    def due(self, now: datetime) -> Sequence[Notice]:
        due = [each for each in self.waiting.values() if each[0] <= now]
        return [notice for _, notice in sorted(due, key=lambda each: each[0])]

    def forget(self, warnings: Iterable[Notice]) -> None:
        for notice in warnings:
            self.waiting.pop(notice.id, None)
