"""Every answer of AWS is read: its errors become the guard's own, by what a caller can do about them."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from reputation_guard.ports.errors import NoRightError, RefusedError, UnavailableError

_THROTTLED = frozenset(
    {
        "TooManyRequestsException",
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
    }
)
# SES gives Conflict and ConcurrentModification, DynamoDB the others, where the same call may succeed in a moment.
_PASSING = frozenset(
    {
        "ConflictException",
        "ConcurrentModificationException",
        "TransactionInProgressException",
        "TransactionConflictException",
    }
)
_NO_RIGHT = frozenset({"AccessDeniedException", "AccessDenied"})
_SERVER_ERROR = 500


def code_of(error: ClientError) -> str:
    """The error code of an answer."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def answers(
    throttled: type[UnavailableError] = UnavailableError, not_found: type[RefusedError] = RefusedError
) -> Iterator[None]:
    """Translate what AWS raises: `throttled`, `UnavailableError`, `not_found`, `NoRightError` or `RefusedError`.

    Many calls answer that something was not found; only the caller knows whether it asked for that thing by its name.
    """
    try:
        yield
    except ClientError as error:
        code, status = code_of(error), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _THROTTLED:
            raise throttled(code) from error
        if code in _PASSING or status >= _SERVER_ERROR:
            raise UnavailableError(code) from error
        refusal = not_found if code == "NotFoundException" else NoRightError if code in _NO_RIGHT else RefusedError
        raise refusal(code, error.response.get("Error", {}).get("Message", "")) from error
    except BotoCoreError as error:
        raise UnavailableError(str(error)) from error
