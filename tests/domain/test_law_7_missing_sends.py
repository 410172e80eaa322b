"""Law 7, in the judgement: sends that are missing or nobody's can only speak for a tenant."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reputation_guard.domain.decision import Answer, Decision, record_after
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.judgement import decide, decide_from
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Standing, Tenant
from reputation_guard.domain.windows import Window
from tests.fakes.builders import NOW, STANDARD, ago, counts, tenant, window

SLOTS = st.dictionaries(st.integers(0, 60), st.integers(1, 300), max_size=5)
FEW_OF_A_DAY = st.dictionaries(st.integers(0, 280), st.integers(1, 30), max_size=5)


def judged(*windows: Window, of: Tenant | None = None, mode: Mode = Mode.ENFORCE) -> Decision:
    return decide_from(windows, policy=STANDARD, tenant=of or tenant(), mode=mode, now=NOW, mails_per_minute=1.0)


def decided(sends: dict[int, int], bounces: dict[int, int], astray: dict[int, int]) -> Decision:
    return decide(
        counts(sends, bounces),
        counts(astray),
        policy=STANDARD,
        tenant=tenant(),
        delays=START_DELAYS,
        mode=Mode.ENFORCE,
        now=NOW,
    )


@pytest.mark.parametrize("sends", [0, 1, 39])
def test_more_feedback_than_sends_says_that_sends_are_not_seen(sends: int) -> None:
    decision = judged(window(40, sends))
    assert (decision.answer, decision.announces) == (Answer.HOLD, "SendsUnseen")
    assert decision.because
    assert decision.because.window.feedback == 40


def test_as_many_sends_as_feedback_is_a_case_like_any_other() -> None:
    assert judged(window(40, 40)).announces == "TenantPaused"


def test_one_window_without_its_sends_keeps_all_from_pausing() -> None:
    """What makes one window lie makes the wider ones lie less, and lie."""
    decision = judged(window(40, 100), window(40, 10))
    assert (decision.answer, decision.announces) == (Answer.HOLD, "SendsUnseen")


def test_a_few_bounces_without_sends_are_no_page_in_the_night() -> None:
    assert judged(window(3, 0)).announces is None


def test_a_case_that_unattributed_sends_refute_pauses_nobody_and_is_told() -> None:
    """The evidence holds with M and not with M + U: the answer is SendsUnseen, with the fix."""
    decision = judged(window(45, 214, 178, unattributed=400.0))
    assert (decision.answer, decision.announces) == (Answer.HOLD, "SendsUnseen")
    assert decision.because
    assert decision.because.strength == pytest.approx(11.74, abs=0.01)


def test_a_case_that_holds_with_all_unattributed_sends_pauses() -> None:
    decision = judged(window(45, 214, 178, unattributed=40.0))
    assert decision.announces == "TenantPaused"
    assert decision.because
    all_attributed = judged(window(45, 258, 218)).because
    assert all_attributed
    assert decision.because.strength == pytest.approx(all_attributed.strength, abs=0.01)


@pytest.mark.parametrize(("hours", "announces"), [(1, None), (23, None), (24, "SendsUnseen"), (30, "SendsUnseen")])
def test_unseen_sends_are_told_once_a_day(hours: int, announces: str | None) -> None:
    told = tenant(unseen_at=ago(hours=hours))
    decision = judged(window(40, 10), of=told)
    assert decision.announces == announces
    assert decision.answer is Answer.HOLD


def test_unseen_sends_leave_the_standing_and_say_when_they_were_told() -> None:
    after = record_after(judged(window(40, 10), of=tenant(standing=Standing.WARNED, warned_at=ago(hours=2))))
    assert (after.standing, after.unseen_at, after.under_way) == (Standing.WARNED, NOW, False)


@given(sends=FEW_OF_A_DAY, bounces=FEW_OF_A_DAY, unseen=FEW_OF_A_DAY)
@example(sends={3: 10}, bounces={3: 9}, unseen={200: 1})
def test_feedback_through_sets_without_sends_is_held_against_nobody(
    sends: dict[int, int], bounces: dict[int, int], unseen: dict[int, int]
) -> None:
    """Law 7: beside it a tenant is paused where it would be paused without, and only there."""
    beside, alone = (
        decide(
            counts(sends, bounces),
            counts(),
            apart,
            policy=STANDARD,
            tenant=tenant(),
            delays=START_DELAYS,
            mode=Mode.ENFORCE,
            now=NOW,
        )
        for apart in (counts({}, unseen), None)
    )
    assert (beside.answer is Answer.PAUSE) == (alone.answer is Answer.PAUSE)


@given(sends=SLOTS, bounces=SLOTS, astray=SLOTS)
def test_unattributed_sends_only_favour_a_tenant(
    sends: dict[int, int], bounces: dict[int, int], astray: dict[int, int]
) -> None:
    """Law 7: whom the guard pauses beside sends that name nobody, it would pause without them."""
    beside, alone = decided(sends, bounces, astray), decided(sends, bounces, {})
    if beside.answer is Answer.PAUSE:
        assert alone.answer is Answer.PAUSE
    if alone.answer is Answer.HOLD and not alone.because:
        assert beside.answer is Answer.HOLD


@given(sends=SLOTS, bounces=SLOTS, astray=SLOTS)
def test_feedback_without_its_sends_never_pauses(
    sends: dict[int, int], bounces: dict[int, int], astray: dict[int, int]
) -> None:
    """Law 7: a window that holds more feedback than sends says nothing about a tenant but that we cannot see."""
    decision = decided(sends, bounces, astray)
    if any(each.feedback > each.sends and each.feedback >= STANDARD.bounce.least for each in decision.windows):
        assert decision.answer is Answer.HOLD
        assert decision.announces == "SendsUnseen"
