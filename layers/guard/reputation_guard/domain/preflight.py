"""What resuming a tenant would do, before anybody does it: pure, and told by the rules that judge it afterwards."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from reputation_guard.domain.approval import Identity, Proposal
from reputation_guard.domain.counts import DAY_SECONDS, SLOT_SECONDS, Counts, Series, slot_of
from reputation_guard.domain.decision import Answer, Case, Decision
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.incident import Incident, Signal
from reputation_guard.domain.judgement import decide
from reputation_guard.domain.obstacles import Obstacle
from reputation_guard.domain.policy import Kind, Mode, Policy
from reputation_guard.domain.resume import cohort, struck
from reputation_guard.domain.sending import Finding, Sending, SendingStatus
from reputation_guard.domain.telling import BY_PEOPLE
from reputation_guard.domain.tenant import Owner, Pause, Standing, Tenant, resumed
from reputation_guard.domain.windows import Window

# Amounts of mail that a person can picture, each sent within the minutes after the resume.
_PICTURED = (50, 500, 5_000)
_AT_ONCE = timedelta(seconds=SLOT_SECONDS)
_A_DAY = timedelta(seconds=DAY_SECONDS)
# Who resumes reads the whole case on the incident's page.
_LAST_TOLD = 5


@dataclass(frozen=True, slots=True)
class PausedBy:
    """The decision that stopped the tenant: by whom, on whose word, and the guard's case for it."""

    decision: str
    at: datetime
    owner: Owner
    operator: Identity | None = None
    reason: str = ""
    because: Case | None = None


@dataclass(frozen=True, slots=True)
class Margin:
    """The fewest hard bounces, and the fewest complaints, that pause it again, of so many mails after the resume.

    The mails are sent evenly `over` this time, and their feedback, as even, is judged at the end of it. Later, more of
    it takes the same pause, since more of the mail has had the time to come back. None: not even all of them would.
    """

    mails: int
    over: timedelta
    bounces: int | None
    complaints: int | None


@dataclass(frozen=True, slots=True)
class Terms:
    """The probation: until when, on how many nats a pause, and what that pause would be.

    `strikes`: those there would be by then. A cool-down is None where a person would have to end the pause.
    """

    until: datetime
    evidence: float
    strikes: int
    cool_down_for_bounces: timedelta | None
    cool_down_for_complaints: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What a resume at `at` would meet and do. Where there is an obstacle that refuses, the rest is for information.

    `matured`: the mail of the guard's pause as it looks now; `before_stop`: where another stopped it and judged none,
    that of the day before, as it looks now. `told`: what people told the incident last. `becomes`: what SES would be
    told. `proposal`: one that waits for a second person. `mode`: whether the guard would act on a margin or only say
    so. `incident` and `version`: the episode and how much it had been told; an order that names both is refused once
    it was told more.
    """

    tenant: str
    at: datetime
    obstacles: tuple[Obstacle, ...] = ()
    standing: Standing | None = None
    stops: tuple[Owner, ...] = ()
    paused_by: PausedBy | None = None
    sending: SendingStatus | None = None
    findings: tuple[Finding, ...] = ()
    matured: Window | None = None
    before_stop: tuple[Window, ...] = ()
    told: tuple[Signal, ...] = ()
    becomes: Sending = Sending.ENABLED
    margins: tuple[Margin, ...] = ()
    terms: Terms | None = None
    mode: Mode = Mode.ENFORCE
    proposal: Proposal | None = None
    incident: str | None = None
    version: int | None = None

    @property
    def refusal(self) -> Obstacle | None:
        """What an order would be refused for; None where it would be carried out, or kept for a second approver."""
        return next((each for each in self.obstacles if each.refuses), None)


def preflight(  # noqa: PLR0913 - what there is to know
    tenant: Tenant,
    *,
    counts: Counts,
    policy: Policy,
    delays: Delays,
    mode: Mode,
    now: datetime,
    sending: SendingStatus | None = None,
    findings: tuple[Finding, ...] = (),
    paused_by: Decision | None = None,
    obstacles: Sequence[Obstacle] = (),
    proposal: Proposal | None = None,
    incident: Incident | None = None,
) -> Preflight:
    """Tell what resuming the tenant at `now` would do. `policy` and `mode` are those it would be judged by.

    `incident`: the one that its present pause began, once there is one.
    """
    after = resumed(tenant, now, policy.probation)
    mail = cohort(counts, tenant.pause, delays, now) if tenant.pause else ()
    usual = usual_day(counts)
    pictured = [(mails, _AT_ONCE) for mails in _PICTURED] + ([(usual, _A_DAY)] if usual else [])
    return Preflight(
        tenant=tenant.name,
        at=now,
        obstacles=tuple(obstacles),
        standing=tenant.standing,
        stops=tuple(sorted(tenant.stops)),
        paused_by=_paused_by(paused_by) if paused_by else None,
        sending=sending,
        findings=findings,
        # The widest of the cohort's windows, as in the notices.
        matured=mail[-1] if mail else None,
        before_stop=_before_stop(tenant, paused_by, counts, delays, now),
        told=tuple(each for each in incident.signals if each.kind in BY_PEOPLE)[-_LAST_TOLD:] if incident else (),
        becomes=Sending.REINSTATED if findings else Sending.ENABLED,
        margins=tuple(margin_of(mails, over, after, policy, delays, now) for mails, over in pictured),
        terms=_terms(after, policy, now),
        mode=mode,
        proposal=proposal,
        incident=tenant.decided,
        version=incident.version if incident else None,
    )


def _before_stop(
    tenant: Tenant, paused_by: Decision | None, counts: Counts, delays: Delays, now: datetime
) -> tuple[Window, ...]:
    if tenant.pause or paused_by is None:
        return ()
    since = max(tenant.fence or paused_by.at - _A_DAY, paused_by.at - _A_DAY)
    found = (cohort(counts, Pause(kind, judged_from=since, began=paused_by.at), delays, now)[-1] for kind in Kind)
    return tuple(window for window in found if window.sends or window.feedback)


def _paused_by(decision: Decision) -> PausedBy:
    operator = decision.ordered_by
    return PausedBy(decision.id, decision.at, decision.owner, operator, decision.reason, decision.because)


def usual_day(counts: Counts) -> int:
    """The mails of a usual day: the mean of the closed days it sent on, else what it sent since yesterday began."""
    days = [number for number in counts.sends.days if number]
    return round(sum(days) / len(days)) if days else sum(counts.sends.slots) + sum(counts.sends.hours)


def margin_of(  # noqa: PLR0913, PLR0917 - the mail, and what it would be judged by
    mails: int, over: timedelta, after: Tenant, policy: Policy, delays: Delays, now: datetime
) -> Margin:
    """Find how much of this mail would have to come back: the judgement itself is asked, never a formula beside it."""

    def fewest(kind: Kind) -> int | None:
        def pauses(feedback: int) -> bool:
            counts = _sent_after(mails, over, kind, feedback, now)
            judged_at = now + over
            unattributed = Counts(counts.newest)
            # Enforce or observe: what a pause takes is the same.
            decision = decide(
                counts,
                unattributed,
                policy=policy,
                tenant=after,
                delays=delays,
                mode=Mode.ENFORCE,
                now=judged_at,
            )
            return decision.answer is Answer.PAUSE

        amounts = range(1, mails + 1)
        found = bisect_left(amounts, True, key=pauses)  # noqa: FBT003 - the value that is looked for
        return amounts[found] if found < mails else None

    return Margin(mails, over, fewest(Kind.BOUNCE), fewest(Kind.COMPLAINT))


def _sent_after(mails: int, over: timedelta, kind: Kind, feedback: int, now: datetime) -> Counts:
    """The counts that a judgement at the end of `over` may look at: this mail, and nothing from before the fence."""
    slots = over // timedelta(seconds=SLOT_SECONDS)
    sends, came_back = Series(_evenly(mails, slots)), Series(_evenly(feedback, slots))
    none = Series((0,) * slots)
    bounces, complaints = (came_back, none) if kind is Kind.BOUNCE else (none, came_back)
    return Counts(slot_of(now + over), sends, bounces, complaints)


def _evenly(number: int, slots: int) -> tuple[int, ...]:
    """A number over so many slots, the larger parts in the latest ones."""
    # Up to each slot, rounded up: so whatever is not more than another number is not more in any part of them either.
    upto = [-(-number * slot // slots) for slot in range(slots + 1)]
    return tuple(later - earlier for earlier, later in pairwise(upto))


def _terms(after: Tenant, policy: Policy, now: datetime) -> Terms:
    def next_pause(kind: Kind) -> Tenant:
        return struck(after, Window(kind, _AT_ONCE, 0, 0, 0.0), policy, now)

    def cool_down(kind: Kind) -> timedelta | None:
        pause = next_pause(kind).pause
        return pause.ends - pause.began if pause and pause.ends else None

    return Terms(
        until=after.probation_ends or now,
        evidence=policy.evidence_needed(_AT_ONCE, in_probation=True),
        strikes=next_pause(Kind.BOUNCE).strikes,
        cool_down_for_bounces=cool_down(Kind.BOUNCE),
        cool_down_for_complaints=cool_down(Kind.COMPLAINT),
    )
