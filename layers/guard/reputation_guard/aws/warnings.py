"""The warnings that wait for their digest. In the book: notice#ID, `todo` (digest) by when they are due.

Only the digest deletes them: what is not told is not forgotten.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from reputation_guard.aws.answers import answers
from reputation_guard.aws.book import todo_query
from reputation_guard.aws.items import from_item, to_item
from reputation_guard.domain.notice import Notice
from reputation_guard.wire import UNREADABLE, unreadable
from reputation_guard.wire.announcement import plain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Only this adapter sees an item that no longer reads; its caller gets the readable ones.
_LOG = logging.getLogger(__name__)
_A_MAILS_WORTH = 100
_NOTICES = TypeAdapter(Notice)


class WarningTable:
    """`ports.WarningShelf` on DynamoDB."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def keep(self, notice: Notice, due: datetime) -> None:
        waiting = {"notice": plain(_NOTICES, notice), "todo": "digest", "todo_order": due.timestamp()}
        with answers():
            self._dynamodb.put_item(TableName=self._table, Item=to_item({**_key_of(notice), **waiting}))

    def due(self, now: datetime) -> Sequence[Notice]:
        with answers():
            question = todo_query("digest", now.timestamp())
            listed = self._dynamodb.query(TableName=self._table, **question, Limit=_A_MAILS_WORTH)["Items"]
            keys = [{"pk": item["pk"], "sk": item["sk"]} for item in listed]
            found = [self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True) for key in keys]
        # The index lags behind the table: what was told meanwhile is left out.
        items = [from_item(each["Item"]) for each in found if "Item" in each]
        return [notice for item in items if (notice := _readable(item))]

    def forget(self, warnings: Iterable[Notice]) -> None:
        for notice in warnings:
            with answers():
                self._dynamodb.delete_item(TableName=self._table, Key=to_item(_key_of(notice)))


def _key_of(notice: Notice) -> dict[str, str]:
    return {"pk": f"notice#{notice.id}", "sk": "digest"}


def _readable(item: dict[str, Any]) -> Notice | None:
    try:
        return _NOTICES.validate_python(item["notice"], strict=False)
    except UNREADABLE as error:
        _LOG.error("unreadable warning %s: %s", item["pk"], unreadable(error))
        return None
