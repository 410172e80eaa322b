"""What streams of DynamoDB tables lean on inside MiniStack, as event sources of functions."""
# ruff: noqa: SLF001 -- private names are what this module is for

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Timer
from uuid import uuid4

from ministack.services import dynamodb, lambda_svc, s3

from local.events import Account
from local.ministack_inside import Record

_SHARD = "shardId-00000000000000000000-00000000"
_BUCKET = "arn:aws:s3:::"


def poll_streams_with(poll: Callable[[], bool]) -> None:
    """Replace MiniStack's stream poller; `poll` says whether it found work."""
    lambda_svc._poll_dynamodb_streams = poll


def stream_sources() -> Iterator[tuple[Account, Record]]:
    """Yield every enabled event source mapping that reads a table's stream, and its account."""
    for account_id, region, source in lambda_svc._iter_all_esms():
        if ":dynamodb:" in source.get("EventSourceArn", "") and source.get("Enabled", True):
            yield Account(account_id, region), source


def is_busy(source: Record) -> bool:
    """Whether a batch of this source is running or waiting out a failure."""
    waiting_until: float = lambda_svc._esm_backoff_until.get(source["UUID"], 0)
    return bool(lambda_svc._esm_inflight.get(source["UUID"])) or waiting_until > time.monotonic()


def wait_after_failure(source: Record, seconds: float) -> None:
    """Let a source rest before its batch is tried again, and wake the poller then: it would sleep for a second."""
    lambda_svc._esm_backoff_until[source["UUID"]] = time.monotonic() + seconds
    wake = Timer(seconds, lambda_svc._esm_wake.set)
    wake.daemon = True
    wake.start()


def next_records(source: Record) -> tuple[int, list[Record]]:
    """Return the position a source reads from and the records there, unfiltered."""
    table_name = source["EventSourceArn"].split("/")[1]
    table = dynamodb._tables.get(table_name)
    if not table or table.get("LatestStreamArn") != source["EventSourceArn"]:
        return 0, []
    start = dynamodb.stream_start_position(table_name)
    with lambda_svc._dynamodb_stream_positions_lock:
        latest = source.get("StartingPosition") != "TRIM_HORIZON"
        first = dynamodb.stream_end_position(table_name) if latest else start
        position = max(lambda_svc._dynamodb_stream_positions.setdefault(source["UUID"], first), start)
    return position, dynamodb.stream_records_since(table_name, position, source.get("BatchSize", 100))


def checkpoint(source: Record, position: int) -> None:
    """Record that everything before a position is done."""
    with lambda_svc._dynamodb_stream_positions_lock:
        lambda_svc._dynamodb_stream_positions[source["UUID"]] = position


def wanted(source: Record, records: list[Record]) -> list[Record]:
    """Return the records that the source's filters let through."""
    kept: list[Record] = lambda_svc._apply_filter_criteria(records, source)
    return kept


def in_background(source: Record, work: Callable[..., None], *arguments: object) -> None:
    """Run a batch off the polling thread; `is_busy` holds until it ends."""
    lambda_svc._dispatch_esm_batch(source["UUID"], work, *arguments)


def invoke_for(source: Record, records: list[Record]) -> Record:
    """Invoke a source's function with records; `error` in the answer tells a failure."""
    answer: Record = lambda_svc._execute_function(_function_of(source), {"Records": records})
    return answer


def give_up_on(source: Record, records: list[Record], answer: Record, condition: str) -> None:
    """Send what AWS sends to a source's destination for failures."""
    function = _function_of(source)
    destination = (source.get("DestinationConfig") or {}).get("OnFailure", {}).get("Destination", "")
    if destination.startswith(_BUCKET):
        _keep_whole(source, records, destination.removeprefix(_BUCKET), condition)
        return
    lambda_svc._send_ddb_stream_failure_record(source, function, records, source["EventSourceArn"], answer, condition)


def _keep_whole(source: Record, records: list[Record], bucket: str, condition: str) -> None:
    """Put a failed batch into a bucket, by the name and with the payload that AWS documents for it."""
    now = datetime.now(UTC)
    key = f"aws/lambda/{source['UUID']}/{_SHARD}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid4()}"
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    kept = {
        "requestContext": {
            "requestId": str(uuid4()),
            "functionArn": source["FunctionArn"],
            "condition": condition,
            "approximateInvokeCount": int(source.get("MaximumRetryAttempts", 0)) + 1,
        },
        "version": "1.0",
        "timestamp": f"{now:%Y-%m-%dT%H:%M:%S.000Z}",
        "DDBStreamBatchInfo": {
            "shardId": _SHARD,
            "startSequenceNumber": numbers[0],
            "endSequenceNumber": numbers[-1],
            "batchSize": len(records),
            "streamArn": source["EventSourceArn"],
        },
        "payload": json.dumps({"Records": records}, default=str),
    }
    s3._put_object(bucket, key, json.dumps(kept).encode(), {})


def _function_of(source: Record) -> Record:
    found: tuple[Record, Record] = lambda_svc._get_func_record_for_qualifier(
        source["FunctionName"], source.get("Qualifier")
    )
    return found[0]
