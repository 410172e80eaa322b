"""How many there are, by the book's indexes: two dozen bytes a tenant are counted, and no record is read."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reputation_guard.aws.answers import answers
from reputation_guard.aws.items import to_item
from reputation_guard.domain.tenant import Standing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class HeadcountTable:
    """`ports.headcount.Headcount` on DynamoDB, in the table of the book."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def standings(self) -> Mapping[Standing, int]:
        return {each: self._standing(each) for each in Standing if each is not Standing.HEALTHY}

    def kept(self) -> int:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": "kept"}),
            Select="COUNT",
        )
        with answers():
            return sum(page["Count"] for page in pages)

    def _standing(self, standing: Standing) -> int:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="standing",
            KeyConditionExpression="standing = :standing",
            ExpressionAttributeValues=to_item({":standing": standing}),
            Select="COUNT",
        )
        with answers():
            return sum(page["Count"] for page in pages)
