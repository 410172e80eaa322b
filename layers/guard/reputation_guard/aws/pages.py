"""Reading a table page by page, where somebody watches and may slow it down."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from reputation_guard.aws.answers import answers

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def pages(
    dynamodb: "DynamoDBClient", operation: str, looked_at: Callable[[int], None], **asked: Any
) -> Iterator[dict[str, Any]]:
    """The items of a `query` or a `scan`; `looked_at` gets the number of items behind each page, also those left out.

    Raises `UnavailableError` or `RefusedError`, as all adapters do.
    """
    read: Any = dynamodb.get_paginator(operation)  # type: ignore[call-overload] # the stubs want a literal
    with answers():
        for page in read.paginate(**asked):
            yield from page["Items"]
            looked_at(page.get("ScannedCount", 0))
