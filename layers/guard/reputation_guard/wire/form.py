"""What a form on a page sends."""

from collections.abc import Callable
from urllib.parse import parse_qsl

from reputation_guard.wire import MalformedError

_MOST_FIELDS = 20


def parse_form(body: str) -> dict[str, str]:
    """The fields of a form (application/x-www-form-urlencoded), without empty ones. Raises `MalformedError`."""
    try:
        fields = parse_qsl(body, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise MalformedError("form", f"has more than {_MOST_FIELDS} fields") from None
    found = dict(fields)
    if len(found) < len(fields):
        raise MalformedError("form", "names a field twice")
    return found


def text_of(body: Callable[[], str | None]) -> str:
    """The text of a body, which is decoded when it is asked for. Raises `MalformedError` where it is none."""
    try:
        return body() or ""
    except ValueError:
        raise MalformedError("body", "is no text in UTF-8") from None
