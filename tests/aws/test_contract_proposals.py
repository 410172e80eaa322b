"""What keeping proposals means: the same tests on the fake and on DynamoDB."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reputation_guard.aws.proposals import ProposalTable
from reputation_guard.domain.approval import PROPOSAL_HOLDS, Identity, Proposal
from reputation_guard.ports.errors import StaleError
from reputation_guard.ports.proposals import Proposals
from tests.aws.tables import BOOK
from tests.fakes.builders import NOW

ANNS = Proposal("shop", "shop.4", Identity("ann", proved=True), "list cleaned", NOW)
BOBS = Proposal("shop", "shop.4", Identity("bob"), "cleaned", NOW + timedelta(minutes=59))


def test_what_was_proposed_is_read_whole(proposals: Proposals) -> None:
    assert proposals.proposal("shop") is None
    proposals.propose(ANNS)
    assert proposals.proposal("shop") == ANNS
    assert proposals.proposal("other") is None


def test_one_that_waits_is_not_replaced(proposals: Proposals) -> None:
    proposals.propose(ANNS)
    with pytest.raises(StaleError):
        proposals.propose(BOBS)
    assert proposals.proposal("shop") == ANNS


@pytest.mark.parametrize("later", [replace(BOBS, at=NOW + PROPOSAL_HOLDS), replace(BOBS, pause="shop.9")])
def test_one_that_has_lapsed_or_is_about_another_pause_is_replaced(proposals: Proposals, later: Proposal) -> None:
    proposals.propose(ANNS)
    proposals.propose(later)
    assert proposals.proposal("shop") == later


def test_one_that_cannot_be_read_is_none(dynamodb: Any) -> None:
    dynamodb.put_item(TableName=BOOK, Item={"pk": {"S": "tenant#shop"}, "sk": {"S": "proposal"}})
    assert ProposalTable(dynamodb, BOOK).proposal("shop") is None
