"""Proposals on DynamoDB, in the book's table: `tenant#NAME`, `proposal`, one a tenant; they expire by themselves."""

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from reputation_guard.aws.answers import answers, code_of
from reputation_guard.aws.book_items import partition_of
from reputation_guard.aws.items import from_item, to_item
from reputation_guard.domain.approval import Proposal
from reputation_guard.ports.errors import StaleError
from reputation_guard.wire import UNREADABLE, unreadable
from reputation_guard.wire.announcement import plain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LOG = logging.getLogger(__name__)
_PROPOSALS = TypeAdapter(Proposal)


class ProposalTable:
    """`ports.proposals.Proposals` on DynamoDB."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def proposal(self, tenant: str) -> Proposal | None:
        with answers():
            found = self._dynamodb.get_item(TableName=self._table, Key=_key(tenant), ConsistentRead=True)
        item = from_item(found.get("Item", {}))
        try:
            return _PROPOSALS.validate_python(item["proposal"]) if item else None
        except UNREADABLE as error:
            _LOG.error("unreadable proposal %s: %s", tenant, unreadable(error))
            return None

    def propose(self, proposal: Proposal) -> None:
        expires_at = int(proposal.until.timestamp())
        item = {"pause": proposal.pause, "proposal": plain(_PROPOSALS, proposal), "expires_at": expires_at}
        with answers():
            try:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item={**_key(proposal.tenant), **to_item(item)},
                    # DynamoDB takes its time to forget: what has lapsed may still be there.
                    ConditionExpression="attribute_not_exists(pk) OR pause <> :pause OR expires_at <= :now",
                    ExpressionAttributeValues=to_item({":pause": proposal.pause, ":now": int(proposal.at.timestamp())}),
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    raise StaleError(proposal.tenant) from error
                raise


def _key(tenant: str) -> dict[str, Any]:
    return to_item({"pk": partition_of(tenant), "sk": "proposal"})
