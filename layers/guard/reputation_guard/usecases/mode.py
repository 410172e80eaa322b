"""Find the mode in force: the most cautious of the deployment's and the book's, and since when the guard enforces."""

from dataclasses import dataclass
from datetime import datetime

from reputation_guard.domain.policy import Mode
from reputation_guard.ports.book import Book


@dataclass(frozen=True, slots=True)
class ModeInForce:
    """The mode, and from when on mail is judged: the moment the guard went from observe to enforce, if it ever did."""

    mode: Mode
    enforcing_since: datetime | None = None


def mode_in_force(book: Book, deployed: Mode, now: datetime) -> ModeInForce:
    """Read the mode, and note when it changed: going to enforce fences everybody at that moment (Law 12)."""
    page = book.mode()
    mode = Mode.most_cautious(deployed, page.switch)
    if mode is page.in_force:
        return ModeInForce(mode, page.enforcing_since)
    since = now if page.in_force is Mode.OBSERVE else None
    book.note_mode(page, mode, since)
    return ModeInForce(mode, since)
