"""What channels accepted, in the table of the book.

| pk | sk | |
|---|---|---|
| incident#ID | receipt#NOTICE#CHANNEL | of an incident's notices, beside it |
| notice#ID | receipt#NOTICE#CHANNEL | of all others |
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from reputation_guard.aws.answers import answers
from reputation_guard.aws.items import from_item, to_item
from reputation_guard.domain.notice import Notice
from reputation_guard.ports.notices import Receipt
from reputation_guard.wire.announcement import plain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT = timedelta(days=30)
_RECEIPT = "receipt#"
_RECEIPTS = TypeAdapter(Receipt)


class ReceiptTable:
    """`ports.notices.Receipts` on DynamoDB."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def of_notice(self, notice: Notice) -> Sequence[Receipt]:
        return self._query(_partition_of(notice), f"{_RECEIPT}{notice.id}#")

    def of_incident(self, incident_id: str) -> Sequence[Receipt]:
        return sorted(self._query(f"incident#{incident_id}", _RECEIPT), key=lambda receipt: receipt.at)

    def note(self, receipt: Receipt, notice: Notice) -> None:
        item = {
            "pk": _partition_of(notice),
            "sk": f"{_RECEIPT}{notice.id}#{receipt.meant}",
            "receipt": plain(_RECEIPTS, receipt),
            "expires_at": int((receipt.at + _KEPT).timestamp()),
        }
        with answers():
            self._dynamodb.put_item(TableName=self._table, Item=to_item(item))

    def _query(self, partition: str, start: str) -> list[Receipt]:
        with answers():
            pages = self._dynamodb.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :start)",
                ExpressionAttributeValues=to_item({":pk": partition, ":start": start}),
                ConsistentRead=True,
            )
            found = [from_item(item)["receipt"] for page in pages for item in page["Items"]]
        return [_RECEIPTS.validate_python(each, strict=False) for each in found]


def _partition_of(notice: Notice) -> str:
    return f"incident#{notice.incident}" if notice.incident else f"notice#{notice.id}"
