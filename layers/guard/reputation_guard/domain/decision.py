"""The judgement: counts, policy, standing and now in; a decision with its evidence out (docs/policies.md has the rule).

It is pure (Law 3), and its evidence replays: `decide_from` needs nothing but what a decision stores.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from operator import itemgetter
from typing import TypedDict

from reputation_guard.domain.account import (
    REVIEW,
    AccountRisk,
    Budget,
    Contributor,
    is_over_the_line,
    nearest_to_its_line,
    top_contributors,
)
from reputation_guard.domain.counts import SLOT_SECONDS, Counts
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.policy import Kind, Mode, Policy
from reputation_guard.domain.resume import after_resume, cohort, reason_to_resume, struck
from reputation_guard.domain.tenant import Owner, Standing, Tenant, paused, resumed
from reputation_guard.domain.windows import Window, measure

ONCE_A_DAY = timedelta(days=1)
# How fast a tenant sends is read from the running slot and the two before it.
_PACE_SLOTS = 3


class _Stored(TypedDict):
    policy: Policy
    tenant: Tenant
    mode: Mode
    now: datetime


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about a tenant, and all it was decided from; `tenant` is its record as it was read.

    `announces` names the guard event that makes the decision known; one that announces nothing is not written down.
    `operator` and `reason` are a person's; `examples` are for people and were not judged. `adopted`: SES's record says
    so already, by the hand of `owner`; there is nothing to enforce. Where the guard ends its own pause, `windows` hold
    the mail that the pause was judged on, as it looks now. `budget` is the tenant's part of what SES lets the whole
    account have, by which `policy` may have been tightened. A decision about the account itself has the account's
    record as its `tenant`, and names `contributors`.
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
    operator: str = ""
    reason: str = ""
    examples: tuple[Example, ...] = ()
    budget: Budget = ()
    contributors: tuple[Contributor, ...] = ()

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


def decide(  # noqa: PLR0913 - the inputs of the judgement, each a concept of its own
    counts: Counts, unattributed: Counts, *, policy: Policy, tenant: Tenant, delays: Delays, mode: Mode, now: datetime
) -> Decision:
    """Judge a tenant at `now`, from the part of its counts that may be judged (see `counts.judged_part`).

    Both counts begin at the slot of `now`. `unattributed` are the sends nobody could attribute, in the configuration
    sets the tenant may use; empty once its sends are proven attributed.
    """
    windows = tuple(measure(counts, unattributed, policy, delays, now))
    running = now.timestamp() - counts.newest * SLOT_SECONDS
    pace = sum(counts.sends.slots[:_PACE_SLOTS]) * 60 / (running + (_PACE_SLOTS - 1) * SLOT_SECONDS)
    return decide_from(windows, policy=policy, tenant=tenant, mode=mode, now=now, mails_per_minute=pace)


def decide_from(  # noqa: PLR0913 - what a decision stores, and nothing else
    windows: tuple[Window, ...], *, policy: Policy, tenant: Tenant, mode: Mode, now: datetime, mails_per_minute: float
) -> Decision:
    """Decide from the measured windows alone: a stored decision replays to itself."""
    answer, announces, because = _answer(windows, policy, tenant, mode, now)
    return Decision(
        answer=answer,
        at=now,
        tenant=tenant,
        mode=mode,
        policy=policy,
        announces=announces,
        because=because,
        windows=windows,
        mails_per_minute=mails_per_minute,
    )


def decide_resume(  # noqa: PLR0913 - as `decide`
    counts: Counts, *, policy: Policy, tenant: Tenant, delays: Delays, mode: Mode, now: datetime
) -> Decision | None:
    """Decide whether the guard ends its own pause at `now`, from all counts of the tenant; None where it does not.

    In observe mode it leaves standing and SES alone (Law 12).
    """
    if tenant.pause is None or mode is Mode.OBSERVE:
        return None
    return _resume_from(cohort(counts, tenant.pause, delays, now), policy=policy, tenant=tenant, mode=mode, now=now)


def _resume_from(
    mail: tuple[Window, ...], *, policy: Policy, tenant: Tenant, mode: Mode, now: datetime
) -> Decision | None:
    reason = reason_to_resume(tenant, mail, policy, now)
    if not reason:
        return None
    return Decision(
        answer=Answer.RESUME,
        announces=GuardEvent.TENANT_RESUMED,
        at=now,
        tenant=tenant,
        mode=mode,
        policy=policy,
        windows=mail,
        reason=reason,
    )


def decide_on_account(
    risk: AccountRisk, *, record: Tenant, mode: Mode, now: datetime, contributors: Sequence[Contributor] = ()
) -> Decision:
    """Say that the account is at risk: once a day while it is, and once more when it crosses a line of SES's."""
    window = nearest_to_its_line(risk)
    case = None
    if window:
        limits = REVIEW.limits(window.kind)
        case = Case(window, limits.pause, limits.prior, window.evidence(limits.warn, limits.prior))
    told = record.crossed_at if window and is_over_the_line(window) else record.warned_at
    a_day = next((each.sends for each in risk.windows if each.length == ONCE_A_DAY), 0)
    return Decision(
        answer=Answer.WARN if case else Answer.HOLD,
        at=now,
        tenant=record,
        mode=mode,
        policy=REVIEW,
        announces=GuardEvent.ACCOUNT_AT_RISK if case and not _was_today(told, now) else None,
        because=case,
        windows=risk.windows,
        mails_per_minute=a_day / (ONCE_A_DAY / timedelta(minutes=1)),
        contributors=top_contributors(contributors, window, now) if window else (),
    )


def _answer(
    windows: tuple[Window, ...], policy: Policy, tenant: Tenant, mode: Mode, now: datetime
) -> tuple[Answer, GuardEvent | None, Case | None]:
    """What to do, what to announce, and the case for it. What is said once a day is not announced again before."""
    if tenant.standing is Standing.PAUSED:
        return Answer.HOLD, None, None
    cases = _weigh(windows, policy, tenant)
    if cases.unseen:
        return Answer.HOLD, None if _was_today(tenant.unseen_at, now) else GuardEvent.SENDS_UNSEEN, cases.unseen
    if cases.pause and mode is Mode.ENFORCE:
        return Answer.PAUSE, GuardEvent.TENANT_PAUSED, cases.pause
    if cases.pause:
        return Answer.PAUSE, None if _was_today(tenant.advised_at, now) else GuardEvent.PAUSE_ADVISED, cases.pause
    if cases.warn and tenant.standing is not Standing.PROBATION and not _was_today(tenant.warned_at, now):
        return Answer.WARN, GuardEvent.TENANT_WARNED, cases.warn
    return Answer.HOLD, None, None


def replayed(decision: Decision) -> Decision:
    """A decision that the guard judged, made again from nothing but what it stores; equal to it, examples aside."""
    if decision.tenant.is_account:
        return decide_on_account(
            AccountRisk(decision.windows),
            record=decision.tenant,
            mode=decision.mode,
            now=decision.at,
            contributors=decision.contributors,
        )
    stored: _Stored = {
        "policy": decision.policy,
        "tenant": decision.tenant,
        "mode": decision.mode,
        "now": decision.at,
    }
    if decision.answer is Answer.RESUME:
        held = replace(decision, answer=Answer.HOLD, announces=None, reason="")
        return _resume_from(decision.windows, **stored) or held
    again = decide_from(decision.windows, mails_per_minute=decision.mails_per_minute, **stored)
    return replace(again, examples=decision.examples, budget=decision.budget)


def record_after(decision: Decision) -> Tenant:
    """The tenant's record once the decision is written: in observe mode the standing stays (Law 12)."""
    tenant, now = decision.tenant, decision.at
    match decision.answer:
        case Answer.PAUSE if decision.announces == "PauseAdvised":
            return replace(tenant, advised_at=now)
        case Answer.PAUSE:
            if decision.because:
                tenant = struck(tenant, decision.because.window, decision.policy, now)
            return replace(paused(tenant, decision.owner), decided=decision.id, under_way=not decision.adopted)
        case Answer.WARN if tenant.is_account and decision.because:
            crossed_at = now if is_over_the_line(decision.because.window) else tenant.crossed_at
            return replace(tenant, warned_at=now, crossed_at=crossed_at)
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


@dataclass(frozen=True, slots=True)
class _Cases:
    """The strongest case for each answer."""

    pause: Case | None = None
    warn: Case | None = None
    unseen: Case | None = None


def _weigh(windows: tuple[Window, ...], policy: Policy, tenant: Tenant) -> _Cases:
    """Find the strongest cases. Unattributed sends favour the tenant; where nothing else does, its sends are unseen."""
    probation = tenant.standing is Standing.PROBATION
    needed = policy.evidence_in_probation if probation else policy.evidence_to_pause
    pause, unseen, warn = [], [], []
    for window in windows:
        limits = policy.limits(window.kind)
        prior = limits.prior_for(in_probation=probation)
        if window.feedback >= limits.least:
            if window.feedback > window.sends:
                return _Cases(unseen=Case(window, limits.pause, prior, window.evidence(limits.pause, prior)))
            strength = window.evidence(limits.pause, prior)
            if strength >= needed:
                pause.append((strength, window, limits.pause, prior))
                continue
            if window.unattributed and (alone := window.evidence_alone(limits.pause, prior)) >= needed:
                unseen.append((alone, window, limits.pause, prior))
        strength = window.evidence(limits.warn, limits.prior)
        if strength >= policy.evidence_to_warn:
            warn.append((strength, window, limits.warn, limits.prior))
    if pause:
        return _Cases(pause=_strongest(pause))
    return _Cases(warn=_strongest(warn), unseen=_strongest(unseen))


def _strongest(cases: list[tuple[float, Window, float, int]]) -> Case | None:
    if not cases:
        return None
    strength, window, limit, prior = max(cases, key=itemgetter(0))
    return Case(window, limit, prior, strength)


def _was_today(at: datetime | None, now: datetime) -> bool:
    return at is not None and now - at < ONCE_A_DAY
