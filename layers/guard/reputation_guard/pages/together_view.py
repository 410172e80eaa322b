"""The page from which all tenants of an incident are resumed: what each would meet, one form, and what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any

from reputation_guard.domain.preflight_words import INDENT
from reputation_guard.pages.doors import Doors

# The pre-flights of so many are asked of SES while somebody waits for the page.
MOST_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A tenant: in short what would come of a resume, or what came of it, and the lines that tell all of it."""

    tenant: str
    short: str
    is_fine: bool
    lines: tuple[tuple[bool, str], ...]


@dataclass(frozen=True, slots=True)
class TogetherView:
    """What the page shows.

    `quoted`: the incident as a shell takes it. `seen`: the incidents that the form resumes, each as it was seen
    here; "" for no form.
    """

    incident: str
    quoted: str
    heading: str
    rows: tuple[Row, ...]
    seen: str
    fine: int
    left: int
    doors: Doors


def foreseen_together(incident: str, found: Sequence[Mapping[str, Any]], left: int, doors: Doors) -> TogetherView:
    """The page before the order. `found`: dry runs; `left`: how many tenants more wait for another time."""
    fine = [each for each in found if "error" not in each]
    return TogetherView(
        incident=incident,
        quoted=quote(incident),
        heading=f"{incident}: before you resume all of its tenants",
        rows=tuple(_row(each, "Would be resumed.", "Would be refused") for each in found),
        seen=" ".join(_seen(each["preflight"]) for each in fine),
        fine=len(fine),
        left=left,
        doors=doors,
    )


def ordered_together(incident: str, answers: Sequence[Mapping[str, Any]], left: int, doors: Doors) -> TogetherView:
    """The page after the order: for each tenant whether it is decided, and what SES says."""
    return TogetherView(
        incident=incident,
        quoted=quote(incident),
        heading=f"{incident}: what came of it",
        rows=tuple(_row(each, "Decided.", "Not resumed") for each in answers),
        seen="",
        fine=sum("error" not in each for each in answers),
        left=left,
        doors=doors,
    )


def _row(found: Mapping[str, Any], fine: str, wrong: str) -> Row:
    is_fine = "error" not in found
    told = [found["ses_says"]] if "ses_says" in found else []
    return Row(
        tenant=found["tenant"],
        short=" ".join([fine if is_fine else f"{wrong}: {found['message']}", *told]),
        is_fine=is_fine,
        lines=tuple(_lines(found.get("lines", ()))),
    )


def _lines(lines: Iterable[str]) -> Iterable[tuple[bool, str]]:
    return ((line.startswith(INDENT), line.strip()) for line in lines)


def _seen(preflight: Mapping[str, Any]) -> str:
    version = preflight["version"]
    return f"{preflight['incident']}:{'' if version is None else version}"
