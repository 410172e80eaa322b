"""Every configuration set on record, for people: the port's `known` names only those that are one tenant's."""

from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber

from reputation_guard.aws.owners import OwnersTable
from tests.aws.tables import COUNTS
from tests.fakes.builders import NOW

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def owners(dynamodb: "DynamoDBClient") -> OwnersTable:
    """Whose the configuration sets are."""
    return OwnersTable(dynamodb, COUNTS)


def test_before_anything_was_noted_no_set_is_on_record(owners: OwnersTable) -> None:
    assert dict(owners.all()) == {}


def test_every_set_is_there_with_its_tenant_or_with_nobody(owners: OwnersTable) -> None:
    """Nobody's is what was not asked for yet, what several tenants share, and what nobody has."""
    owners.note_unattributed(["not-asked-for", "shop-mail", "shared"])
    owners.note("shop-mail", "shop", NOW)
    owners.note("shared", "", NOW)
    owners.note("never-astray", "news", NOW)
    found = owners.all()
    assert dict(found) == {"never-astray": "news", "not-asked-for": "", "shared": "", "shop-mail": "shop"}
    assert dict(owners.known()) == {name: tenant for name, tenant in found.items() if tenant}


def test_it_is_read_anew_each_time(owners: OwnersTable, dynamodb: "DynamoDBClient") -> None:
    """A person looks at what is, while `ingest` believes for a minute what it read."""
    owners.note("shop-mail", "shop", NOW)
    assert dict(owners.known()) == {"shop-mail": "shop"}
    OwnersTable(dynamodb, COUNTS).note("shop-mail", "news", NOW)
    assert dict(owners.all()) == {"shop-mail": "news"}
    assert dict(owners.known()) == {"shop-mail": "shop"}


def test_every_page_is_read(owners: OwnersTable, dynamodb: "DynamoDBClient") -> None:
    keys = [{"pk": {"S": "configuration-sets"}, "sk": {"S": name}} for name in ("news", "shop-mail")]
    first: dict[str, Any] = {"Items": [keys[0]], "LastEvaluatedKey": keys[0]}
    with Stubber(dynamodb) as stub:
        stub.add_response("query", first)
        stub.add_response("query", {"Items": [{**keys[1], "tenant": {"S": "shop"}}]})
        assert dict(owners.all()) == {"news": "", "shop-mail": "shop"}
        stub.assert_no_pending_responses()
