"""Tests of how these tests hold calls against roles."""

import pytest

from tests.aws.tables import BOOK, COUNTS
from tests.functions.conftest import ROOT, client
from tests.functions.within_rights import BeyondItsRightsError, in_role

KEY = {"pk": {"S": "tenant#CustomerA"}, "sk": {"S": "tenant"}}


def test_a_call_its_role_does_not_allow_is_refused() -> None:
    """Ingest may write counts, and has no way to the Book."""
    with in_role(ROOT / "functions" / "ingest" / "app.py"):
        client("dynamodb").put_item(TableName=COUNTS, Item=KEY)
        with pytest.raises(BeyondItsRightsError):
            client("dynamodb").put_item(TableName=BOOK, Item=KEY)


def test_a_transaction_needs_the_rights_of_its_parts() -> None:
    """Evaluate replaces records and deletes none."""
    put = {"Put": {"TableName": BOOK, "Item": KEY}}
    with in_role(ROOT / "functions" / "evaluate" / "app.py"):
        client("dynamodb").transact_write_items(TransactItems=[put])
        with pytest.raises(BeyondItsRightsError):
            client("dynamodb").transact_write_items(TransactItems=[{"Delete": {"TableName": BOOK, "Key": KEY}}])


def test_a_partition_its_role_does_not_reach_is_refused() -> None:
    """Signal reads incidents, and no tenant."""
    incident = {"pk": {"S": "incident#CustomerA.1"}, "sk": {"S": "incident"}}
    with in_role(ROOT / "functions" / "signal" / "app.py"):
        client("dynamodb").get_item(TableName=BOOK, Key=incident)
        with pytest.raises(BeyondItsRightsError):
            client("dynamodb").get_item(TableName=BOOK, Key=KEY)
