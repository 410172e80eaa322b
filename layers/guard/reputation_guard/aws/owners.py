"""Whose a configuration set is, kept in the counts table, the only one that `ingest` may touch."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reputation_guard.aws.answers import answers
from reputation_guard.aws.remembered import Remembered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PARTITION = "configuration-sets"
_REMEMBERED_SECONDS = 60
_ASK_AGAIN = timedelta(hours=1)
_A_MINUTES_WORTH = 20


class OwnersTable:
    """`ports.owners.SetOwners` on DynamoDB; what it read is believed for a minute."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._known: dict[str, str] = {}
        self._noted = Remembered[str, None]()
        self._read_at: float | None = None

    def known(self) -> Mapping[str, str]:
        if self._read_at is None or time.monotonic() - self._read_at > _REMEMBERED_SECONDS:
            self._known = {name: tenant for name, tenant in self.all().items() if tenant}
            self._read_at = time.monotonic()
        return self._known

    def all(self) -> Mapping[str, str]:
        """Every set on record, with the one tenant it belongs to; "" where it is not known to be one tenant's."""
        return {item["sk"]["S"]: item.get("tenant", {"S": ""})["S"] for item in self._items()}

    def note_unattributed(self, configuration_sets: Iterable[str]) -> None:
        for name in sorted(set(configuration_sets) - self._noted.keys()):
            self._update(name, "SET unattributed = :yes", {":yes": {"BOOL": True}})
            self._noted[name] = None

    def to_look_up(self, now: datetime) -> Sequence[str]:
        before = (now - _ASK_AGAIN).timestamp()
        asked = {item["sk"]["S"]: float(item.get("asked_at", {"N": "0"})["N"]) for item in self._items()}
        return [name for name, asked_at in sorted(asked.items(), key=lambda each: each[1]) if asked_at < before][
            :_A_MINUTES_WORTH
        ]

    def note(self, configuration_set: str, tenant: str, now: datetime) -> None:
        values = {":tenant": {"S": tenant}, ":now": {"N": repr(now.timestamp())}}
        self._update(configuration_set, "SET tenant = :tenant, asked_at = :now", values)

    def _update(self, name: str, expression: str, values: Mapping[str, Any]) -> None:
        with answers():
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"pk": {"S": _PARTITION}, "sk": {"S": name}},
                UpdateExpression=expression,
                ExpressionAttributeValues=values,
            )

    def _items(self) -> Iterator[Mapping[str, Any]]:
        with answers():
            for page in self._dynamodb.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": _PARTITION}},
            ):
                yield from page["Items"]
