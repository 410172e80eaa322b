"""When the guard ends its own pause: back-off by strike, or early where the mail it judged turned out better.

The rule is in docs/policies.md. Nothing flaps: what was judged is behind the fence of the resume, each pause lasts
longer than the one before, the fifth is ended by a person, and early is once only until the strikes are forgotten.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from operator import mul

from reputation_guard.domain.counts import DAY_SECONDS, HOUR_SECONDS, SLOT_SECONDS, Counts, slot_of, slot_start
from reputation_guard.domain.delays import Delays, FeedbackDelay, due_shares
from reputation_guard.domain.policy import Kind, Policy, Resumes
from reputation_guard.domain.sight import Sight, judged_part
from reputation_guard.domain.tenant import Pause, Tenant
from reputation_guard.domain.windows import Window

# The mail that was judged has turned out better when so much of its feedback is due, and its rate is below the warn
# limit all the same.
_RIPE = 0.9


def struck(tenant: Tenant, window: Window, policy: Policy, now: datetime) -> Tenant:
    """The tenant with one strike more, and with the pause it gets for the feedback of `window`."""
    tenant = forgiven(tenant, policy, now)
    first_slot = slot_start(slot_of(now - window.length) + 1)
    pause = Pause(
        kind=window.kind,
        judged_from=max(first_slot, tenant.fence or first_slot),
        began=now,
        ends=_end(now, tenant.strikes, window.kind, policy),
    )
    return replace(tenant, strikes=tenant.strikes + 1, clean_since=now, pause=pause)


def forgiven(tenant: Tenant, policy: Policy, now: datetime) -> Tenant:
    """The tenant without the strikes that enough clean days have passed since."""
    if tenant.clean_since is None or now - tenant.clean_since < policy.strike_decays:
        return tenant
    return replace(tenant, strikes=0, clean_since=None, resumed_early=False)


def _end(began: datetime, strikes_before: int, kind: Kind, policy: Policy) -> datetime | None:
    if policy.resumes is Resumes.PERSON or strikes_before >= len(policy.cool_downs):
        return None
    length = policy.cool_downs[strikes_before]
    return began + (max(length, policy.least_complaint_cool_down) if kind is Kind.COMPLAINT else length)


def cohort(counts: Counts, pause: Pause, delays: Delays, now: datetime) -> tuple[Window, ...]:
    """The mail a pause was judged on, as it looks now; `due` by the delays as they are, plain sends aside.

    What lies in hours or days by now is measured with and without the older mail beside it in the first of them: only
    what is true of both is true of the cohort.
    """
    delay = delays.of(pause.kind)
    since = pause.judged_from.timestamp()
    starts = {pause.judged_from - timedelta(seconds=since % step) for step in (SLOT_SECONDS, HOUR_SECONDS, DAY_SECONDS)}
    return tuple(_since(start, counts, pause.kind, delay, now) for start in sorted(starts))


def _since(start: datetime, counts: Counts, kind: Kind, delay: FeedbackDelay, now: datetime) -> Window:
    # All of it was counted long ago, and a start on a slot's edge cuts none in two.
    part = judged_part(counts, Sight(slot_start(counts.newest + 1), since=start), start, {})
    shares = due_shares(delay, part.newest, now.timestamp(), part.sends)
    sent = part.sends.numbers
    return Window(kind, now - start, sum(part.feedback(kind).numbers), sum(sent), sum(map(mul, sent, shares)))


def reason_to_resume(tenant: Tenant, mail: tuple[Window, ...], policy: Policy, now: datetime) -> str:
    """Why the guard ends its own pause at `now`; empty where it does not. `mail`: what it was paused for, by now."""
    pause = tenant.pause
    if not tenant.waits_for_the_guard or pause is None or pause.ends is None:
        return ""
    if now >= pause.ends:
        return "its cool-down is over"
    if mail and not tenant.resumed_early and all(_is_better(window, policy) for window in mail):
        return "the mail it was paused for turned out better"
    return ""


def _is_better(window: Window, policy: Policy) -> bool:
    ripe = window.sends > 0 and window.due >= _RIPE * window.sends
    return ripe and window.rate < policy.limits(window.kind).warn


def after_resume(tenant: Tenant, now: datetime) -> Tenant:
    """The strikes of a tenant that the guard resumes: a pause that ends early was a mistake, and counts for nothing."""
    if tenant.pause is None or tenant.pause.ends is None or now >= tenant.pause.ends:
        return tenant
    return replace(tenant, strikes=tenant.strikes - 1, resumed_early=True)
