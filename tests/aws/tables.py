"""The two tables with the key schema and the indexes of the template."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeDefinitionTypeDef, KeySchemaElementTypeDef

COUNTS, BOOK = "counts", "book"

_KEYS: "list[KeySchemaElementTypeDef]" = [
    {"AttributeName": "pk", "KeyType": "HASH"},
    {"AttributeName": "sk", "KeyType": "RANGE"},
]
_ATTRIBUTES: "list[AttributeDefinitionTypeDef]" = [
    {"AttributeName": "pk", "AttributeType": "S"},
    {"AttributeName": "sk", "AttributeType": "S"},
]


def create_tables(dynamodb: "DynamoDBClient") -> None:
    """Create both tables, empty."""
    dynamodb.create_table(
        TableName=COUNTS, BillingMode="PAY_PER_REQUEST", KeySchema=_KEYS, AttributeDefinitions=_ATTRIBUTES
    )
    dynamodb.create_table(
        TableName=BOOK,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=_KEYS,
        AttributeDefinitions=[
            *_ATTRIBUTES,
            {"AttributeName": "todo", "AttributeType": "S"},
            {"AttributeName": "todo_order", "AttributeType": "N"},
            {"AttributeName": "standing", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "todo",
                "KeySchema": [
                    {"AttributeName": "todo", "KeyType": "HASH"},
                    {"AttributeName": "todo_order", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": "standing",
                "KeySchema": [{"AttributeName": "standing", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
    )
