"""The account's own risk: SES reviews an account by the mail of all its tenants together, and may pause all of it.

The lines are SES's (docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html). SES measures them over "a representative
volume" of mail and does not say how much that is; the last 24 hours and the last 7 days stand in for it here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reputation_guard.domain.counts import Counts
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.policy import PRESETS, Kind, Limits, Policy
from reputation_guard.domain.windows import Window, feedback_within, window_of

REVIEWED = (timedelta(hours=24), timedelta(days=7))
# SES's review lines as limits, with priors of their own and the evidence of every other judgement: the warn limit is
# where the account begins to press on its tenants, the pause limit is the line itself.
REVIEW = replace(
    PRESETS["standard"],
    name="account",
    bounce=Limits(pause=0.05, warn=0.04, least=4, prior=20, prior_in_probation=20),
    complaint=Limits(pause=0.001, warn=0.0008, least=3, prior=400, prior_in_probation=400),
)
# Pausing a tenant with less than this share of the account's budget helps nobody: its rules stay as they are.
SHARE_TO_TIGHTEN = 0.05
# A tenant with this share is remembered, so that the account's warning can name it.
SHARE_TO_NAME = 0.01
_NAMED = 5
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AccountRisk:
    """What the windows of all mail together hold: both kinds over both lengths. Empty while nothing is known."""

    windows: tuple[Window, ...] = ()

    @property
    def pressure(self) -> float:
        """The greatest pressure (0..1) of any window."""
        return max(map(pressure, self.windows), default=0.0)


@dataclass(frozen=True, slots=True)
class BudgetPart:
    """A tenant's part of the feedback that SES's line leaves the whole account in one window.

    `feedback` is the tenant's, all that SES saw, judged or not. `sends`, `rate` and `pressure` (0..1) are the
    account's.
    """

    kind: Kind
    length: timedelta
    feedback: int
    sends: int
    rate: float
    pressure: float

    @property
    def share(self) -> float:
        """How much of the account's budget the tenant uses: 1 is all of it."""
        return self.feedback / (REVIEW.limits(self.kind).pause * self.sends)


Budget = tuple[BudgetPart, ...]
UNKNOWN_RISK = AccountRisk()


@dataclass(frozen=True, slots=True)
class Contributor:
    """A tenant and its parts of the account's budget, as they were at its last judgement."""

    tenant: str
    budget: Budget
    at: datetime

    def is_as_before(self, before: "Contributor") -> bool:
        """Whether nothing changed enough to write it down again: a tenth of its largest share, or an hour."""
        change = abs(largest_share(self.budget) - largest_share(before.budget))
        return self.at - before.at < timedelta(hours=1) and change < largest_share(before.budget) / 10


def account_risk(counts: Counts, delays: Delays, now: datetime) -> AccountRisk:
    """Measure the account at `now`, from the part of its counts that may be judged.

    A slot with more feedback than sends is left out: somebody's sends were not seen in it, and its rate says nothing.
    """
    feedback = {kind: counts.feedback(kind).no_more_than(counts.sends) for kind in Kind}
    counts = replace(counts, bounces=feedback[Kind.BOUNCE], complaints=feedback[Kind.COMPLAINT])
    return AccountRisk(tuple(window_of(counts, kind, length, delays, now) for kind in Kind for length in REVIEWED))


def pressure(window: Window) -> float:
    """How near a window of the account is to its line: 0 up to 80 % of it, 1 at the line, linear between.

    What counts is the rate the window shows to be exceeded on the evidence that a warning needs, so the few mails of a
    small account press on nobody.
    """
    limits = REVIEW.limits(window.kind)
    if window.feedback < limits.least or window.rate <= limits.warn:
        return 0.0
    shown = window.bound(limits.prior, REVIEW.evidence_to_warn)
    return min(1.0, max(0.0, (shown - limits.warn) / (limits.pause - limits.warn)))


def is_over_the_line(window: Window) -> bool:
    """Whether the account presses, and what was measured is at SES's line or above: SES waits for no evidence."""
    return pressure(window) > 0 and window.rate >= REVIEW.limits(window.kind).pause


def nearest_to_its_line(risk: AccountRisk) -> Window | None:
    """The window that is to be told: the one that is furthest up to its line or beyond; None without any pressure."""
    pressing = [window for window in risk.windows if pressure(window) > 0]
    return max(pressing, key=lambda window: window.rate / REVIEW.limits(window.kind).pause, default=None)


def budget_of(counts: Counts, risk: AccountRisk) -> Budget:
    """A tenant's parts of the account's budget, from all its counts: SES knows no fences. None where it has no part."""
    parts = (
        BudgetPart(window.kind, window.length, feedback, window.sends, window.rate, pressure(window))
        for window in risk.windows
        if window.due and (feedback := feedback_within(counts, window.kind, window.length))
    )
    return tuple(parts)


def largest_part(budget: Budget) -> BudgetPart | None:
    """The part with the largest share."""
    return max(budget, key=lambda part: part.share, default=None)


def largest_share(budget: Budget) -> float:
    """The largest share."""
    part = largest_part(budget)
    return part.share if part else 0.0


def tightening(budget: Budget, kind: Kind | None = None) -> float:
    """The pressure (0..1) a tenant is under: of the windows, of one kind or any, in which its share is 5 % or more."""
    ours = (part for part in budget if part.share >= SHARE_TO_TIGHTEN and kind in {None, part.kind})
    return max((part.pressure for part in ours), default=0.0)


def tightened(policy: Policy, budget: Budget) -> Policy:
    """The policy for a tenant with this budget. It is never looser than it was; without pressure it is the same.

    At full pressure a pause needs no more evidence than a warning, on probation as well, and the pause limit of a kind
    that presses is half way to its warn limit; linear between.
    """
    now = tightening(budget)
    if not now:
        return policy
    evidence = _lowered(policy.evidence_to_pause, policy.evidence_to_warn, now)
    return replace(
        policy,
        bounce=_tightened(policy.bounce, tightening(budget, Kind.BOUNCE)),
        complaint=_tightened(policy.complaint, tightening(budget, Kind.COMPLAINT)),
        evidence_to_pause=evidence,
        # Whoever is on probation never needs more than a tenant that did nothing.
        evidence_in_probation=min(policy.evidence_in_probation, evidence),
    )


def _tightened(limits: Limits, now: float) -> Limits:
    return replace(limits, pause=_lowered(limits.pause, (limits.pause + limits.warn) / 2, now))


def _lowered(value: float, goal: float, now: float) -> float:
    """The value on its way down to the goal, and never beyond; where it is not above the goal, it stays."""
    return max(goal, value - now * (value - goal)) if value > goal else value


def top_contributors(contributors: Iterable[Contributor], window: Window, now: datetime) -> tuple[Contributor, ...]:
    """Those with the most feedback in a window of the account, the first one leading; what is a day old is left out."""

    def feedback(contributor: Contributor) -> int:
        return sum(each.feedback for each in contributor.budget if (each.kind, each.length) == of)

    of = (window.kind, window.length)
    fresh = [each for each in contributors if now - each.at < _A_DAY and feedback(each)]
    return tuple(sorted(fresh, key=lambda each: (-feedback(each), each.tenant))[:_NAMED])
