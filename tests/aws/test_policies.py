"""Policies on DynamoDB: an unreadable document never stops a judgement, and what was read is believed a while."""

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reputation_guard.aws.policies import A_MINUTE, PolicyTable
from reputation_guard.domain.choice import ChosenBy, PolicyVersion
from reputation_guard.usecases.policies import Policies
from tests.aws.tables import BOOK
from tests.fakes.builders import NOW, STANDARD, ago, tenant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NIGHT = replace(STANDARD, name="night")


def spoil(dynamodb: "DynamoDBClient", key: str, expression: str) -> None:
    """Change a stored document past the guard."""
    dynamodb.update_item(
        TableName=BOOK,
        Key={"pk": {"S": "policies"}, "sk": {"S": key}},
        UpdateExpression=expression,
        ExpressionAttributeNames={"#document": "document"} | ({"#name": "name"} if "#name" in expression else {}),
        ExpressionAttributeValues={":bad": {"S": "bad"}},
    )


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("SET #document.evidence_to_pause = :bad", "evidence_to_pause: "),
        ("SET #document.from_a_later_guard = :bad", "from_a_later_guard: "),
        ("SET #document = :bad", "document: "),
        ("SET #document.#name = :bad", "name: is not the one"),
        ("SET put_at = :bad REMOVE #document.version", "ValueError"),
    ],
)
def test_while_the_last_version_cannot_be_read_the_one_before_it_is_in_force(
    dynamodb: "DynamoDBClient", caplog: pytest.LogCaptureFixture, expression: str, problem: str
) -> None:
    shelf = PolicyTable(dynamodb, BOOK)
    shelf.put(NIGHT, ago(hours=1), "ann")
    shelf.put(replace(NIGHT, version=2), NOW, "ann")
    spoil(dynamodb, "night#000002", expression)
    with caplog.at_level(logging.ERROR):
        assert list(shelf.versions("night")) == [PolicyVersion(NIGHT, ago(hours=1), "ann")]
    assert "unreadable policy night version 2" in caplog.text
    last = list(shelf.all())[-1]
    assert (last.name, last.version, last.found) == ("night", 2, None)
    assert problem in last.problem


def test_a_tenant_whose_policy_cannot_be_read_at_all_is_judged_by_the_default(dynamodb: "DynamoDBClient") -> None:
    shelf = PolicyTable(dynamodb, BOOK)
    shelf.put(NIGHT, NOW, "ann")
    spoil(dynamodb, "night#000001", "SET #document = :bad")
    chosen = Policies(shelf, "standard").of(tenant(assigned_policy="night"))
    assert (chosen.policy, chosen.by, chosen.unknown) == (STANDARD, ChosenBy.DEFAULT, "night")


def test_an_unreadable_default_falls_back_to_what_is_built_in(dynamodb: "DynamoDBClient") -> None:
    shelf = PolicyTable(dynamodb, BOOK)
    shelf.put(replace(STANDARD, version=2), NOW, "ann")
    spoil(dynamodb, "standard#000002", "SET #document = :bad")
    assert Policies(shelf, "standard").of(tenant()).policy == STANDARD


def test_all_versions_are_listed_by_name(dynamodb: "DynamoDBClient") -> None:
    shelf = PolicyTable(dynamodb, BOOK)
    for policy in (replace(NIGHT, version=2), NIGHT, replace(NIGHT, name="day")):
        shelf.put(policy, NOW, "ann")
    assert [(kept.name, kept.version) for kept in shelf.all()] == [("day", 1), ("night", 1), ("night", 2)]


def test_what_was_read_is_believed_for_a_minute(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    shelf = PolicyTable(dynamodb, BOOK, A_MINUTE)
    assert shelf.versions("night") == ()
    PolicyTable(dynamodb, BOOK).put(NIGHT, NOW, "ann")
    clock[0] += 59.0
    assert shelf.versions("night") == ()
    clock[0] += 1.0
    assert [version.policy for version in shelf.versions("night")] == [NIGHT]
