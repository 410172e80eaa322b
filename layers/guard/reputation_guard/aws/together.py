"""Writing several items, all or none."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reputation_guard.aws.answers import answers, code_of
from reputation_guard.ports.errors import StaleError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def write_together(dynamodb: "DynamoDBClient", actions: Sequence[Any]) -> None:
    """Write all of it or nothing. Raises `StaleError` where a condition does not hold, and what all adapters raise."""
    with answers():
        try:
            dynamodb.transact_write_items(TransactItems=list(actions))
        except ClientError as error:
            reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
            # Another transaction was writing there at that moment: it is as good as having written before.
            if "ConditionalCheckFailed" in reasons or "TransactionConflict" in reasons:
                raise StaleError(reasons) from error
            if code_of(error) == "TransactionCanceledException":
                raise UnavailableError(reasons) from error
            raise
