"""Law 12: observe first. Law 9: a resume re-arms, never exempts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.decision import Answer, Decision, GuardEvent, record_after
from reputation_guard.domain.judgement import decide_from
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Owner, Standing, Tenant, cleared, paused, resumed
from reputation_guard.domain.windows import Window
from tests.fakes.builders import NOW, STANDARD, ago, decision, tenant, window

BAD = window(45, 214, 178)


def judged(*windows: Window, of: Tenant, mode: Mode) -> Decision:
    return decide_from(windows, policy=STANDARD, tenant=of, mode=mode, now=NOW, mails_per_minute=1.0)


@given(
    standing=st.sampled_from([Standing.HEALTHY, Standing.WARNED, Standing.PROBATION]),
    feedback=st.integers(0, 300),
    sends=st.integers(0, 3000),
)
def test_observe_never_moves_a_standing(standing: Standing, feedback: int, sends: int) -> None:
    """Law 12: whatever the evidence, observe leaves the standing, its owner and SES alone."""
    before = tenant(standing=standing, warned_at=ago(days=2), probation_ends=NOW + timedelta(hours=3))
    made = judged(window(feedback, sends), of=before, mode=Mode.OBSERVE)
    assert made.announces in {None, "PauseAdvised", "TenantWarned", "SendsUnseen"}
    if made.announces:
        after = record_after(made)
        kept = (after.standing, after.stops, after.decided, after.under_way, after.fence, after.probation_ends)
        assert kept == (standing, frozenset(), None, False, before.fence, before.probation_ends)


def test_observe_says_what_it_would_have_paused() -> None:
    made = judged(BAD, of=tenant(), mode=Mode.OBSERVE)
    assert (made.answer, made.announces) == (Answer.PAUSE, "PauseAdvised")
    assert made.because
    assert made.because.window is BAD
    assert record_after(made).advised_at == NOW


@pytest.mark.parametrize(("hours", "announces"), [(0.1, None), (23.9, None), (24, "PauseAdvised")])
def test_observe_advises_once_a_day(hours: float, announces: str | None) -> None:
    made = judged(BAD, of=tenant(advised_at=ago(hours=hours)), mode=Mode.OBSERVE)
    assert made.announces == announces


def test_having_advised_today_does_not_hold_back_a_pause_once_enforced() -> None:
    assert judged(BAD, of=tenant(advised_at=ago(minutes=1)), mode=Mode.ENFORCE).announces == "TenantPaused"


@pytest.mark.parametrize("owner", Owner)
def test_a_resume_fences_and_puts_on_probation_whoever_stopped_the_tenant(owner: Owner) -> None:
    """Law 9: only mail sent from the resume on is judged, and on less evidence than usual."""
    stopped = paused(tenant(warned_at=ago(hours=2), advised_at=ago(hours=3), unseen_at=ago(hours=4)), owner)
    after = resumed(stopped, NOW, timedelta(hours=24))
    assert (after.standing, after.fence, after.probation_ends) == (Standing.PROBATION, NOW, NOW + timedelta(hours=24))
    assert after.stops == frozenset()
    # An episode is over: what was told in it does not silence the next one.
    assert (after.warned_at, after.advised_at, after.unseen_at) == (None, None, None)


def test_a_resume_by_decision_is_under_way_until_ses_confirmed_it() -> None:
    made = decision(
        answer=Answer.RESUME,
        announces=GuardEvent.TENANT_RESUMED,
        tenant=paused(tenant(), Owner.GUARD),
        owner=Owner.OPERATOR,
    )
    after = record_after(made)
    assert (after.standing, after.fence, after.under_way, after.decided) == (Standing.PROBATION, NOW, True, "shop.4")
    assert not record_after(replace(made, adopted=True)).under_way


def test_probation_is_armed() -> None:
    """Law 9: the same feedback after the resume pauses again, at once."""
    let_go = resumed(paused(tenant(), Owner.GUARD), ago(minutes=20), timedelta(hours=24))
    assert judged(window(11, 20), of=let_go, mode=Mode.ENFORCE).announces == "TenantPaused"


def test_an_end_of_probation_is_the_end_of_its_thresholds() -> None:
    healthy = cleared(resumed(paused(tenant(), Owner.GUARD), ago(hours=25), timedelta(hours=24)))
    assert (healthy.standing, healthy.probation_ends) == (Standing.HEALTHY, None)
    assert healthy.fence == ago(hours=25)
    assert judged(window(11, 20), of=healthy, mode=Mode.ENFORCE).announces == "TenantWarned"


def test_stops_add_up() -> None:
    """Law 5: each stop has an owner, and a second one does not take the first one's place."""
    twice = paused(paused(tenant(), Owner.GUARD), Owner.SES)
    assert twice.stops == {Owner.GUARD, Owner.SES}
    assert twice.standing is Standing.PAUSED
