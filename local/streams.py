"""Streams of tables as AWS reads them: partial failures, retries, bisecting, a destination for what stays broken.

MiniStack counts a reported failure as success and runs all streams on one thread. This poller runs one batch per
source at a time, off the polling thread. A parallelization factor and tumbling windows change nothing here.
"""

import logging
import time
from dataclasses import dataclass, field

from local import ministack_streams as inside
from local.events import Account
from local.ministack_inside import Record, scope

log = logging.getLogger("local.streams")


@dataclass(slots=True)
class Streams:
    """All streams of this AWS, and how long one rests after a failure before its batch is tried again."""

    seconds_of_rest: float = 0.5
    _attempts: dict[tuple[str, int], int] = field(default_factory=dict)

    def poll(self) -> bool:
        """Start a batch for every source that has records, and say whether there was one."""
        found = False
        for account, source in inside.stream_sources():
            with scope(account):
                if not inside.is_busy(source):
                    found = self._start_batch(account, source) or found
        return found

    def _start_batch(self, account: Account, source: Record) -> bool:
        position, records = inside.next_records(source)
        if not records:
            return False
        if inside.wanted(source, records):
            inside.in_background(source, self._run, account, source, position, records)
        else:
            inside.checkpoint(source, position + len(records))
        return True

    def _run(self, account: Account, source: Record, position: int, records: list[Record]) -> None:
        with scope(account):
            done = self._deliver(source, position, records)
            inside.checkpoint(source, position + done)
            if done < len(records):
                inside.wait_after_failure(source, self.seconds_of_rest)

    def _deliver(self, source: Record, position: int, records: list[Record]) -> int:
        """Invoke with the wanted of these records, and return how many of them need no further attempt."""
        wanted = inside.wanted(source, records)
        if not wanted:
            return len(records)
        answer = inside.invoke_for(source, wanted)
        log.info("%s was given %d records\n%s", source["FunctionName"], len(wanted), answer.get("log", ""))
        done = _first_failed(source, records, answer)
        if done == len(records):
            self._attempts.pop((source["UUID"], position), None)
        if done > 0:
            return done
        throttled = bool(answer.get("throttle"))
        if len(records) > 1 and source.get("BisectBatchOnFunctionError") and not throttled:
            return self._deliver_halves(source, position, records)
        # A throttled invocation is no attempt: it waits, for as long as the record's age allows.
        exhausted = not throttled and self._is_exhausted(source, position)
        if exhausted or _is_too_old(source, wanted):
            inside.give_up_on(source, wanted, answer, "RetryAttemptsExhausted" if exhausted else "MaxRecordAgeExceeded")
            return len(records)
        return 0

    def _deliver_halves(self, source: Record, position: int, records: list[Record]) -> int:
        middle = len(records) // 2
        done = self._deliver(source, position, records[:middle])
        if done < middle:
            return done
        return middle + self._deliver(source, position + middle, records[middle:])

    def _is_exhausted(self, source: Record, position: int) -> bool:
        limit = int(source.get("MaximumRetryAttempts", -1))
        key = (source["UUID"], position)
        self._attempts[key] = self._attempts.get(key, 0) + 1
        if limit < 0 or self._attempts[key] <= limit:
            return False
        del self._attempts[key]
        return True


def _first_failed(source: Record, records: list[Record], answer: Record) -> int:
    """Return the index of the first record to try again; the number of records if there is none."""
    if answer.get("error"):
        log.warning("%s failed: %s", source["FunctionName"], answer.get("body"))
        return 0
    if "ReportBatchItemFailures" not in source.get("FunctionResponseTypes", []):
        return len(records)
    failures = (answer.get("body") or {}).get("batchItemFailures") or []
    failed = {failure.get("itemIdentifier") for failure in failures}
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    if failed - set(numbers):
        # As on AWS, an identifier that is not in the batch fails the whole batch.
        return 0
    return next((index for index, number in enumerate(numbers) if number in failed), len(records))


def _is_too_old(source: Record, records: list[Record]) -> bool:
    limit = int(source.get("MaximumRecordAgeInSeconds", -1))
    oldest = min(float(record["dynamodb"]["ApproximateCreationDateTime"]) for record in records)
    return 0 < limit < time.time() - oldest
