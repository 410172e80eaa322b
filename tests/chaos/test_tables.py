"""The tables in memory answer every call of a story as moto's do: what passes on them is no wishful thinking."""

from collections.abc import Mapping
from typing import Any
from unittest import mock

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.aws.tables import create_tables
from tests.chaos.faults import Faults
from tests.chaos.processes import in_a_world
from tests.chaos.story import Story
from tests.chaos.tables import Tables
from tests.chaos.world import World

Call = tuple[str, Mapping[str, Any], Any]
_CALLS = 600


def test_they_answer_the_calls_of_a_story_as_moto_does() -> None:
    calls = calls_of_a_story()[:_CALLS]
    seen = {operation for operation, _, _ in calls}
    assert seen == {"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "TransactWriteItems"}
    assert any(isinstance(answer, tuple) for _, _, answer in calls), "some condition did not hold"
    with mock_aws():
        connect: Any = boto3.client
        dynamodb = connect("dynamodb", region_name="us-east-1")
        create_tables(dynamodb)
        for operation, asked, answer in calls:
            assert answer_of_moto(dynamodb, operation, asked) == answer, (operation, asked)


def calls_of_a_story() -> list[Call]:
    """The calls to DynamoDB, each with the answer it got, in their order."""
    calls: list[Call] = []
    call = Tables.call

    def recorded(tables: Tables, operation: str, asked: Mapping[str, Any]) -> Any:
        try:
            answer = call(tables, operation, asked)
        except ClientError as error:
            calls.append((operation, asked, refusal_of(error)))
            raise
        calls.append((operation, asked, told(answer)))
        return answer

    world = World(Faults(3, rate=0.02, deliveries=0.02))
    with (
        mock.patch.object(Tables, "call", recorded),
        in_a_world(world.call, world.clock_of_functions, world.sleep, world.settings),
    ):
        Story(world).begin()
        world.pass_time(minutes=10)
    return calls


def answer_of_moto(dynamodb: Any, operation: str, asked: Mapping[str, Any]) -> Any:
    try:
        return told(dynamodb._make_api_call(operation, asked))
    except ClientError as error:
        return refusal_of(error)


def told(answer: Mapping[str, Any]) -> Any:
    """What an adapter reads of an answer; sets have no order."""
    if answer.get("Count") and not answer.get("Items"):
        return answer["Count"]
    items = [*answer.get("Items", ()), answer.get("Item", {}), answer.get("Attributes", {})]
    return [{name: _without_order(value) for name, value in item.items()} for item in items]


def _without_order(value: Mapping[str, Any]) -> Any:
    ((kind, inner),) = value.items()
    return (kind, sorted(inner)) if kind in {"SS", "BS"} else value


def refusal_of(error: ClientError) -> tuple[str, ...]:
    reasons: Any = error.response.get("CancellationReasons", [])
    return (error.response["Error"]["Code"], *(reason["Code"] for reason in reasons))
