"""What each channel has taken of a notice, in the table of the book: pk notice#ID, sk the channel."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reputation_guard.aws.answers import answers
from reputation_guard.aws.items import from_item, to_item
from reputation_guard.ports import Receipt

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT = timedelta(days=30)


class ReceiptTable:
    """`ports.Receipts` on DynamoDB."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def of(self, notice_id: str) -> Sequence[Receipt]:
        with answers():
            found = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=to_item({":pk": _partition(notice_id)}),
                ConsistentRead=True,
            )
        items = map(from_item, found["Items"])
        return [
            Receipt(item["sk"], item["accepted"], datetime.fromisoformat(item["at"]), item["taken_by"])
            for item in items
        ]

    def note(self, notice_id: str, receipt: Receipt) -> None:
        item = {
            "pk": _partition(notice_id),
            "sk": receipt.channel,
            "accepted": receipt.accepted,
            "at": receipt.at.isoformat(),
            "taken_by": receipt.by,
            "expires_at": int((receipt.at + _KEPT).timestamp()),
        }
        with answers():
            self._dynamodb.put_item(TableName=self._table, Item=to_item(item))


def _partition(notice_id: str) -> str:
    return f"notice#{notice_id}"
