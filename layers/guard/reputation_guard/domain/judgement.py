"""The judgement: counts, policy, standing and now in; a decision with its evidence out (docs/policies.md has the rule).

It is pure (Law 3), and its evidence replays: `decide_from` needs nothing but what a decision stores.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TypedDict

from reputation_guard.domain.account import (
    REVIEW,
    AccountRisk,
    Contributor,
    is_over_the_line,
    nearest_to_its_line,
    top_contributors,
)
from reputation_guard.domain.counts import SLOT_SECONDS, Counts
from reputation_guard.domain.decision import ONCE_A_DAY, Answer, Case, Decision, GuardEvent
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.policy import Mode, Policy
from reputation_guard.domain.resume import cohort, reason_to_resume
from reputation_guard.domain.tenant import Standing, Tenant
from reputation_guard.domain.windows import Window, measure

# How fast a tenant sends is read from the running slot and the two before it.
_PACE_SLOTS = 3


class _Stored(TypedDict):
    policy: Policy
    tenant: Tenant
    mode: Mode
    now: datetime


def decide(  # noqa: PLR0913 - the inputs of the judgement, each a concept of its own
    counts: Counts,
    unattributed: Counts,
    unseen: Counts | None = None,
    *,
    policy: Policy,
    tenant: Tenant,
    delays: Delays,
    mode: Mode,
    now: datetime,
) -> Decision:
    """Judge a tenant at `now`, from the part of its counts that may be judged (see `counts.judged_part`).

    Both counts begin at the slot of `now`. `unattributed` are the sends nobody could attribute, in the configuration
    sets the tenant may use; empty once its sends are proven attributed. `unseen`: feedback of mail sent through sets
    whose sends nobody sees, if there is any.
    """
    windows = tuple(measure(counts, unattributed, policy, delays, now, unseen))
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
    if cases.unseen and not _was_today(tenant.unseen_at, now):
        return Answer.HOLD, GuardEvent.SENDS_UNSEEN, cases.unseen
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
    return replace(again, examples=decision.examples, budget=decision.budget, unseen_sets=decision.unseen_sets)


@dataclass(frozen=True, slots=True)
class _Cases:
    """The strongest case for each answer."""

    pause: Case | None = None
    warn: Case | None = None
    unseen: Case | None = None


def _weigh(windows: tuple[Window, ...], policy: Policy, tenant: Tenant) -> _Cases:
    """Find the strongest cases. Unattributed sends favour the tenant; where nothing else does, its sends are unseen.

    So they are where feedback of mail through a set with no sends on record would make a case by itself.
    """
    probation = tenant.standing is Standing.PROBATION
    pause, unseen, warn = [], [], []
    for window in windows:
        needed = policy.evidence_needed(window.length, in_probation=probation)
        limits = policy.limits(window.kind)
        prior = limits.prior_for(in_probation=probation)
        if window.unseen >= limits.least and (lost := window.evidence_unseen(limits.pause, prior)) >= needed:
            unseen.append((lost, window, limits.pause, prior))
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
