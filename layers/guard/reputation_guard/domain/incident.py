"""An incident: the record people work on, from a pause until its tenant is healthy again, and what it is told.

One pause is one incident: a new pause is a new one, so that no acknowledgement swallows it (Law 8). When people are
paged, and whom, is in `domain/escalation.py`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.notices import Announcement
from reputation_guard.domain.policy import Policy, Rung
from reputation_guard.domain.tenant import Owner

# Longer than a review at AWS Support takes; whoever needs more says so again.
LONGEST_SNOOZE = timedelta(days=30)
# What people write stays far below the 400 KB of an item and the 256 KB of an event.
MOST_SIGNALS = 200
# Of repeated pages the latest are kept, and the first of all.
_MOST_PAGES = 100
# So many are told in one page, and kept in one item; the next one leads a page of its own.
MOST_MEMBERS = 100
# Who says what no person says.
GUARD = "guard"


class SignalKind(StrEnum):
    """What an incident is told: the first four by people, the others by the guard."""

    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    HANDED_OVER = "handed over"
    NOTED = "noted"
    CONFIRMED = "paused at last"
    RESUMED = "resumed"
    RESUME_REFUSED = "resume refused"
    PAUSED_AGAIN = "paused again"
    JOINED = "joined"
    RELEASED = "released"
    OVER = "over"


BY_PEOPLE = frozenset({SignalKind.ACKNOWLEDGED, SignalKind.SNOOZED, SignalKind.HANDED_OVER, SignalKind.NOTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something an incident is told, once: the same `id` again changes nothing.

    `proved`: IAM vouches for `by`; otherwise it is a name that somebody gave. `until` is a snooze's, `rung` names whom
    it is handed over to, `about` is the other incident that joined, or came after this one.
    """

    id: str
    kind: SignalKind
    at: datetime
    by: str
    proved: bool = False
    text: str = ""
    until: datetime | None = None
    rung: str = ""
    about: str = ""


class Cause(StrEnum):
    """Why people are paged."""

    FIRST = "it began"
    CLIMBED = "nobody answered the rung below"
    UNANSWERED = "nobody answered at all"
    LAPSED = "the acknowledgement lapsed"
    AWOKE = "the snooze is over"
    HANDED_OVER = "it was handed over"
    MORE = "more tenants were paused"
    CONFIRMED = "SES has made the pause by now"
    ASKS = "a person has to resume it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """People were paged: the number of the page, the rungs (from 0 on) and the incidents it told of beside its own."""

    number: int
    at: datetime
    cause: Cause
    rungs: tuple[int, ...]
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody has it, until then; a snooze is an answer as well. `is_announced`: the others know."""

    by: str
    proved: bool
    at: datetime
    until: datetime
    is_snooze: bool = False
    is_announced: bool = False


class Outcome(StrEnum):
    """How an incident ended."""

    HEALTHY = "the tenant is healthy again"
    WITHDRAWN = "the pause was called off before it reached SES"
    PAUSED_AGAIN = "the tenant was paused again: another incident goes on"
    GONE = "SES has no such tenant any more"
    OVER = "it is over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What the book says of an incident; its `id` is that of the decision that began it.

    `execution`: the state machine's, which alone may page. `case`: the guard event that opened it, with the decision
    and its evidence. `revision` grows with each change: nobody overwrites what he did not read. `hand_over_to`: the
    rung (from 0 on) to be paged at once. `leader`: the incident that pages for this one; `members`: those that this one
    pages for. `held_from`: people are paged a moment after it, so that tenants paused together are one page.
    """

    id: str
    execution: str
    case: Announcement
    opened_at: datetime
    held_from: datetime
    revision: int = 0
    signals: tuple[Signal, ...] = ()
    pages: tuple[Page, ...] = ()
    answer: Answer | None = None
    hand_over_to: int | None = None
    leader: str = ""
    members: tuple[str, ...] = ()
    successor: str = ""
    closed_at: datetime | None = None
    outcome: Outcome | None = None

    @property
    def tenant(self) -> str:
        """The tenant it is about, or the account."""
        return self.case.decision.tenant.name

    @property
    def is_of_account(self) -> bool:
        """Whether it is about the account itself, and no tenant."""
        return self.case.decision.tenant.is_account

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.closed_at is None

    @property
    def policy(self) -> Policy:
        """The rules of the tenant when it was paused: its ladder."""
        return self.case.decision.policy

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """Its ladder."""
        return self.policy.rungs

    @property
    def rung(self) -> int:
        """The highest rung of the last page, from 0 on; -1 while nobody was paged."""
        return max(self.pages[-1].rungs) if self.pages else -1

    @property
    def version(self) -> int:
        """How much happened to it that a person should know before he acts; pages do not count."""
        return len(self.signals)

    def heard(self, kind: SignalKind) -> Signal | None:
        """The last signal of a kind."""
        return next((each for each in reversed(self.signals) if each.kind is kind), None)

    def answered_at(self, now: datetime) -> Answer | None:
        """Who has it now."""
        return self.answer if self.answer and now < self.answer.until else None


def tenant_of(incident_id: str) -> str:
    """The tenant of an incident, by its id: that of a decision is the tenant's name and a version."""
    return incident_id.rpartition(".")[0]


class CannotTellError(Exception):
    """The signal makes no sense: a code, and what the person can do."""

    def __init__(self, code: str, advice: str) -> None:
        super().__init__(code, advice)
        self.code = code
        self.advice = advice


def opened(case: Announcement, execution: str, now: datetime) -> Incident:
    """The incident that a guard event begins. Whoever paused the tenant by hand has it already."""
    decision = case.decision
    incident = Incident(id=decision.id, execution=execution, case=case, opened_at=now, held_from=now)
    if decision.owner is not Owner.OPERATOR or not decision.operator:
        return incident
    until = now + incident.policy.acknowledged_for
    return replace(incident, answer=Answer(decision.operator, decision.operator_proved, now, until))


def told(incident: Incident, signal: Signal) -> Incident:
    """The incident once it was told. Raises `CannotTellError`; the same signal again changes nothing."""
    if any(signal.id == each.id for each in incident.signals):
        return incident
    if signal.kind is SignalKind.JOINED and len(incident.members) >= MOST_MEMBERS:
        return incident
    if not incident.is_open and signal.kind is not SignalKind.NOTED:
        if signal.kind not in BY_PEOPLE:
            return incident
        raise CannotTellError("Closed", f"The incident {incident.id} is closed: {incident.outcome}.")
    if signal.kind in BY_PEOPLE and len(incident.signals) >= MOST_SIGNALS:
        raise CannotTellError("TooMany", f"The incident {incident.id} was told {MOST_SIGNALS} things: no more fit in.")
    return replace(_changed(incident, signal), signals=(*incident.signals, signal))


def _changed(incident: Incident, signal: Signal) -> Incident:
    match signal.kind:
        case SignalKind.ACKNOWLEDGED:
            return _acknowledged(incident, signal)
        case SignalKind.SNOOZED:
            return _snoozed(incident, signal)
        case SignalKind.HANDED_OVER:
            return replace(incident, hand_over_to=_rung_named(signal.rung, incident), answer=None)
        case SignalKind.NOTED if not signal.text:
            raise CannotTellError("Empty", "A note needs a text.")
        case SignalKind.PAUSED_AGAIN:
            return replace(incident, successor=signal.about)
        case SignalKind.JOINED if not incident.is_of_account:
            # Another pause is no part of what was acknowledged (Law 8).
            return replace(incident, members=(*incident.members, signal.about), answer=None)
        case SignalKind.JOINED:
            return replace(incident, members=(*incident.members, signal.about))
        case SignalKind.RELEASED:
            return replace(incident, leader="", held_from=signal.at)
        case _:
            return incident


def _acknowledged(incident: Incident, signal: Signal) -> Incident:
    has_it = incident.answered_at(signal.at)
    if has_it and not has_it.is_snooze and has_it.by != signal.by:
        advice = f"{has_it.by} has it until {has_it.until:%Y-%m-%d %H:%M} UTC. To take it from them, hand it over."
        raise CannotTellError("AlreadyAcknowledged", advice)
    until = signal.at + incident.policy.acknowledged_for
    return replace(incident, answer=Answer(signal.by, signal.proved, signal.at, until), hand_over_to=None)


def _snoozed(incident: Incident, signal: Signal) -> Incident:
    if signal.until is None or not signal.at < signal.until <= signal.at + LONGEST_SNOOZE:
        raise CannotTellError("BadSnooze", f"A snooze ends in the future, {LONGEST_SNOOZE.days} days from now at most.")
    answer = Answer(signal.by, signal.proved, signal.at, signal.until, is_snooze=True)
    return replace(incident, answer=answer, hand_over_to=None)


def _rung_named(name: str, incident: Incident) -> int:
    names = [rung.name for rung in incident.rungs]
    if name not in names:
        raise CannotTellError("UnknownRung", f"Its ladder has no rung {name!r}; there are {', '.join(names)}.")
    return names.index(name)


def paged(incident: Incident, cause: Cause, rungs: tuple[int, ...], now: datetime) -> tuple[Incident, Page]:
    """The incident once people are paged, and the page. An answer that has run out is gone."""
    number = incident.pages[-1].number + 1 if incident.pages else 1
    page = Page(number=number, at=now, cause=cause, rungs=rungs, members=incident.members)
    kept = incident.pages if len(incident.pages) < _MOST_PAGES else (incident.pages[0], *incident.pages[2:])
    hand_over_to = None if cause is Cause.HANDED_OVER else incident.hand_over_to
    after = replace(incident, pages=(*kept, page), answer=incident.answered_at(now), hand_over_to=hand_over_to)
    return after, page


def closed(incident: Incident, outcome: Outcome, now: datetime) -> Incident:
    """The incident at its end."""
    return replace(incident, closed_at=now, outcome=outcome, answer=None, hand_over_to=None)


def is_explained_by(incident: Incident, leader: Incident) -> bool:
    """Whether an incident of the account holds back the pages of this one: the guard paused a tenant, as of many.

    A pause that SES refuses, and a stop by SES or by a person, need somebody for themselves.
    """
    return leader.case.name is GuardEvent.BRAKE_ENGAGED and is_of_many(incident)


def is_of_many(incident: Incident) -> bool:
    """Whether it may be told of together with others: the guard paused a tenant, and SES confirmed it."""
    is_pause = incident.case.name is GuardEvent.TENANT_PAUSED and incident.case.decision.owner is Owner.GUARD
    return is_pause and not incident.is_of_account
