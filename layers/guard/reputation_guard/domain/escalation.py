"""When people are paged about an incident, and whom: what comes next if nobody says anything.

Pages tell it, the incident page shows it and the state machine waits for it: one answer for all three.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile

from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.incident import Cause, Incident, Outcome, Page, SignalKind, tenant_of, told_at
from reputation_guard.domain.tenant import ACCOUNT, Owner, Standing, Tenant

# A lost signal is made good by looking again, and so is one that no leader had room to send.
_LOOK_AT_LEADER = timedelta(hours=1)
_LOOK_AT_REVIEW = timedelta(minutes=5)
# Longer than the first page of a group waits for more.
_LEADER_ASKS_FIRST = timedelta(minutes=5)
# The review has ended the probation by then.
_AFTER_PROBATION = timedelta(minutes=1)
# Repeated pages become rarer: who sleeps through ten is not woken by the eleventh. It also keeps the
# history of an execution short; one that reaches its 25,000 entries (Step Functions quotas) fails, and reconcile has
# another take the incident over.
_LONGEST_BETWEEN_PAGES = timedelta(hours=4)
_MOST_DOUBLINGS = 14
# An event holds 256 KB, and its case needs some of that.
_LATEST = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What comes next, and when: a page to these rungs (from 0 on), the end, or (`what` is None) only another look."""

    at: datetime
    what: Cause | Outcome | None = None
    rungs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentAnnouncement:
    """A guard event about an incident: people are paged, somebody has it, or it is closed.

    `page` is the one to be sent, `then` what comes after it if nobody says anything. `incident` carries the case, and
    of what it was told and of its pages only the latest.
    """

    id: str
    name: GuardEvent
    at: datetime
    incident: Incident
    page: Page | None = None
    then: Plan | None = None

    @property
    def tenant_arn(self) -> str | None:
        """What it is about, as SES calls it."""
        return self.incident.case.decision.tenant.arn


def announcement_of(
    name: GuardEvent, incident: Incident, at: datetime, page: Page | None = None, then: Plan | None = None
) -> IncidentAnnouncement:
    """What to announce of an incident; the same page, answer or end always has the same id."""
    # A page that was told and could not be written down gives its number to another one, which is no repetition. What
    # it says tells the two apart, and not the revision: whoever takes the incident over, or joins it to others, makes
    # a new one, and the page that nobody wrote down is told again as the same.
    number = f"{page.number}.{incident.version}.{page.told_with}.{page.cause.name}" if page else str(incident.version)
    told = replace(incident, signals=incident.signals[-_LATEST:], pages=incident.pages[-_LATEST:])
    return IncidentAnnouncement(
        id=f"{incident.id}.{name}.{number}", name=name, at=at, incident=told, page=page, then=then
    )


def plan(incident: Incident, tenant: Tenant | None, hold: timedelta, now: datetime) -> Plan | None:
    """What comes next for an open incident, by the tenant's record as it is now; None once it is closed.

    `hold`: how long the first page waits, so that tenants paused together are one page.
    """
    if not incident.is_open:
        return None
    if outcome := _ending(incident, tenant):
        return Plan(now, outcome)
    if incident.leader:
        return min((Plan(now + _LOOK_AT_LEADER), *_asks_as_member(incident, tenant)), key=lambda each: each.at)
    if not needs_people(incident, tenant):
        return Plan(_after_probation(tenant, now))
    return min((_on_the_ladder(incident, hold), *_asks(incident, tenant)), key=lambda each: each.at)


def _after_probation(tenant: Tenant | None, now: datetime) -> datetime:
    ends = tenant.probation_ends + _AFTER_PROBATION if tenant and tenant.probation_ends else now
    if ends > now:
        return ends
    # The longer the review is late with it, the rarer it is looked at: an execution's history has an end.
    return now + max(_LOOK_AT_REVIEW, (now - ends) / 2)


def needs_people(incident: Incident, tenant: Tenant | None) -> bool:
    """Whether anybody has to answer: the account is in trouble, or the tenant is stopped, or should be."""
    return incident.is_of_account or (tenant is not None and tenant.standing is Standing.PAUSED)


def speaks_for_members(incident: Incident, tenant: Tenant | None) -> bool:
    """Whether it still pages, so that its members need not."""
    return incident.is_open and not incident.leader and needs_people(incident, tenant)


def _ending(incident: Incident, tenant: Tenant | None) -> Outcome | None:
    if incident.successor:
        return Outcome.PAUSED_AGAIN
    if incident.is_of_account:
        return Outcome.OVER if incident.heard(SignalKind.OVER) or _is_over(incident, tenant) else None
    if tenant is None or tenant.gone_at:
        return Outcome.GONE
    if tenant.standing in {Standing.PAUSED, Standing.PROBATION}:
        return None
    refused = incident.case.name is GuardEvent.PAUSE_REFUSED and not incident.heard(SignalKind.RESUMED)
    return Outcome.WITHDRAWN if refused else Outcome.HEALTHY


def _is_over(incident: Incident, account: Tenant | None) -> bool:
    """Whether the account's record says so: the word of it may have come before the incident, or not at all."""
    return account is not None and told_at(account, incident.case.name) is None


def _on_the_ladder(incident: Incident, hold: timedelta) -> Plan:
    """The next page by the clock, where nobody says anything more."""
    last = incident.pages[-1] if incident.pages else None
    here = max(incident.rung, 0)
    if incident.hand_over_to is not None:
        return Plan(_said_at(incident, SignalKind.HANDED_OVER), Cause.HANDED_OVER, (incident.hand_over_to,))
    if last and not incident.is_of_account and len(incident.members) > last.told_with:
        return Plan(_said_at(incident, SignalKind.JOINED), Cause.MORE, (here,))
    if (
        last
        and incident.heard(SignalKind.CONFIRMED)
        and all(page.cause is not Cause.CONFIRMED for page in incident.pages)
    ):
        return Plan(_said_at(incident, SignalKind.CONFIRMED), Cause.CONFIRMED, (here,))
    if incident.answer:
        return Plan(incident.answer.until, Cause.AWOKE if incident.answer.is_snooze else Cause.LAPSED, (here,))
    if last is None:
        return Plan(incident.held_from + hold, Cause.FIRST, (0,))
    if last.cause is not Cause.UNANSWERED and here + 1 < len(incident.rungs):
        return Plan(last.at + incident.rungs[here].wait, Cause.CLIMBED, (here + 1,))
    return Plan(last.at + _until_again(incident), Cause.UNANSWERED, tuple(range(len(incident.rungs))))


def _said_at(incident: Incident, kind: SignalKind) -> datetime:
    signal = incident.heard(kind)
    return signal.at if signal else incident.opened_at


def _until_again(incident: Incident) -> timedelta:
    def is_unanswered(page: Page) -> bool:
        return page.cause is Cause.UNANSWERED

    repeated = len(list(takewhile(is_unanswered, reversed(incident.pages))))
    if not repeated:
        return incident.rungs[incident.rung].wait
    # Nobody's doublings take him further than these, and a timedelta has an end.
    doubled = 2 ** min(repeated - 1, _MOST_DOUBLINGS)
    return min(incident.policy.page_again * int(doubled), _LONGEST_BETWEEN_PAGES)


def _asks(incident: Incident, tenant: Tenant | None) -> Iterator[Plan]:
    """Where only a person ends the pause, he is asked to once, when the guard would have ended it."""
    pause = tenant.pause if tenant else None
    if tenant is None or pause is None or pause.ends or tenant.stops != {Owner.GUARD} or tenant.under_way:
        return
    if any(page.cause is Cause.ASKS for page in incident.pages):
        return
    lengths = incident.policy.cool_downs
    at = pause.began + lengths[min(max(tenant.strikes, 1), len(lengths)) - 1]
    snoozed = incident.answer.until if incident.answer and incident.answer.is_snooze else at
    yield Plan(max(at, snoozed), Cause.ASKS, (max(incident.rung, 0),))


def _asks_as_member(incident: Incident, tenant: Tenant | None) -> Iterator[Plan]:
    """Its leader's page asks for all of a group that was paused together; who is not asked for there asks itself.

    While the account is in trouble nobody is asked to resume what that explains.
    """
    if tenant_of(incident.leader) != ACCOUNT and not incident.heard(SignalKind.ASKED):
        yield from (replace(each, at=each.at + _LEADER_ASKS_FIRST) for each in _asks(incident, tenant))
