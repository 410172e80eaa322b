"""What a judgement decides from its windows: pause, warn, sends unseen, hold."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.counts import Counts
from reputation_guard.domain.decision import Answer, Decision, record_after
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.judgement import decide, decide_from
from reputation_guard.domain.policy import PRESETS, Kind, Mode, Policy
from reputation_guard.domain.tenant import Owner, Standing, Tenant
from reputation_guard.domain.windows import Window
from tests.fakes.builders import NEWEST, NOW, STANDARD, ago, counts, series, tenant, window


def judged(
    *windows: Window,
    of: Tenant | None = None,
    policy: Policy = STANDARD,
    mode: Mode = Mode.ENFORCE,
    now: datetime = NOW,
) -> Decision:
    """The decision about `shop` from these windows."""
    return decide_from(windows, policy=policy, tenant=of or tenant(), mode=mode, now=now, mails_per_minute=1.0)


def complaints(feedback: int, sends: int) -> Window:
    return window(feedback, sends, kind=Kind.COMPLAINT)


def test_a_case_for_a_pause_pauses_and_keeps_all_its_evidence() -> None:
    proven = window(45, 214, 178)
    decision = judged(proven)
    assert (decision.answer, decision.announces) == (Answer.PAUSE, "TenantPaused")
    assert decision.because
    assert (decision.because.window, decision.because.limit, decision.because.prior) == (proven, 0.10, 20)
    assert decision.because.strength == pytest.approx(11.75, abs=0.05)
    assert decision.windows == (proven,)
    assert decision.id == "shop.4"


@pytest.mark.parametrize(
    ("preset", "least_bounces"),
    # Of 1,000 matured sends: E = B ln(B / 102) - (B - 102), which passes 3.0, 4.6 and 6.9 at these numbers.
    [("strict", 128), ("standard", 135), ("conservative", 142)],
)
def test_a_pause_needs_as_many_nats_as_its_preset_says(preset: str, least_bounces: int) -> None:
    policy = PRESETS[preset]
    assert judged(window(least_bounces, 1000), policy=policy).answer is Answer.PAUSE
    assert judged(window(least_bounces - 1, 1000), policy=policy).answer is Answer.WARN


def test_evidence_that_just_reaches_the_threshold_is_enough() -> None:
    measured = window(140, 1000)
    exactly = replace(
        STANDARD, evidence_to_pause=measured.evidence(0.10, 20), evidence_to_warn=measured.evidence(0.05, 20)
    )
    assert judged(measured, policy=exactly).answer is Answer.PAUSE
    assert judged(measured, policy=replace(exactly, evidence_to_pause=99)).answer is Answer.WARN
    assert judged(measured, policy=replace(exactly, evidence_to_pause=99, evidence_to_warn=98)).answer is Answer.HOLD


def test_a_complaint_is_held_against_its_own_limits() -> None:
    """L = 0.5 %, n0 = 100: of 1,000 sends, 5.5 expected; 13 complaints are 3.7 nats and 15 are 5.5."""
    assert judged(complaints(15, 1000)).answer is Answer.PAUSE
    assert judged(complaints(13, 1000)).answer is Answer.WARN


@pytest.mark.parametrize(
    ("preset", "least_bounces"),
    # Of 1,000 matured sends, as above: 3.0 (as a warning), 4.6 * 2/3 and 6.9 * 2/3 nats.
    [("strict", 128), ("standard", 129), ("conservative", 135)],
)
@pytest.mark.parametrize("hours", [12, 24, 30 * 24])
def test_a_long_window_needs_two_thirds_of_the_evidence(hours: int, preset: str, least_bounces: int) -> None:
    """And never less than a warning does."""
    policy, length = PRESETS[preset], timedelta(hours=hours)
    assert judged(window(least_bounces, 1000, length=length), policy=policy).answer is Answer.PAUSE
    assert judged(window(least_bounces - 1, 1000, length=length), policy=policy).answer is Answer.WARN


def test_a_window_that_is_not_long_needs_all_of_the_evidence() -> None:
    assert judged(window(134, 1000, length=timedelta(hours=6))).answer is Answer.WARN


def test_in_probation_a_long_window_needs_what_every_window_does() -> None:
    on_probation = tenant(standing=Standing.PROBATION, probation_ends=NOW + timedelta(hours=1))
    lengths = timedelta(minutes=5), timedelta(hours=12)
    assert {STANDARD.evidence_needed(length, in_probation=True) for length in lengths} == {3.0}
    answers = {judged(window(11, 20, length=length), of=on_probation).answer for length in lengths}
    assert answers == {Answer.PAUSE}


def test_a_rate_just_over_the_limit_is_found_by_what_comes_together_in_days() -> None:
    """130 of 1,000 are 3.5 nats above 10 %: enough for the five days they took, not enough for an hour."""
    days = Counts(NEWEST, series(days=dict.fromkeys(range(5), 200)), series(days=dict.fromkeys(range(5), 26)), series())
    assert found(days) is Answer.PAUSE
    assert found(counts({9: 1000}, {9: 130})) is Answer.WARN


def found(known: Counts) -> Answer:
    """The answer to these counts."""
    of, delays, mode = tenant(), START_DELAYS, Mode.ENFORCE
    return decide(known, counts(), policy=STANDARD, tenant=of, delays=delays, mode=mode, now=NOW).answer


@pytest.mark.parametrize(
    ("proof", "too_few"),
    [(window(4, 4), window(3, 3)), (complaints(3, 9), complaints(2, 2))],
    ids=["bounce", "complaint"],
)
def test_too_little_feedback_pauses_nobody(proof: Window, too_few: Window) -> None:
    """At least 4 hard bounces or 3 complaints, even by a policy that is content with little evidence."""
    rash = replace(STANDARD, evidence_in_probation=1.0)
    on_probation = tenant(standing=Standing.PROBATION, probation_ends=NOW + timedelta(hours=1))
    assert judged(proof, of=on_probation, policy=rash).answer is Answer.PAUSE
    assert judged(too_few, of=on_probation, policy=rash).answer is Answer.HOLD


def test_in_probation_less_evidence_pauses() -> None:
    """3.0 nats and n0 = 5: 11 of 20 sends, say, where 16 would be needed otherwise."""
    on_probation = tenant(standing=Standing.PROBATION, probation_ends=NOW + timedelta(hours=1))
    assert judged(window(11, 20)).answer is Answer.WARN
    decision = judged(window(11, 20), of=on_probation)
    assert decision.answer is Answer.PAUSE
    assert decision.because
    assert decision.because.prior == 5


def test_in_probation_nobody_is_warned() -> None:
    on_probation = tenant(standing=Standing.PROBATION, probation_ends=NOW + timedelta(hours=1))
    assert judged(window(80, 1000)).answer is Answer.WARN
    assert judged(window(80, 1000), of=on_probation).answer is Answer.HOLD


@pytest.mark.parametrize(("bounces", "action"), [(69, Answer.HOLD), (70, Answer.WARN)])
def test_a_warning_needs_three_nats_over_the_warn_limit(bounces: int, action: Answer) -> None:
    """L = 5 %, n0 = 20: of 1,000 sends 51 are expected, and E passes 3.0 at 70."""
    assert judged(window(bounces, 1000)).answer is action


@pytest.mark.parametrize(("hours", "action"), [(1, Answer.HOLD), (23.9, Answer.HOLD), (24, Answer.WARN)])
def test_a_tenant_is_warned_at_most_once_a_day(hours: float, action: Answer) -> None:
    warned = tenant(standing=Standing.WARNED, warned_at=ago(hours=hours))
    assert judged(window(80, 1000), of=warned).answer is action


def test_a_warned_tenant_is_paused_like_any_other() -> None:
    warned = tenant(standing=Standing.WARNED, warned_at=ago(minutes=1))
    assert judged(window(45, 214, 178), of=warned).answer is Answer.PAUSE


def test_a_paused_tenant_is_left_alone() -> None:
    decision = judged(window(45, 214, 178), of=tenant(standing=Standing.PAUSED))
    assert (decision.answer, decision.announces, decision.because) == (Answer.HOLD, None, None)


def test_the_strongest_case_is_the_one_that_is_told() -> None:
    weaker, strongest = window(20, 60), window(60, 200, length=timedelta(hours=1))
    decision = judged(weaker, strongest, complaints(9, 200))
    assert decision.because
    assert decision.because.window is strongest


@pytest.mark.parametrize(
    ("sends", "action"),
    [
        # 3 % of hard bounces for a day, at any pace, is nobody's harm.
        (dict.fromkeys(range(60), 1000), Answer.HOLD),
        (dict.fromkeys(range(60), 140), Answer.PAUSE),
    ],
)
def test_counts_become_windows_and_windows_a_decision(sends: Mapping[int, int], action: Answer) -> None:
    known = counts(sends, dict.fromkeys(range(1, 60), 30))
    decision = decide(
        known, counts(), policy=STANDARD, tenant=tenant(), delays=START_DELAYS, mode=Mode.ENFORCE, now=NOW
    )
    assert decision.answer is action
    assert decision.mails_per_minute == pytest.approx(sum(sends[back] for back in range(3)) * 60 / 750)


def test_a_growing_blast_is_held_against_the_sends_whose_feedback_is_due() -> None:
    """Most feedback of a blast just begun is not due yet: 45 of 214 are judged as 45 of about 178."""
    now = NOW.replace(second=0, minute=0) + timedelta(seconds=45)
    known = counts({0: 214}, {0: 45})
    decision = decide(
        known, counts(), policy=STANDARD, tenant=tenant(), delays=START_DELAYS, mode=Mode.ENFORCE, now=now
    )
    assert decision.because
    assert 150 < decision.because.window.due < 214


@given(back=st.integers(0, 400), sent=st.integers(0, 5000), bounced=st.integers(0, 500))
def test_no_rate_below_the_limit_pauses(back: int, sent: int, bounced: int) -> None:
    """A pause says that the rate is above the limit with the confidence its window needs, so it certainly is above."""
    known = counts({back: sent}, {back: bounced})
    decision = decide(
        known, counts(), policy=STANDARD, tenant=tenant(), delays=START_DELAYS, mode=Mode.ENFORCE, now=NOW
    )
    if decision.answer is Answer.PAUSE:
        assert decision.because
        assert bounced > 0.10 * (decision.because.window.due + 20)
        needed = STANDARD.evidence_needed(decision.because.window.length, in_probation=False)
        assert decision.because.window.bound(20, needed) >= 0.0999
    if bounced * 20 <= sent / 2:
        assert decision.answer is Answer.HOLD


def test_a_pause_that_was_written_down_makes_the_tenant_paused_and_under_way() -> None:
    decision = judged(window(45, 214, 178), of=tenant(standing=Standing.WARNED, warned_at=ago(hours=1)))
    after = record_after(decision)
    assert (after.standing, after.decided, after.under_way) == (Standing.PAUSED, "shop.4", True)
    assert after.stops == {Owner.GUARD}


def test_a_warning_that_was_written_down_makes_the_tenant_warned() -> None:
    after = record_after(judged(window(80, 1000)))
    assert (after.standing, after.warned_at, after.stops, after.under_way) == (Standing.WARNED, NOW, frozenset(), False)
