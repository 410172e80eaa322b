"""A batch from a queue: what can be read, what cannot, and the answer that sends only the latter back."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeGuard, TypeVar

from reputation_guard.wire import MalformedError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """The records of a batch by their id: what was read, and what was wrong with the others."""

    read: dict[str, T]
    malformed: dict[str, MalformedError]


def is_batch(event: object) -> TypeGuard[dict[str, Any]]:
    """Whether it is a queue that calls, and no person, who may send any JSON."""
    records = event.get("Records") if isinstance(event, dict) else None
    return isinstance(records, list) and all(isinstance(each, dict) and "messageId" in each for each in records)


def read_batch(event: Mapping[str, Any], parse: Callable[[str], T]) -> Batch[T]:
    """Read every record of an SQS event by itself: one that is malformed takes none of its neighbours along."""
    batch: Batch[T] = Batch({}, {})
    for record in event["Records"]:
        try:
            batch.read[record["messageId"]] = parse(record["body"])
        except MalformedError as error:
            batch.malformed[record["messageId"]] = error
    return batch


def last_chances(event: Mapping[str, Any], receives: int) -> frozenset[str]:
    """The records that are here for the last of so many times, and go to the dead letters if they fail once more."""
    return frozenset(
        record["messageId"]
        for record in event["Records"]
        if int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)) >= receives
    )


def waits(event: Mapping[str, Any], now: datetime) -> dict[str, timedelta]:
    """How long each record had waited in its queue at `now`; what does not say when it got there, had not."""
    sent = ((record["messageId"], record.get("attributes", {}).get("SentTimestamp")) for record in event["Records"])
    return {name: now - datetime.fromtimestamp(int(at) / 1000, UTC) for name, at in sent if at}


def failures(records: Iterable[str]) -> dict[str, Any]:
    """The answer that makes SQS deliver these records again, and no others."""
    return {"batchItemFailures": [{"itemIdentifier": record} for record in sorted(records)]}
