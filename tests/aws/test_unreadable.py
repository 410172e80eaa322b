"""What nobody can read in the Book, as a person or a newer guard wrote it, keeps nobody else waiting (Law 11)."""

from typing import TYPE_CHECKING, Any

import pytest

from reputation_guard.aws.book import BookTable
from reputation_guard.aws.book_items import tenant_key
from reputation_guard.aws.brake import BrakeTable
from reputation_guard.aws.incidents import IncidentTable, key_of
from reputation_guard.domain.brake import Brake
from reputation_guard.domain.decision import record_after
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports.errors import UnavailableError
from tests.aws.tables import BOOK
from tests.fakes.builders import decision

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.mark.parametrize("item", [{}, {"tenant": {"S": "no record"}}, {"tenant": {"M": {"name": {"N": "7"}}}}])
def test_a_record_that_cannot_be_read_is_one_that_cannot_be_had(
    dynamodb: "DynamoDBClient", item: dict[str, Any]
) -> None:
    """Law 11: a person, or a newer guard, wrote it; whoever asks for one of many goes on with the others."""
    dynamodb.put_item(TableName=BOOK, Item={**tenant_key("shop"), **item, "other": {"S": "so that it is there"}})
    with pytest.raises(UnavailableError):
        BookTable(dynamodb, BOOK).tenant("shop")
    dynamodb.put_item(TableName=BOOK, Item={**key_of("shop.1"), **item})
    with pytest.raises(UnavailableError):
        IncidentTable(dynamodb, BOOK).incident("shop.1")


def test_what_is_kept_by_the_brake_and_cannot_be_read_hides_nothing_else(dynamodb: "DynamoDBClient") -> None:
    """Law 11: the review tells of it each minute, and must not fall over it."""
    brake, sound = BrakeTable(dynamodb, BOOK), decision(tenant=Tenant(name="shop"))
    brake.keep(sound, record_after(sound))
    for name, item in (("bare", {}), ("torn", {"decision": {"S": "none"}})):
        dynamodb.put_item(TableName=BOOK, Item={"pk": {"S": "kept"}, "sk": {"S": name}, **item})
    assert [each.decision for each in brake.kept()] == [sound]


@pytest.mark.parametrize("item", [{}, {"brake": {"S": "none"}}])
def test_a_page_of_the_brake_that_cannot_be_read_stops_no_pause(
    dynamodb: "DynamoDBClient", item: dict[str, Any]
) -> None:
    """As if nobody had been paused; what is written next is held against its revision all the same."""
    page = {"pk": {"S": "guard"}, "sk": {"S": "brake"}, "revision": {"N": "7"}}
    dynamodb.put_item(TableName=BOOK, Item={**page, **item})
    assert BrakeTable(dynamodb, BOOK).brake() == Brake(revision=7)
