"""The judgement: counts, policy, standing and now in; a decision with its evidence out (docs/policies.md has the rule).

It is pure (Law 3), and its evidence replays: `judge` needs nothing but what a decision stores.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from reputation_guard.domain.counts import SLOT_SECONDS, Counts
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.policy import Kind, Limits, Mode, Policy
from reputation_guard.domain.tenant import Owner, Standing, Tenant, paused, resumed
from reputation_guard.domain.windows import Window, measure

ONCE_A_DAY = timedelta(days=1)


class Action(StrEnum):
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
    so already, by the hand of `owner`; there is nothing to enforce.
    """

    action: Action
    at: datetime
    tenant: Tenant
    mode: Mode
    policy: Policy
    announces: str | None = None
    because: Case | None = None
    windows: tuple[Window, ...] = ()
    mails_per_minute: float = 0.0
    owner: Owner = Owner.GUARD
    adopted: bool = False
    operator: str = ""
    reason: str = ""
    examples: tuple[Example, ...] = ()

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
    windows = tuple(
        window
        for window in measure(counts, unattributed, policy, delays, now)
        if window.feedback > window.due * policy.limits(window.kind).warn
    )
    running = now.timestamp() - counts.newest * SLOT_SECONDS
    pace = sum(counts.sends.slots[:3]) * 60 / (running + 2 * SLOT_SECONDS)
    return judge(windows, policy=policy, tenant=tenant, mode=mode, now=now, mails_per_minute=pace)


def judge(  # noqa: PLR0913 - what a decision stores, and nothing else
    windows: tuple[Window, ...], *, policy: Policy, tenant: Tenant, mode: Mode, now: datetime, mails_per_minute: float
) -> Decision:
    """Decide from the measured windows alone: a stored decision replays to itself."""
    decision = Decision(
        action=Action.HOLD,
        at=now,
        tenant=tenant,
        mode=mode,
        policy=policy,
        windows=windows,
        mails_per_minute=mails_per_minute,
    )
    if tenant.standing is Standing.PAUSED:
        return decision
    if case := _sends_unseen(windows, policy, tenant):
        announced = None if _was_today(tenant.unseen_at, now) else "SendsUnseen"
        return replace(decision, because=case, announces=announced)
    if case := _strongest(_to_pause(windows, policy, tenant)):
        if mode is Mode.ENFORCE:
            return replace(decision, action=Action.PAUSE, because=case, announces="TenantPaused")
        announced = None if _was_today(tenant.advised_at, now) else "PauseAdvised"
        return replace(decision, action=Action.PAUSE, because=case, announces=announced)
    if tenant.standing is Standing.PROBATION or _was_today(tenant.warned_at, now):
        return decision
    if case := _strongest(_to_warn(windows, policy)):
        return replace(decision, action=Action.WARN, because=case, announces="TenantWarned")
    return decision


def record_after(decision: Decision) -> Tenant:
    """The tenant's record once the decision is written: in observe mode the standing stays (Law 12)."""
    tenant, now = replace(decision.tenant, judge_again_at=None), decision.at
    match decision.action:
        case Action.PAUSE if decision.announces == "PauseAdvised":
            return replace(tenant, advised_at=now)
        case Action.PAUSE:
            return replace(paused(tenant, decision.owner), decided=decision.id, under_way=not decision.adopted)
        case Action.WARN if decision.mode is Mode.OBSERVE:
            return replace(tenant, warned_at=now)
        case Action.WARN:
            return replace(tenant, standing=Standing.WARNED, warned_at=now)
        case Action.RESUME:
            after = resumed(tenant, now, decision.policy.probation)
            return replace(after, decided=decision.id, under_way=not decision.adopted)
        case Action.HOLD:
            return replace(tenant, unseen_at=now)


def _to_pause(windows: tuple[Window, ...], policy: Policy, tenant: Tenant) -> Iterator[Case]:
    """The windows in which the evidence for a pause holds, counting unattributed sends in the tenant's favour."""
    for window, limits, prior, needed in _held_against(windows, policy, tenant):
        strength = window.evidence(limits.pause, prior)
        if strength >= needed:
            yield Case(window, limits.pause, prior, strength)


def _sends_unseen(windows: tuple[Window, ...], policy: Policy, tenant: Tenant) -> Case | None:
    """A window that shows sends to be missing: more feedback than sends, or a case that unattributed sends refute."""
    refuted: list[Case] = []
    for window, limits, prior, needed in _held_against(windows, policy, tenant):
        alone = window.evidence(limits.pause, prior, with_unattributed=False)
        case = Case(window, limits.pause, prior, alone)
        if window.feedback > window.sends:
            return case
        if alone >= needed:
            refuted.append(case)
    return None if any(_to_pause(windows, policy, tenant)) else _strongest(refuted)


def _held_against(
    windows: tuple[Window, ...], policy: Policy, tenant: Tenant
) -> Iterator[tuple[Window, Limits, int, float]]:
    """The windows with enough feedback for a pause and a rate above the limit, with what they are held against."""
    probation = tenant.standing is Standing.PROBATION
    needed = policy.evidence_in_probation if probation else policy.evidence_to_pause
    for window in windows:
        limits = policy.limits(window.kind)
        if window.feedback >= limits.least and window.feedback > limits.pause * window.due:
            yield window, limits, limits.prior_in_probation if probation else limits.prior, needed


def _to_warn(windows: tuple[Window, ...], policy: Policy) -> Iterator[Case]:
    for window in windows:
        limits = policy.limits(window.kind)
        strength = window.evidence(limits.warn, limits.prior)
        if strength >= policy.evidence_to_warn:
            yield Case(window, limits.warn, limits.prior, strength)


def _strongest(cases: Iterable[Case]) -> Case | None:
    return max(cases, key=lambda case: case.strength, default=None)


def _was_today(at: datetime | None, now: datetime) -> bool:
    return at is not None and now - at < ONCE_A_DAY
