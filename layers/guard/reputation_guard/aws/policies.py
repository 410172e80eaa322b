"""Policies in the book: one item a version, never changed, so that a decision's policy can be read for good.

| pk | sk | |
|---|---|---|
| policies | NAME#VERSION | document, put_at, put_by |
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reputation_guard.aws.answers import answers, code_of
from reputation_guard.aws.items import from_item, to_item
from reputation_guard.aws.remembered import Remembered
from reputation_guard.domain.choice import PolicyVersion, built_in
from reputation_guard.domain.policy import Policy
from reputation_guard.ports.errors import StaleError
from reputation_guard.wire import MalformedError
from reputation_guard.wire.policy import document_of, read_document

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Only this adapter sees a document that no longer reads; its caller gets the version before it.
_LOG = logging.getLogger(__name__)
_PARTITION = "policies"
_LAST_VERSIONS = 20
# Names come from tags at SES as well, and each may have its last versions.
_MOST_POLICIES = 100
# A judgement may follow a new version so much later; the enforcer, and the kill switch, remember nothing.
A_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Kept:
    """A version as it stands in the book; where it cannot be read, `found` is None and `problem` says why."""

    name: str
    version: int
    found: PolicyVersion | None
    problem: str = ""


class PolicyTable:
    """`ports.policies.PolicyShelf` on DynamoDB; what it read is believed for `remembered_seconds`."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, remembered_seconds: float = 0.0) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._remembered_seconds = remembered_seconds
        self._read = Remembered[str, tuple[float, Sequence[PolicyVersion]]](_MOST_POLICIES)

    def versions(self, name: str) -> Sequence[PolicyVersion]:
        read_at, versions = self._read.get(name, (None, ()))
        if read_at is None or time.monotonic() - read_at >= self._remembered_seconds:
            versions = (*self._stored(name), *built_in(name))
            self._read[name] = time.monotonic(), versions
        return versions

    def put(self, policy: Policy, at: datetime, by: str) -> None:
        item = {
            "pk": _PARTITION,
            "sk": f"{policy.name}#{policy.version:06d}",
            "document": document_of(policy),
            "put_at": at.isoformat(),
            "put_by": by,
        }
        with answers():
            try:
                self._dynamodb.put_item(
                    TableName=self._table, Item=to_item(item), ConditionExpression="attribute_not_exists(pk)"
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    raise StaleError(policy.name, policy.version) from error
                raise

    def all(self) -> Iterator[Kept]:
        """Every version in the book, by name, the first one first."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": _PARTITION}),
            ConsistentRead=True,
        )
        with answers():
            for page in pages:
                yield from (_kept(from_item(item)) for item in page["Items"])

    def _stored(self, name: str) -> Iterator[PolicyVersion]:
        with answers():
            answer = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :name)",
                ExpressionAttributeValues=to_item({":pk": _PARTITION, ":name": f"{name}#"}),
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=_LAST_VERSIONS,
            )
        for kept in (_kept(from_item(item)) for item in answer["Items"]):
            if kept.found:
                yield kept.found
            else:
                _LOG.error("unreadable policy %s version %d: %s", kept.name, kept.version, kept.problem)


def _kept(item: Mapping[str, Any]) -> Kept:
    """What an item holds. It must never stop a judgement, so whatever is wrong with it is said and left there."""
    name, _, number = str(item["sk"]).rpartition("#")
    version = int(number) if number.isdecimal() else 0
    try:
        policy = read_document(item["document"]).to_domain(version)
        if policy.name != name or not version:
            return Kept(name, version, None, "name: is not the one it is kept under")
        put_at = datetime.fromisoformat(item["put_at"])
        if put_at.tzinfo is None:
            # It would be compared with moments that have one, in each judgement.
            return Kept(name, version, None, "put_at: has no time zone")
        found = PolicyVersion(policy, put_at, str(item.get("put_by", "")))
    except MalformedError as error:
        return Kept(name, version, None, f"{error.field}: {error.problem}")
    except (KeyError, TypeError, ValueError) as error:
        return Kept(name, version, None, repr(error))
    return Kept(name, version, found)
