"""What samples do: one function for each event, made safe by Powertools' idempotency, with the raw event kept beside.

A real handler with its whole SDK; only the socket is not there. It is here to be compared with, and deployed by nobody.
"""

import json
import os
import time
from collections.abc import Iterable
from contextlib import redirect_stdout
from types import SimpleNamespace
from typing import Any
from unittest import mock

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from bench.cost.prices import EVENTS, GB_SECONDS, INVOCATIONS, LOG, WRITES, Usage
from bench.cost.world import LINES_OF_LAMBDA_BYTES, Body, Size, seconds_of
from bench.load.mails import Message
from bench.sizes import item_bytes, write_units
from tests.chaos.deployment import ENVIRONMENT

TABLE = "naive"
CALLS_AN_EVENT = 4
MEMORY_MB = 512


def measure_naive(messages: Iterable[Message]) -> tuple[Usage, int, int]:
    """What this design would use for these events; the calls it made, and the events there were."""
    log, usage, state = Size(), Usage(), {"calls": 0, "apart": 0.0}
    with mock.patch.dict(os.environ, ENVIRONMENT), redirect_stdout(log):
        handler, events, spent = _handler(_dynamodb(usage, state)), 0, 0.0
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: 30_000)
        for message in messages:
            event, began = json.loads(message.body), time.process_time()
            handler(event, context)
            spent += time.process_time() - began
            events += 1
    cpu = (spent - state["apart"]) / events
    usage[EVENTS] += events
    usage[INVOCATIONS] += events
    usage[GB_SECONDS] += events * seconds_of(cpu, CALLS_AN_EVENT, MEMORY_MB) * MEMORY_MB / 1024  # type: ignore[assignment] # a fraction
    usage[LOG] += log.bytes + events * LINES_OF_LAMBDA_BYTES
    return usage, int(state["calls"]), events


def _dynamodb(usage: Usage, state: dict[str, float]) -> Any:
    connect: Any = boto3.client
    client = connect("dynamodb", region_name="us-east-1")

    def answer(request: Any, **_: object) -> AWSResponse:
        began = time.process_time()
        asked = json.loads(request.body)
        # All that this design writes is new, or as large as it was.
        item = asked.get("Item") or {**asked["Key"], **asked["ExpressionAttributeValues"]}
        usage[WRITES] += write_units(0, item_bytes(item))
        state["calls"] += 1
        state["apart"] += time.process_time() - began
        return AWSResponse(request.url, 200, HTTPHeaders(), Body(b"{}"))

    client.meta.events.register("before-send.dynamodb", answer)
    return client


def _handler(dynamodb: Any) -> Any:
    logger = Logger(service="naive", level="INFO")
    layer = DynamoDBPersistenceLayer(
        table_name=TABLE, key_attr="pk", sort_key_attr="sk", static_pk_value="idempotency", boto3_client=dynamodb
    )

    @idempotent(persistence_store=layer, config=IdempotencyConfig(event_key_jmespath="id"))
    def handler(event: dict[str, Any], _context: Any) -> dict[str, str]:
        mail, kind = event["detail"]["mail"], event["detail-type"]
        tenant, hour = mail["tags"]["ses:tenant-name"][0], mail["timestamp"][:13]
        raw = {"pk": {"S": f"raw#{tenant}"}, "sk": {"S": event["id"]}, "event": {"S": json.dumps(event)}}
        dynamodb.put_item(TableName=TABLE, Item=raw)
        dynamodb.update_item(
            TableName=TABLE,
            Key={"pk": {"S": f"tenant#{tenant}"}, "sk": {"S": hour}},
            UpdateExpression="ADD sends :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        logger.info("counted", extra={"tenant": tenant, "kind": kind, "mail": mail["messageId"]})
        return {"counted": event["id"]}

    return handler
