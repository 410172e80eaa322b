"""How far the walk through all tenants has come, in the table of the book: pk guard, sk walk."""

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from reputation_guard.aws.answers import answers, code_of
from reputation_guard.aws.items import from_item, to_item
from reputation_guard.ports.errors import StaleError
from reputation_guard.ports.rounds import Round
from reputation_guard.wire.announcement import plain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY = to_item({"pk": "guard", "sk": "walk"})
_ROUNDS = TypeAdapter(Round)


class RoundsTable:
    """`ports.rounds.Rounds` on DynamoDB. Whoever crashed loses the walk when his time is over."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._taken_until = 0.0

    def take(self, now: datetime, until: datetime) -> Round | None:
        mine = until.timestamp()
        try:
            item = self._update(
                "SET taken_until = :mine",
                "attribute_not_exists(taken_until) OR taken_until <= :now",
                {":mine": mine, ":now": now.timestamp()},
            )
        except StaleError:
            return None
        self._taken_until = mine
        return _ROUNDS.validate_python(item["walk"]) if "walk" in item else Round()

    def save(self, progress: Round) -> None:
        self._update(
            "SET walk = :walk", "taken_until = :mine", {":walk": plain(_ROUNDS, progress), ":mine": self._taken_until}
        )

    def leave(self) -> None:
        # Whose time ran out has nothing to leave.
        with suppress(StaleError):
            self._update("SET taken_until = :none", "taken_until = :mine", {":none": 0, ":mine": self._taken_until})

    def _update(self, expression: str, condition: str, values: dict[str, Any]) -> dict[str, Any]:
        with answers():
            try:
                answer = self._dynamodb.update_item(
                    TableName=self._table,
                    Key=_KEY,
                    UpdateExpression=expression,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=to_item(values),
                    ReturnValues="ALL_NEW",
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    raise StaleError("walk") from error
                raise
        return from_item(answer.get("Attributes", {}))
