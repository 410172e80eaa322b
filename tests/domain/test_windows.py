"""The nested windows against a slow and obvious reference, and the formulas a window is judged by."""

import math
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reputation_guard.domain.counts import SLOT_SECONDS, SLOTS_PER_DAY, Counts, Series, slot_start
from reputation_guard.domain.delays import START_DELAYS, FeedbackDelay
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.windows import WINDOWS, evidence, measure, sends_by_window
from tests.fakes.builders import NEWEST, NOW, STANDARD, counts, series, window

SLOTS_SINGLY = len(series().slots)
"""How many slots are judged singly; what is older, by the hour and then by the day."""


@cache
def share_due(delay: FeedbackDelay, youngest: float, oldest: float) -> float:
    """The mean share of feedback that is due of sends of these ages, as a sum; halfway to 1 until it is learned."""
    steps = 100
    width = (oldest - youngest) / steps
    share = sum(delay.due_by(youngest + (step + 0.5) * width) for step in range(steps)) / steps
    return share if delay.learned else (share + 1) / 2


@dataclass(frozen=True)
class Truth:
    """What was counted: numbers by how many slots, or closed days, they lie back."""

    slots: dict[int, int]
    days: dict[int, int]

    def series(self, newest: int) -> Series:
        """The same, as a judgement reads it."""
        return series(self.slots, self.days, newest)

    def within(self, length: timedelta, newest: int) -> int:
        """All that a window holds."""
        slots = sum(number for back, number in self.slots.items() if slot_is_inside(back, length))
        return slots + sum(number for back, number in self.days.items() if day_is_inside(back, length, newest))

    def due(self, length: timedelta, delay: FeedbackDelay, running: float) -> float:
        """The matured sends of a window, send by send: M = sum over slots of sent(s) * mean F(age of s)."""
        matured = 0.0
        for back, number in self.slots.items():
            if slot_is_inside(back, length):
                oldest = running + back * SLOT_SECONDS
                matured += number * share_due(delay, max(0.0, oldest - SLOT_SECONDS), oldest)
        for back, number in self.days.items():
            if day_is_inside(back, length, NEWEST):
                age = age_of_day(back, NEWEST).total_seconds()
                matured += number * share_due(delay, age - 1, age + 1)
        return matured


def slot_is_inside(back: int, length: timedelta) -> bool:
    """A slot counts singly for six hours; then with its hour, which is inside when its middle is."""
    if back >= SLOTS_SINGLY:
        back = SLOTS_SINGLY + (back - SLOTS_SINGLY) // 12 * 12 + 5
    return back < length / timedelta(seconds=SLOT_SECONDS) or length > timedelta(days=1)


def age_of_day(back: int, newest: int) -> timedelta:
    """The age of a closed day is that of its middle; the last one ended when yesterday began."""
    return timedelta(days=1.5 + back, seconds=newest % SLOTS_PER_DAY * SLOT_SECONDS)


def day_is_inside(back: int, length: timedelta, newest: int) -> bool:
    return length > timedelta(days=1) and age_of_day(back, newest) < length


def truths(slots: int = 430) -> st.SearchStrategy[Truth]:
    """Numbers of any tenant, in a few slots and days."""
    in_slots = st.dictionaries(st.integers(0, slots), st.integers(1, 3) | st.integers(1, 400), max_size=12)
    in_days = st.dictionaries(st.integers(0, 30), st.integers(1, 4000), max_size=5)
    return st.builds(Truth, in_slots, in_days)


@given(sends=truths(), astray=truths(), feedback=st.lists(truths(), min_size=2, max_size=2))
def test_each_window_holds_what_a_plain_sum_holds(sends: Truth, astray: Truth, feedback: list[Truth]) -> None:
    """Every window of the rule, where its feedback is more than that of the window inside and over the warn limit."""
    known = Counts(NEWEST, sends.series(NEWEST), *(each.series(NEWEST) for each in feedback))
    unnamed = Counts(NEWEST, astray.series(NEWEST))
    found = {(each.kind, each.length): each for each in measure(known, unnamed, STANDARD, START_DELAYS, NOW)}
    assert sends_by_window(known) == {length: sends.within(length, NEWEST) for length in WINDOWS}
    running = NOW.timestamp() - NEWEST * SLOT_SECONDS
    for kind, of_kind in zip(Kind, feedback, strict=True):
        inside, delay = 0, START_DELAYS.of(kind)
        for length in WINDOWS:
            total, due = of_kind.within(length, NEWEST), sends.due(length, delay, running)
            measured = found.get((kind, length))
            if measured is None:
                assert total <= inside or total <= STANDARD.limits(kind).warn * due * 1.02, (kind, length)
            else:
                assert measured.feedback == total > inside
                assert measured.sends == sends.within(length, NEWEST)
                assert measured.due == pytest.approx(due, rel=0.015)
                assert measured.unattributed == pytest.approx(astray.due(length, delay, running), rel=0.015)
            inside = total


def test_the_windows_are_those_of_the_rule() -> None:
    """5, 10, 15, 30, 60 min; 3, 6, 12, 24 h; 3, 7, 30 d."""
    minutes = [length / timedelta(minutes=1) for length in WINDOWS]
    assert minutes == [5, 10, 15, 30, 60, 180, 360, 720, 1440, 3 * 1440, 7 * 1440, 30 * 1440]


@pytest.mark.parametrize("slot_of_day", [0, 1, 143, 144, 145, 287])
@given(sends=truths(0), feedback=truths(0))
@settings(max_examples=10)
def test_at_any_time_of_day_a_closed_day_is_inside_when_its_middle_is(
    slot_of_day: int, sends: Truth, feedback: Truth
) -> None:
    newest = NEWEST // SLOTS_PER_DAY * SLOTS_PER_DAY + slot_of_day
    known = Counts(newest, sends.series(newest), feedback.series(newest), series(newest=newest))
    for measured in measure(known, Counts(newest), STANDARD, START_DELAYS, slot_start(newest)):
        assert measured.sends == sends.within(measured.length, newest)
        assert measured.feedback == feedback.within(measured.length, newest)


def test_a_single_piece_of_feedback_is_measured() -> None:
    (measured,) = measure(counts({3: 5}, {3: 1}), Counts(NEWEST), STANDARD, START_DELAYS, NOW)
    assert (measured.feedback, measured.length) == (1, timedelta(minutes=30))


def test_a_window_in_which_nothing_came_back_makes_no_case() -> None:
    known = counts(sends={0: 100, 9: 100}, bounces={9: 90})
    lengths = [each.length for each in measure(known, Counts(NEWEST), STANDARD, START_DELAYS, NOW)]
    assert lengths == [timedelta(hours=1)]


@pytest.mark.parametrize(
    ("feedback", "expected", "nats"),
    [
        (45, 19.8, 45 * math.log(45 / 19.8) - 25.2),
        (10, 10, 0),
        (3, 10, 0),
        (0, 0, 0),
        (1, 0, math.inf),
    ],
)
def test_evidence_is_a_poisson_log_likelihood_ratio(feedback: int, expected: float, nats: float) -> None:
    """E = B ln( B / (L (M + n0)) ) - ( B - L (M + n0) ), and 0 where B is not above L (M + n0)."""
    assert evidence(feedback, expected) == pytest.approx(nats)


@given(
    feedback=st.integers(1, 5000), due=st.floats(0, 1e5), astray=st.floats(0, 1e5), prior=st.sampled_from([5, 20, 400])
)
def test_the_bound_is_the_rate_that_evidence_of_99_percent_points_at(
    feedback: int, due: float, astray: float, prior: int
) -> None:
    measured = window(feedback, 10, due, unattributed=astray)
    bound = measured.bound(prior)
    assert measured.evidence(bound, prior) == pytest.approx(math.log(100), rel=1e-3)
    assert bound <= measured.rate


@given(feedback=st.integers(0, 5000), due=st.floats(0, 1e5), astray=st.floats(0, 1e5))
def test_unattributed_sends_and_the_prior_only_weaken_a_case(feedback: int, due: float, astray: float) -> None:
    measured = window(feedback, 10, due, unattributed=astray)
    assert measured.evidence(0.1, 20) <= measured.evidence_alone(0.1, 20)
    assert measured.evidence(0.1, 20) <= measured.evidence(0.1, 5)
    assert measured.evidence(0.1, 20) <= measured.evidence(0.05, 20)


def test_a_rate_is_by_the_sends_that_are_due() -> None:
    assert window(45, 214, 178).rate == pytest.approx(45 / 178)
    assert window(1, 0, 0).rate == math.inf
