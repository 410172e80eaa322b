"""The page from which a tenant is paused or resumed: what it would meet, and the form."""

from dataclasses import dataclass

from reputation_guard.domain.preflight import Preflight
from reputation_guard.domain.preflight_words import INDENT, preflight_in_words
from reputation_guard.domain.tenant import Standing
from reputation_guard.pages.doors import Doors
from reputation_guard.wire.order import NONE_SEEN


@dataclass(frozen=True, slots=True)
class OrderView:
    """What the page of an order shows. `lines`: the pre-flight, with whether a line belongs to the one above.

    `seen` and `version`: the incident that a resume is given for, and how much it had been told. `done`: what came of
    an order that was given just now.
    """

    tenant: str
    incident: str
    seen: str
    version: str
    lines: tuple[tuple[bool, str], ...]
    may_resume: bool
    may_pause: bool
    doors: Doors
    notice: str = ""
    done: str = ""


def order_view(found: Preflight, doors: Doors, notice: str = "", done: str = "") -> OrderView:
    """The page of an order. `notice`: a word about what was just ordered and not done; `done`: about what was."""
    is_paused = found.standing is Standing.PAUSED
    return OrderView(
        tenant=found.tenant,
        incident=found.incident or "",
        seen=found.incident or NONE_SEEN,
        version=NONE_SEEN if found.version is None else str(found.version),
        lines=tuple((line.startswith(INDENT), line.strip()) for line in preflight_in_words(found)),
        may_resume="resume" in doors.may and is_paused and found.refusal is None,
        # A person's pause takes the place of the guard's, which would end its own (Law 5).
        may_pause="pause" in doors.may and found.sending is not None and "operator" not in found.stops,
        doors=doors,
        notice=notice,
        done=done,
    )
