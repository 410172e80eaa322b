"""Used nonces on DynamoDB, in the book's table: `form#NONCE`, `form`; they expire by themselves."""

from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from reputation_guard.aws.answers import answers, code_of
from reputation_guard.aws.items import to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class NonceTable:
    """`ports.keys.Nonces` on DynamoDB."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def burn(self, nonce: str, until: datetime) -> bool:
        item = {"pk": f"form#{nonce}", "sk": "form", "expires_at": int(until.timestamp()) + 1}
        with answers():
            try:
                self._dynamodb.put_item(
                    TableName=self._table, Item=to_item(item), ConditionExpression="attribute_not_exists(pk)"
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True
