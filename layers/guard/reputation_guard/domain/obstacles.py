"""What stands against resuming a tenant: by the record, at SES, and while a second person has to agree."""

from collections.abc import Iterator
from dataclasses import dataclass

from reputation_guard.domain.approval import Identity, Proposal
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.incident import Incident
from reputation_guard.domain.policy import Policy
from reputation_guard.domain.sending import SendingStatus
from reputation_guard.domain.tenant import Standing, Tenant
from reputation_guard.domain.words import moment

WAITS_FOR_APPROVER = "WaitsForSecondApprover"
_SESSIONS_OF_ONE = (
    "Two sessions of one role are one person here, since whoever takes a role chooses the session's name: use a role "
    "or an IAM user of your own, or IAM Identity Center."
)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands against an order: a code, and what the operator can do.

    One that does not refuse keeps the order, until a second person agrees.
    """

    code: str
    advice: str
    refuses: bool = True


def unknown(name: str) -> Obstacle:
    """The book has no such tenant."""
    return Obstacle("UnknownTenant", f"The guard's book has no tenant {name!r}; check the spelling.")


def gone(name: str) -> Obstacle:
    """SES has no such tenant any more."""
    advice = f"SES has no tenant {name!r} any more: it was deleted, and there is nothing to resume or to pause."
    return Obstacle("GoneFromSes", advice)


def on_record(tenant: Tenant, incident: str | None, paused_by: Decision | None) -> Iterator[Obstacle]:
    """What the record says against it. `incident` is the one that the operator looked at, if he named one."""
    if tenant.standing is not Standing.PAUSED:
        if tenant.standing is Standing.PROBATION and tenant.under_way:
            resume = f"decision {tenant.decided}"
            yield Obstacle("AlreadyUnderWay", f"{tenant.name} is being resumed already, by {resume}.")
        else:
            advice = f"{tenant.name} is {tenant.standing}, not PAUSED: there is nothing to resume."
            yield Obstacle("NotPaused", advice)
    elif incident and incident != tenant.decided:
        when = f" of {moment(paused_by.at)}" if paused_by else ""
        present = f"{tenant.name} is paused by another decision now: {tenant.decided}{when}"
        yield Obstacle("OlderIncident", f"{present}, not {incident}. Look at that one, then resume.")


def stopped_since(seen: Tenant | None, tenant: Tenant) -> Iterator[Obstacle]:
    """What stopped it after it was `seen` by an order that is still being taken: nobody has ordered to lift that."""
    if seen is None or tenant.decided != seen.decided or not tenant.stops <= seen.stops:
        advice = f"{tenant.name} was stopped anew just now, by decision {tenant.decided}. Look at it, then resume."
        yield Obstacle("ChangedMeanwhile", advice)


def told_since(incident: Incident | None, version: int | None) -> Iterator[Obstacle]:
    """What the incident was told since the operator looked at it; `version` is what he saw, if he says so."""
    if incident is None or version is None or incident.version == version:
        return
    news = (
        ", ".join(f"{each.kind} by {each.by}" for each in incident.signals[max(0, version - incident.forgotten) :])
        or "it is an older one"
    )
    yield Obstacle("OlderIncident", f"Incident {incident.id} has changed since you looked ({news}). Look again.")


def at_ses_itself(tenant: Tenant, status: SendingStatus) -> Iterator[Obstacle]:
    """What SES's own stop says against it (Law 5)."""
    if status.stopped_by_ses:
        advice = f"SES itself has stopped {tenant.name}: only AWS Support can lift this. Open a case there."
        yield Obstacle("StoppedBySes", advice)


def approval_missing(policy: Policy, proposal: Proposal | None, by: Identity | None) -> Iterator[Obstacle]:
    """What the policy says against one person's order. `proposal` is the one that waits, if there is any."""
    if policy.approvals == 1:
        return
    if by and not by.proved:
        # Who declares one name can declare two.
        how = "guard resume and guard console sign with your credentials"
        yield Obstacle("IdentityNotProved", f"Policy {policy.name} asks for two people whom IAM vouches for: {how}.")
    elif proposal is None:
        advice = f"Policy {policy.name} asks for two people: this order waits for a second approver, for an hour."
        yield Obstacle(WAITS_FOR_APPROVER, advice, refuses=False)
    elif by and proposal.by.is_same_person(by):
        proposed = f"{proposal.by.in_words} proposed it on {moment(proposal.at)}"
        advice = f"{proposed}: somebody else has to order it too, by {moment(proposal.until)}."
        if not proposal.by.is_same_name(by):
            advice = f"{advice} {_SESSIONS_OF_ONE}"
        yield Obstacle("SecondApproverNeeded", advice)
