"""A notice: text for people, how loud it is, and the ways on which it reaches them."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

SUBJECT_LENGTH = 99  # SNS takes less than 100 ASCII characters.


class Severity(StrEnum):
    """How loud a notice is: a page wakes somebody, news goes to who was woken, a warning waits for its digest."""

    PAGE = "page"
    NEWS = "news"
    WARNING = "warning"


class Channel(StrEnum):
    """Where a notice can be handed over."""

    FIRST_RUNG = "first rung"
    SECOND_RUNG = "second rung"
    THIRD_RUNG = "third rung"
    WARNINGS = "warnings"
    CHAT = "chat"
    PAGER_DUTY = "PagerDuty"
    WEBHOOK = "webhook"


LADDER = (Channel.FIRST_RUNG, Channel.SECOND_RUNG, Channel.THIRD_RUNG)
Route = tuple[Channel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Text for people; the same event always has the same `id`.

    `event` is what it is called by, `rungs` (from 0 on) whom it goes to unless it is a warning, `incident` what it
    belongs to, `runbook` and `link` where to read on ("" where there is nothing). `alarm`: pages of an incident are of
    one alarm until somebody answers; what is of a new one `ends` the one before.
    """

    id: str
    event: str
    tenant: str
    severity: Severity
    subject: str
    text: str
    at: datetime
    rungs: tuple[int, ...] = (0,)
    incident: str = ""
    runbook: str = ""
    link: str = ""
    alarm: int = 0
    ends: int | None = None

    @property
    def urgent(self) -> bool:
        """Whether it pages."""
        return self.severity is Severity.PAGE


def subject_of(text: str) -> str:
    """The text as SNS takes a subject: printable ASCII, not too long."""
    return text.encode("ascii", "replace").decode()[:SUBJECT_LENGTH]


def rung_channel(rung: int) -> Channel:
    """Where a rung (from 0 on) is told; all from the third on share one."""
    return LADDER[min(rung, len(LADDER) - 1)]


def routes(notice: Notice, switched_on: AbstractSet[Channel]) -> tuple[Route, ...]:
    """The ways a notice takes, all of them; each names the channel that is meant and, in order, those in its place.

    `switched_on`: which of PagerDuty and the webhook there are.
    """
    if notice.severity is Severity.WARNING:
        return (Channel.WARNINGS, Channel.CHAT), (Channel.CHAT, Channel.WARNINGS)
    told = dict.fromkeys(rung_channel(rung) for rung in notice.rungs)
    # PagerDuty knows pages, and the answers and ends of what was paged.
    by_event = {Channel.PAGER_DUTY: notice.urgent or bool(notice.incident), Channel.WEBHOOK: True}
    told |= dict.fromkeys(each for each, takes in by_event.items() if takes and each in switched_on)
    told[Channel.CHAT] = None
    # Whoever is woken in another's place is told whom the guard could not reach; for mere news nobody else is.
    instead = (*LADDER, Channel.WARNINGS, Channel.CHAT) if notice.urgent else (Channel.WARNINGS,)
    return tuple((first, *(each for each in instead if each is not first)) for first in told)


def without(notice_text: str, unreached: Route) -> str:
    """The text, with a first line that names the channels that could not be reached."""
    if not unreached:
        return notice_text
    return f"The guard could not reach {', '.join(unreached)}; you are told instead.\n\n{notice_text}"
