"""A log group of CloudWatch, followed: each event once, soon after it was written."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

_EVERY_SECONDS = 2.0
_LONGEST_REST_SECONDS = 30.0
# CloudWatch shows an event some seconds late, and not in the order of their times.
_LATE = timedelta(seconds=30)
_THROTTLED = frozenset({"ThrottlingException", "TooManyRequestsException", "LimitExceededException"})


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A line of the log and when it was written."""

    at: datetime
    text: str


@dataclass(slots=True)
class _Place:
    """How far the log was read: from when on to look again, and what was seen of that already (Unix milliseconds)."""

    since: int
    seen: dict[str, int] = field(default_factory=dict)

    def is_new(self, event: dict[str, Any]) -> bool:
        """Whether it was not seen before; now it was."""
        is_new = event["eventId"] not in self.seen
        self.seen[event["eventId"]] = event["timestamp"]
        return is_new

    def move_on(self) -> None:
        """Forget what is too old to be late."""
        latest = max(self.seen.values(), default=self.since)
        self.since = max(self.since, latest - int(_LATE.total_seconds() * 1000))
        self.seen = {ident: at for ident, at in self.seen.items() if at >= self.since}


def follow(logs: Any, group: str, since: datetime) -> Iterator[LogEvent]:
    """Every event of a log group from `since` on, for ever; it asks every two seconds, less often when throttled."""
    place, rest = _Place(int(since.timestamp() * 1000)), _EVERY_SECONDS
    while True:
        try:
            yield from _new(logs, group, place)
            rest = _EVERY_SECONDS
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _THROTTLED:
                raise
            rest = min(rest * 2, _LONGEST_REST_SECONDS)
        place.move_on()
        time.sleep(rest)


def _new(logs: Any, group: str, place: _Place) -> Iterator[LogEvent]:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=place.since)
    for page in pages:
        for event in page.get("events", []):
            if place.is_new(dict(event)):
                yield LogEvent(datetime.fromtimestamp(event["timestamp"] / 1000, UTC), event["message"].rstrip())
