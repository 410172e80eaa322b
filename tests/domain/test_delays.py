"""How much of its feedback is due: the closed forms against plain sums, and the start values of the rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.counts import SLOT_SECONDS, SLOTS_PER_DAY, Series
from reputation_guard.domain.delays import START_DELAYS, Delay, LogNormal, weights
from reputation_guard.domain.policy import Kind
from tests.fakes.builders import NEWEST, series

LEARNED = Delay((LogNormal(0.7, 20, 0.8), LogNormal(0.3, 600, 1.2)), cap=7200, learned=True)
DELAYS = [START_DELAYS.bounce, START_DELAYS.complaint, LEARNED]
SLOT_START = NEWEST * SLOT_SECONDS
SHAPE = series()
FIRST_HOUR, FIRST_DAY = len(SHAPE.slots), len(SHAPE.slots) + len(SHAPE.hours)


def weighed(delay: Delay, seconds: float) -> tuple[float, ...]:
    """What a send of each slot, hour and day counts for, so many seconds into the running slot."""
    return weights(delay, NEWEST, SLOT_START + seconds, SHAPE)


def weight_of(share: float, delay: Delay) -> float:
    """What a send counts for: the due share of its feedback, part of the way to all of it."""
    plain = 0.25 if delay.learned else 0.5
    return plain + (1 - plain) * share


def mean_due(delay: Delay, youngest: float, oldest: float, steps: int = 4000) -> float:
    """The mean of the share that is due over these ages, as a plain sum."""
    width = (oldest - youngest) / steps
    return sum(delay.due_by(youngest + (step + 0.5) * width) for step in range(steps)) / steps


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("age", [1.0, 45.0, 300.0, 3_600.0, 90_000.0, 1_300_000.0])
def test_the_area_is_the_integral_of_what_is_due(delay: Delay, age: float) -> None:
    assert delay.area(age) == pytest.approx(age * mean_due(delay, 0, age, 40_000), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("delay", DELAYS)
def test_nothing_is_due_before_the_send_and_all_of_it_at_the_cap(delay: Delay) -> None:
    assert (delay.due_by(-5), delay.due_by(0), delay.area(-5)) == (0, 0, 0)
    assert delay.due_by(delay.cap) == 1
    assert delay.due_by(delay.cap - 1) < 1


@given(younger=st.floats(0.001, 2_000_000), by=st.floats(0, 100_000), delay=st.sampled_from(DELAYS))
def test_what_is_due_only_grows(younger: float, by: float, delay: Delay) -> None:
    assert 0 <= delay.due_by(younger) <= delay.due_by(younger + by) + 1e-12 <= 1 + 1e-12


def test_the_start_values_are_those_of_the_rule() -> None:
    """Hard bounces: 90 % around 10 s, 10 % around 30 min, at most 24 h; complaints: around 2 h, at most 14 d."""
    bounce, complaint = START_DELAYS.of(Kind.BOUNCE), START_DELAYS.of(Kind.COMPLAINT)
    assert isinstance(bounce, Delay)
    assert isinstance(complaint, Delay)
    assert [(part.share, part.median, part.sigma) for part in bounce.parts] == [(0.9, 10, 1.0), (0.1, 1800, 1.6)]
    assert [(part.share, part.median, part.sigma) for part in complaint.parts] == [(1.0, 7200, 1.6)]
    assert (bounce.cap, complaint.cap) == (24 * 3600, 14 * 24 * 3600)
    assert not bounce.learned
    assert bounce.due_by(10) == pytest.approx(0.45, abs=0.001)
    assert complaint.due_by(7200) == pytest.approx(0.5)


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("seconds", [5, 40, 150, 300])
def test_a_slot_weighs_the_mean_share_of_its_sends(delay: Delay, seconds: int) -> None:
    found = weighed(delay, seconds)
    for back in (0, 1, 2, 11, 60):
        oldest = seconds + back * SLOT_SECONDS
        expected = mean_due(delay, max(0, oldest - SLOT_SECONDS), oldest)
        assert found[back] == pytest.approx(weight_of(expected, delay), rel=2e-3), back


@pytest.mark.parametrize("delay", DELAYS)
def test_an_hour_weighs_the_mean_share_of_its_sends(delay: Delay) -> None:
    found = weighed(delay, 300)
    youngest = FIRST_HOUR * SLOT_SECONDS + 3600
    expected = mean_due(delay, youngest, youngest + 3600)
    assert found[FIRST_HOUR + 1] == pytest.approx(weight_of(expected, delay), rel=1e-3)


@pytest.mark.parametrize("back", [0, 1, 7])
def test_a_closed_day_weighs_the_share_at_the_age_of_its_middle(back: int) -> None:
    """The last closed day ended when yesterday began; the hour of now is rounded up, in the tenant's favour."""
    slow = Delay((LogNormal(1.0, 2 * 86_400, 0.5),), cap=30 * 86_400, learned=True)
    now_of_day = (NEWEST % SLOTS_PER_DAY) * SLOT_SECONDS + 150
    age = (1.5 + back) * 86_400 + now_of_day
    found = weighed(slow, 150)[FIRST_DAY + back]
    assert weight_of(slow.due_by(age), slow) <= found <= weight_of(slow.due_by(age + 3600), slow)


@given(seconds=st.floats(0, 300), delay=st.sampled_from(DELAYS))
def test_sends_never_look_less_matured_than_they_are(seconds: float, delay: Delay) -> None:
    """Ages are rounded up: an error of the rounding favours the tenant."""
    found = weighed(delay, seconds)
    exact = delay.area(seconds) / seconds if seconds > 0.01 else 0.0
    assert found[0] >= (weight_of(exact, delay)) - 1e-9
    assert all(0 <= weight <= 1 + 1e-9 for weight in found)


def test_a_delay_that_is_only_assumed_counts_sends_halfway_to_all_of_them() -> None:
    """Assuming feedback slower than it is costs false pauses: (M + S) / 2 until it is learned, (3 M + S) / 4 then."""
    assumed = Delay(LEARNED.parts, LEARNED.cap)
    for learned, not_yet in zip(weighed(LEARNED, 60), weighed(assumed, 60), strict=True):
        due = (4 * learned - 1) / 3
        assert not_yet == pytest.approx((due + 1) / 2)


@given(kind=st.sampled_from(Kind), slots=st.integers(0, 80), phase=st.integers(0, SLOT_SECONDS))
def test_the_slots_after_a_fence_weigh_what_they_do_without_one(kind: Kind, slots: int, phase: int) -> None:
    delay, fenced = START_DELAYS.of(kind), Series(slots=(0,) * min(slots, len(SHAPE.slots)))
    whole = weights(delay, NEWEST, SLOT_START + phase, SHAPE)
    assert weights(delay, NEWEST, SLOT_START + phase, fenced) == whole[: len(fenced.slots)]
