"""An incident: the record people work on, from a pause until its tenant is healthy again, and what it is told.

One pause is one incident: a new pause is a new one, so that no acknowledgement swallows it (Law 8). When people are
paged, and whom, is in `domain/escalation.py`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.policy import Policy, Rung
from reputation_guard.domain.tenant import ACCOUNT, Owner, Tenant

# Of repeated pages the latest are kept, and the first of all.
_MOST_PAGES = 100
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
    ASKED = "a person was asked to resume it"
    OVER = "over"


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


# A page that is sent one time in an incident: that it was is never forgotten.
_ONCE = frozenset({Cause.FIRST, Cause.CONFIRMED, Cause.ASKS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """People were paged: the number of the page, the rungs (from 0 on) and how many of its members it told of.

    `alarm`: a page after an answer is another alarm, the pages without one between them are the same.
    """

    number: int
    at: datetime
    cause: Cause
    rungs: tuple[int, ...]
    told_with: int = 0
    alarm: int = 0


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
    rung (from 0 on) to be paged at once. `answers`: how often somebody took it. `forgotten`: so many signals are not
    kept any more. `leader`: the incident that pages for this one; `members`: those that this one pages for.
    `held_from`: people are paged a moment after it, so that tenants paused together are one page.
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
    answers: int = 0
    forgotten: int = 0
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
    def subject(self) -> str:
        """What has one incident at a time: a tenant, or one kind of trouble of the account."""
        return subject_of(self.case)

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
        return self.forgotten + len(self.signals)

    def heard(self, kind: SignalKind) -> Signal | None:
        """The last signal of a kind."""
        return next((each for each in reversed(self.signals) if each.kind is kind), None)

    def answered_at(self, now: datetime) -> Answer | None:
        """Who has it now."""
        return self.answer if self.answer and now < self.answer.until else None


# What begins a trouble of the account that somebody has to answer for.
TROUBLES = (GuardEvent.BRAKE_ENGAGED, GuardEvent.GUARD_BLINDED)
# What ends one, and what began it.
_ENDS = {
    GuardEvent.BRAKE_RELEASED: GuardEvent.BRAKE_ENGAGED,
    GuardEvent.GUARD_SIGHTED: GuardEvent.GUARD_BLINDED,
}


def subject_of(case: Announcement) -> str:
    """What this guard event is about: that the guard is blind does not end what the brake began."""
    tenant = case.decision.tenant
    return account_subject(_ENDS.get(case.name, case.name)) if tenant.is_account else tenant.name


def account_subject(event: GuardEvent) -> str:
    """The account in one kind of trouble."""
    return f"{ACCOUNT}: {event}"


def told_at(account: Tenant, event: GuardEvent) -> datetime | None:
    """When people were last told that this kind of trouble of the account began; None while there is none."""
    if event is GuardEvent.BRAKE_ENGAGED:
        return account.braked_at
    return account.blind.told_at if account.blind else None


def tenant_of(incident_id: str) -> str:
    """The tenant of an incident, by its id: that of a decision is the tenant's name and a version."""
    return incident_id.rpartition(".")[0]


def opened(case: Announcement, execution: str, now: datetime) -> Incident:
    """The incident that a guard event begins. Whoever paused the tenant by hand has it already."""
    decision = case.decision
    incident = Incident(id=decision.id, execution=execution, case=case, opened_at=now, held_from=now)
    if decision.owner is not Owner.OPERATOR or not decision.operator:
        return incident
    until = now + incident.policy.acknowledged_for
    return replace(incident, answer=Answer(decision.operator, decision.operator_proved, now, until))


def paged(incident: Incident, cause: Cause, rungs: tuple[int, ...], now: datetime) -> tuple[Incident, Page]:
    """The incident once people are paged, and the page. An answer that has run out is gone."""
    number = incident.pages[-1].number + 1 if incident.pages else 1
    page = Page(
        number=number, at=now, cause=cause, rungs=rungs, told_with=len(incident.members), alarm=incident.answers
    )
    hand_over_to = None if cause is Cause.HANDED_OVER else incident.hand_over_to
    after = replace(
        incident, pages=(*_kept(incident.pages), page), answer=incident.answered_at(now), hand_over_to=hand_over_to
    )
    return after, page


def _kept(pages: tuple[Page, ...]) -> tuple[Page, ...]:
    """The pages of which to keep a record: all, or without the oldest of those that are not sent once only."""
    if len(pages) < _MOST_PAGES:
        return pages
    oldest = next(page for page in pages if page.cause not in _ONCE)
    return tuple(page for page in pages if page is not oldest)


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
