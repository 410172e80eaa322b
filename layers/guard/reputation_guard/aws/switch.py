"""The kill switch in the book: whoever turns it makes the guard more cautious within seconds."""

from typing import TYPE_CHECKING

from reputation_guard.aws.answers import answers
from reputation_guard.aws.book_items import MODE_KEY
from reputation_guard.domain.policy import Mode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ModeSwitch:
    """The switch of `BookTable.mode`."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def turn(self, mode: Mode | None) -> None:
        """Turn it to a mode, or leave the mode to the deployment."""
        name = {"#switch": "switch"}
        with answers():
            if mode is None:
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key=MODE_KEY,
                    UpdateExpression="REMOVE #switch",
                    ExpressionAttributeNames=name,
                )
                return
            self._dynamodb.update_item(
                TableName=self._table,
                Key=MODE_KEY,
                UpdateExpression="SET #switch = :mode",
                ExpressionAttributeNames=name,
                ExpressionAttributeValues={":mode": {"S": mode}},
            )
