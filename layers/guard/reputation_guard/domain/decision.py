"""A decision: what it does, all that it was decided from, and the record after it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from reputation_guard.domain.account import (
    Budget,
    Contributor,
    is_over_the_line,
)
from reputation_guard.domain.approval import Identity
from reputation_guard.domain.blindness import Look
from reputation_guard.domain.hands import taken_over
from reputation_guard.domain.policy import Kind, Mode, Policy
from reputation_guard.domain.resume import after_resume, struck
from reputation_guard.domain.sending import SendingStatus
from reputation_guard.domain.tenant import Blind, Owner, Standing, Tenant, paused, resumed
from reputation_guard.domain.windows import Window

ONCE_A_DAY = timedelta(days=1)
# More mails a minute than anybody sends.
_FIRST_IN_LINE = 1e9
_TOLD_AT_ONCE = 1e10


class GuardEvent(StrEnum):
    """What the guard announces, as facts in the past tense."""

    TENANT_WARNED = "TenantWarned"
    PAUSE_ADVISED = "PauseAdvised"
    TENANT_PAUSED = "TenantPaused"
    PAUSE_REFUSED = "PauseRefused"
    TENANT_RESUMED = "TenantResumed"
    RESUME_REFUSED = "ResumeRefused"
    SENDS_UNSEEN = "SendsUnseen"
    ACCOUNT_AT_RISK = "AccountAtRisk"
    BRAKE_ENGAGED = "BrakeEngaged"
    BRAKE_RELEASED = "BrakeReleased"
    GUARD_BLINDED = "GuardBlinded"
    GUARD_SIGHTED = "GuardSighted"
    ESCALATION_RAISED = "EscalationRaised"
    ESCALATION_ACKNOWLEDGED = "EscalationAcknowledged"
    INCIDENT_CLOSED = "IncidentClosed"


# These carry an incident, all others a decision.
ABOUT_INCIDENTS = frozenset(
    {GuardEvent.ESCALATION_RAISED, GuardEvent.ESCALATION_ACKNOWLEDGED, GuardEvent.INCIDENT_CLOSED}
)


class Answer(StrEnum):
    """What a decision does with a tenant."""

    HOLD = "hold"
    WARN = "warn"
    PAUSE = "pause"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Case:
    """A window that is over a limit: the limit and the prior it was held against, and the evidence in nats."""

    window: Window
    limit: float
    prior: int
    strength: float


@dataclass(frozen=True, slots=True)
class Example:
    """One piece of feedback, as a page shows it: never the whole address."""

    kind: Kind
    domain: str
    diagnostic: str
    sending_ip: str = ""


@dataclass(frozen=True, slots=True)
class Trait:
    """What `tenants` of so many `of` have in common: `what` it is, and its `value`."""

    what: str
    value: str
    tenants: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Braked:
    """How it stood when the brake engaged (Law 6): `allowed` pauses an hour where so many `senders` sent in a day.

    `paused` and `kept`: how many; `latest` and `kept_tenants`: some of their names; `traits`: what most of them share.
    """

    allowed: int
    senders: int
    paused: int
    latest: tuple[str, ...]
    kept: int
    kept_tenants: tuple[str, ...]
    traits: tuple[Trait, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about a tenant, and all it was decided from; `tenant` is its record as it was read.

    `announces` names the guard event that makes the decision known; one that announces nothing is not written down.
    `operator` and `reason` are a person's, whose name IAM proved (`operator_proved`) or who only declared it;
    `proposed_by` wanted the same before, where a policy asks for two people. `examples` are for people and were not
    judged. `adopted`: SES's record says so already, by the hand of `owner`, as `seen`; there is nothing to enforce.
    Where the guard ends its own pause,
    `windows` hold the mail that the pause was judged on, as it looks now. `budget` is the tenant's part of what SES
    lets the whole account have, by which `policy` may have been tightened. A decision about the account itself has the
    account's record as its `tenant`, and names `contributors`. `unseen_sets`: those that feedback came through and no
    send on record. `braked`: why people decide now, and not the guard. `look`: what the guard found of its own sight.
    """

    answer: Answer
    at: datetime
    tenant: Tenant
    mode: Mode
    policy: Policy
    announces: GuardEvent | None = None
    because: Case | None = None
    windows: tuple[Window, ...] = ()
    mails_per_minute: float = 0.0
    owner: Owner = Owner.GUARD
    adopted: bool = False
    seen: SendingStatus | None = None
    operator: str = ""
    reason: str = ""
    examples: tuple[Example, ...] = ()
    budget: Budget = ()
    contributors: tuple[Contributor, ...] = ()
    unseen_sets: tuple[str, ...] = ()
    operator_proved: bool = False
    proposed_by: Identity | None = None
    braked: Braked | None = None
    look: Look | None = None

    @property
    def ordered_by(self) -> Identity | None:
        """The person who ordered it from the guard; None for the guard's own, and for what was found at SES."""
        return Identity(self.operator, self.operator_proved) if self.operator else None

    @property
    def is_an_order(self) -> bool:
        """Whether a person ordered it from the guard, and did not do it at SES: no rule of the guard's calls it off."""
        return self.owner is Owner.OPERATOR and not self.adopted

    @property
    def place_in_line(self) -> float:
        """How soon it is carried out, the largest first: a person's pause, then by mails a minute (fastest first).

        A person's resume has no such place: many at once must not hold up a pause. What only has to be told comes
        before all of them, since it does not wait for SES.
        """
        if not self.needs_ses:
            return _TOLD_AT_ONCE
        return _FIRST_IN_LINE if self.is_an_order and self.answer is Answer.PAUSE else self.mails_per_minute

    @property
    def needs_ses(self) -> bool:
        """Whether it is carried out at SES; all others only have to be made known."""
        return self.announces in {GuardEvent.TENANT_PAUSED, GuardEvent.TENANT_RESUMED} and not self.adopted

    @property
    def judged(self) -> bool:
        """Whether the guard judged it, so that it replays; otherwise it is what a person or SES did, or lost."""
        return self.owner is Owner.GUARD and (self.because is not None or bool(self.windows))

    @property
    def id(self) -> str:
        """The one id of this decision: the tenant and the version its record gets by it."""
        return f"{self.tenant.name}.{self.tenant.version + 1}"


def record_after(decision: Decision) -> Tenant:
    """The tenant's record once the decision is written: in observe mode the standing stays (Law 12)."""
    tenant, now = decision.tenant, decision.at
    if tenant.is_account:
        return _account_after(decision)
    match decision.answer:
        case Answer.PAUSE if decision.announces == "PauseAdvised":
            return replace(tenant, advised_at=now)
        case Answer.PAUSE:
            if decision.because:
                tenant = struck(tenant, decision.because.window, decision.policy, now)
            # A person's pause takes the place of the guard's, which would end its own (Law 5).
            after = taken_over(tenant) if decision.owner is Owner.OPERATOR else paused(tenant, decision.owner)
            return replace(after, decided=decision.id, under_way=not decision.adopted)
        case Answer.WARN if decision.mode is Mode.OBSERVE:
            return replace(tenant, warned_at=now)
        case Answer.WARN:
            return replace(tenant, standing=Standing.WARNED, warned_at=now)
        case Answer.RESUME:
            if decision.owner is Owner.GUARD:
                tenant = after_resume(tenant, now)
            after = resumed(tenant, now, decision.policy.probation)
            return replace(after, decided=decision.id, under_way=not decision.adopted)
        case Answer.HOLD:
            return replace(tenant, unseen_at=now)


def _account_after(decision: Decision) -> Tenant:
    """The account's record once the decision is written: it has no standing, only when people were told of what."""
    record, now = decision.tenant, decision.at
    match decision.announces:
        case GuardEvent.BRAKE_ENGAGED:
            return replace(record, braked_at=now)
        case GuardEvent.BRAKE_RELEASED:
            return replace(record, braked_at=None)
        case GuardEvent.GUARD_BLINDED if decision.look:
            look = decision.look
            blind = Blind(now, now, judges_nobody=look.is_blind, keeps_pauses=look.loses_sends, since=look.blind_from)
            return replace(record, blind=blind)
        case GuardEvent.GUARD_SIGHTED:
            return replace(record, blind=None)
        case _:
            is_over = decision.because is not None and is_over_the_line(decision.because.window)
            return replace(record, warned_at=now, crossed_at=now if is_over else record.crossed_at)
