"""Read which policy a tenant's tag at SES names: soon after it is discovered, and then once a day."""

from datetime import datetime

from reputation_guard.ports import Book, GoneError, RefusedError, StaleError, TenantTags, UnavailableError
from reputation_guard.usecases.fresh import on_fresh_record

# SES takes about one call a second, and the enforcer's come first.
_A_MINUTES_WORTH = 20


def read_tags(tags: TenantTags, book: Book, now: datetime) -> dict[str, str]:
    """Read the tags whose time has come, at SES's pace; returns why a tenant was left for the next review.

    What SES does not answer ends this review's asking and nothing else: a tenant keeps the tag it had.
    """
    left: dict[str, str] = {}
    for name in book.tags_due(now)[:_A_MINUTES_WORTH]:
        try:
            tagged = tags.policy_of(name)
        except GoneError:
            tagged = ""  # SES knows no such tenant (any more): nobody tags it
        except (UnavailableError, RefusedError) as error:
            return left | {name: repr(error)}
        try:
            on_fresh_record(lambda: _note(name, tagged, book, now))  # noqa: B023 - called at once
        except StaleError as error:
            left[name] = repr(error)
    return left


def _note(name: str, tagged: str, book: Book, now: datetime) -> None:
    if before := book.tenant(name):
        book.note_tag(before, tagged, now)
