"""Streams of tables as event sources: what AWS promises and MiniStack alone does not keep."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.aws import EmbeddedAws

pytestmark = pytest.mark.embedded

CODE = """
import os

def handler(event, context):
    for record in event["Records"]:
        name = record["dynamodb"]["Keys"]["pk"]["S"]
        if name.startswith("poison"):
            raise RuntimeError(name)
        if name.startswith("reported"):
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
        with open(os.environ["SEEN"], "a") as seen:
            print(name, file=seen)
"""
RETRIES = 1


@pytest.fixture(scope="module")
def world(embedded_aws: EmbeddedAws, new_function: Callable[..., str]) -> dict[str, Any]:
    """A table whose stream wakes a function that writes what it saw, and a queue for what it gave up on."""
    names = ("dynamodb", "lambda", "sqs", "s3", "cloudwatch")
    found: dict[str, Any] = {name: embedded_aws.client(name) for name in names}
    found["seen"] = embedded_aws.folder / "seen"
    found["seen"].touch()
    found["failures"] = found["sqs"].create_queue(QueueName="failures")["QueueUrl"]
    new_function("watcher", CODE, SEEN=str(found["seen"]))
    found["lambda"].create_event_source_mapping(
        EventSourceArn=_create_table(found["dynamodb"]),
        FunctionName="watcher",
        StartingPosition="TRIM_HORIZON",
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=RETRIES,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        FilterCriteria={
            "Filters": [{"Pattern": '{"dynamodb": {"Keys": {"pk": {"S": [{"anything-but": "unwanted"}]}}}}'}]
        },
        DestinationConfig={"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:failures"}},
    )
    embedded_aws.control("/_local/warm")
    embedded_aws.control("/_local/streams", SecondsOfRest=0.05)
    return found


def _create_table(dynamodb: Any) -> str:
    stream: str = dynamodb.create_table(
        TableName="watched",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]["LatestStreamArn"]
    return stream


def write(world: dict[str, Any], *names: str) -> None:
    """Write items in one transaction, so that they are in one batch."""
    world["dynamodb"].transact_write_items(
        TransactItems=[{"Put": {"TableName": "watched", "Item": {"pk": {"S": name}}}} for name in names]
    )


def has_seen(world: dict[str, Any], *names: str) -> bool:
    """Whether the function saw all of these items."""
    return set(names) <= set(world["seen"].read_text().splitlines())


@pytest.mark.parametrize("failing", ["poison", "reported"])
def test_a_record_that_always_fails_ends_in_the_destination_and_its_neighbours_go_through(
    world: dict[str, Any], eventually: Callable[..., Any], failing: str
) -> None:
    write(world, f"{failing}-a", f"{failing[0]}-b", "unwanted", f"{failing}-c", f"{failing[0]}-d")
    assert eventually(lambda: has_seen(world, f"{failing[0]}-b", f"{failing[0]}-d"))
    letters: list[dict[str, Any]] = []

    def both_arrived() -> bool:
        letters.extend(receive(world))
        return len(letters) == len(["a", "c"])

    assert eventually(both_arrived)
    assert {letter["requestContext"]["condition"] for letter in letters} == {"RetryAttemptsExhausted"}
    assert {letter["DDBStreamBatchInfo"]["batchSize"] for letter in letters} == {1}
    assert not has_seen(world, "unwanted")


def test_a_bucket_as_destination_gets_the_records_whole(world: dict[str, Any], eventually: Callable[..., Any]) -> None:
    [mapping] = world["lambda"].list_event_source_mappings(FunctionName="watcher")["EventSourceMappings"]
    world["s3"].create_bucket(Bucket="kept")

    def send_to(destination: str) -> None:
        config = {"OnFailure": {"Destination": destination}}
        world["lambda"].update_event_source_mapping(UUID=mapping["UUID"], DestinationConfig=config)

    send_to("arn:aws:s3:::kept")
    write(world, "poison-whole")
    assert eventually(lambda: world["s3"].list_objects_v2(Bucket="kept")["KeyCount"])
    [found] = world["s3"].list_objects_v2(Bucket="kept")["Contents"]
    assert found["Key"].startswith(f"aws/lambda/{mapping['UUID']}/shardId-")
    kept = json.load(world["s3"].get_object(Bucket="kept", Key=found["Key"])["Body"])
    [record] = json.loads(kept["payload"])["Records"]
    assert record["dynamodb"]["NewImage"] == {"pk": {"S": "poison-whole"}}
    send_to(mapping["DestinationConfig"]["OnFailure"]["Destination"])


def receive(world: dict[str, Any]) -> list[dict[str, Any]]:
    """Take what is in the queue of failures."""
    messages = world["sqs"].receive_message(QueueUrl=world["failures"], MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        world["sqs"].delete_message(QueueUrl=world["failures"], ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


def throttles(world: dict[str, Any]) -> float:
    """How often the function was throttled so far."""
    now = datetime.now(UTC)
    found = world["cloudwatch"].get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Throttles",
        Dimensions=[{"Name": "FunctionName", "Value": "watcher"}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    total: float = sum(point["Sum"] for point in found)
    return total


def test_a_throttled_invocation_waits_and_is_no_attempt(world: dict[str, Any], eventually: Callable[..., Any]) -> None:
    world["lambda"].put_function_concurrency(FunctionName="watcher", ReservedConcurrentExecutions=0)
    write(world, "patient")
    assert eventually(lambda: throttles(world) > 1 + RETRIES)
    assert not has_seen(world, "patient")
    world["lambda"].delete_function_concurrency(FunctionName="watcher")
    assert eventually(lambda: has_seen(world, "patient"))
    assert receive(world) == []
