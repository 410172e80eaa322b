"""Plays traffic through the default bus, faster than life, until SES stops a tenant."""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Event
from typing import Any

from local import events
from local.traffic import Report, ReportKind
from reputation_guard.domain.sending import Sending

_A_CALL = 10  # PutEvents takes no more.
_CALLERS = 3
# With more calls waiting than this the embedded AWS is behind, and the traffic waits for it.
_CALLS_WAITING = 6
_SECONDS_BETWEEN_TICKS = 0.02
_SECONDS_BETWEEN_QUESTIONS = 0.2


class NotTakenError(Exception):
    """The bus did not take an event; the arguments are its code and its words."""


@dataclass(frozen=True, slots=True)
class SesSays:
    """SES's record of one tenant; `since` is when somebody last changed it."""

    sending: Sending
    since: datetime | None = None
    cause: str = ""


@dataclass(slots=True)
class Gate:
    """SES's word on who may send, all tenants in one call."""

    ses: Any
    says: dict[str, SesSays] = field(default_factory=dict)
    asked: float = float("-inf")

    def ask(self) -> dict[str, SesSays]:
        """Ask SES now."""
        self.asked = time.monotonic()
        found = self.ses.list_reputation_entities()["ReputationEntities"]
        self.says = dict(map(_said, found))
        return self.says

    def lets_through(self, tenant: str) -> bool:
        """Whether a tenant may send, as SES said a moment ago."""
        if time.monotonic() - self.asked > _SECONDS_BETWEEN_QUESTIONS:
            self.ask()
        return self.says[tenant].sending is not Sending.DISABLED


def _said(entity: dict[str, Any]) -> tuple[str, SesSays]:
    record = entity.get("CustomerManagedStatus", {})
    name = entity["ReputationEntityReference"].split("/")[1]
    says = SesSays(
        Sending(entity["SendingStatusAggregate"]), record.get("LastUpdatedTimestamp"), record.get("Cause", "")
    )
    return name, says


@dataclass(frozen=True, slots=True)
class Put:
    """A report, and when it was handed to the bus."""

    report: Report
    at: datetime


@dataclass(slots=True)
class Player:
    """Puts reports on the bus, several callers at once; keeps what was put, and which mails were never sent."""

    bus: Any
    gate: Gate
    put: list[Put] = field(default_factory=list)
    stopped: Event = field(default_factory=Event)
    _unsent: set[str] = field(default_factory=set)

    def play(self, reports: Sequence[Report], start: datetime, until: datetime, speed: float) -> None:
        """Play from `start` to `until`, `speed` times as fast as life; returns when all is put, or it was stopped."""
        began = time.monotonic()
        waiting = deque(report for report in reports if report.at < until)
        with ThreadPoolExecutor(_CALLERS, thread_name_prefix="bus") as callers:
            calls: set[Future[None]] = set()
            while waiting and not self.stopped.is_set():
                now = start + timedelta(seconds=(time.monotonic() - began) * speed)
                calls = self._submit(_due(waiting, now), callers, calls)
                time.sleep(_SECONDS_BETWEEN_TICKS)
            _raise_first(calls)

    def put_all(self, reports: Iterable[Report]) -> int:
        """Put reports at once, one call after the other, and return how many were put."""
        before = len(self.put)
        for call in _calls(filter(self._happens, reports)):
            self._put(call)
        return len(self.put) - before

    def _submit(
        self, due: Iterable[Report], callers: ThreadPoolExecutor, calls: set[Future[None]]
    ) -> set[Future[None]]:
        for call in _calls(filter(self._happens, due)):
            calls.add(callers.submit(self._put, call))
            if len(calls) > _CALLS_WAITING:
                done, calls = wait(calls, return_when=FIRST_COMPLETED)
                _raise_first(done)
        return calls

    def _happens(self, report: Report) -> bool:
        """Whether it comes to this: a stopped tenant's mail is not sent, and nothing of it comes back."""
        if report.kind is ReportKind.SEND and not self.gate.lets_through(report.tenant):
            self._unsent.add(report.mail.message_id)
        return report.mail.message_id not in self._unsent

    def _put(self, reports: Sequence[Report]) -> None:
        at = datetime.now(UTC)
        answer = self.bus.put_events(Entries=[events.as_entry(report.event()) for report in reports])
        if answer["FailedEntryCount"]:
            refused = next(entry for entry in answer["Entries"] if "ErrorCode" in entry)
            raise NotTakenError(refused["ErrorCode"], refused.get("ErrorMessage", ""))
        self.put.extend(Put(report, at) for report in reports)


def _due(waiting: deque[Report], now: datetime) -> Iterator[Report]:
    while waiting and waiting[0].at <= now:
        yield waiting.popleft()


def _calls(reports: Iterator[Report]) -> Iterator[Sequence[Report]]:
    while call := tuple(islice(reports, _A_CALL)):
        yield call


def _raise_first(calls: Iterable[Future[None]]) -> None:
    for call in calls:
        call.result()
