"""How many there are, by the book's indexes: two dozen bytes a tenant are counted, and no record is read."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reputation_guard.aws.answers import answers
from reputation_guard.aws.book import todo_query
from reputation_guard.aws.items import to_item
from reputation_guard.domain.tenant import Standing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.paginator import QueryPaginator


class HeadcountTable:
    """`ports.Headcount` on DynamoDB, in the table of the book."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def standings(self) -> Mapping[Standing, int]:
        return {each: self._standing(each) for each in Standing if each is not Standing.HEALTHY}

    def kept(self) -> int:
        return _counted(self._dynamodb.get_paginator("query"), {"TableName": self._table, **todo_query("kept")})

    def _standing(self, standing: Standing) -> int:
        query = {
            "TableName": self._table,
            "IndexName": "standing",
            "KeyConditionExpression": "standing = :standing",
            "ExpressionAttributeValues": to_item({":standing": standing}),
        }
        return _counted(self._dynamodb.get_paginator("query"), query)


def _counted(queries: "QueryPaginator", query: Mapping[str, Any]) -> int:
    with answers():
        return sum(page["Count"] for page in queries.paginate(Select="COUNT", **query))
