"""The warnings that wait for their digest. In the book: notice#ID, `todo` (digest) by when they are due.

Only the digest deletes them: what is not told is not forgotten. One that cannot be read is logged by each digest and
left where it is, since a later version of the guard may read it.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from reputation_guard.aws.answers import answers
from reputation_guard.aws.book_items import todo_query
from reputation_guard.aws.items import from_item, to_item
from reputation_guard.domain.notice import Notice
from reputation_guard.wire import UNREADABLE, unreadable
from reputation_guard.wire.announcement import plain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Only this adapter sees an item that no longer reads; its caller gets the readable ones.
_LOG = logging.getLogger(__name__)
A_MAILS_WORTH = 100
_NOTICES = TypeAdapter(Notice)


class WarningTable:
    """`ports.notices.WarningShelf` on DynamoDB."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def keep(self, notice: Notice, due: datetime) -> None:
        waiting = {"notice": plain(_NOTICES, notice), "todo": "digest", "todo_order": due.timestamp()}
        with answers():
            self._dynamodb.put_item(TableName=self._table, Item=to_item({**_key_of(notice), **waiting}))

    def due(self, now: datetime) -> Sequence[Notice]:
        # Page after page: what cannot be read stays at the head of the queue, and must not stand in the others' way.
        with answers():
            return list(islice(self._readable_due(now), A_MAILS_WORTH))

    def _readable_due(self, now: datetime) -> Iterator[Notice]:
        asked = todo_query("digest", now.timestamp())
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table, **asked, PaginationConfig={"PageSize": A_MAILS_WORTH}
        )
        for listed in (item for page in pages for item in page["Items"]):
            key = {"pk": listed["pk"], "sk": listed["sk"]}
            found = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
            # The index lags behind the table: what was told meanwhile is left out.
            if "Item" in found and (notice := _readable(from_item(found["Item"]))):
                yield notice

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
