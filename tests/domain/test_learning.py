"""What is learned of the delay of feedback: a true distribution, by whatever route it came, that no tenant can bend."""

import math
import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reputation_guard.domain.counts import DAY_SECONDS, Ledger
from reputation_guard.domain.decision import Answer
from reputation_guard.domain.delays import START_DELAYS, Delays, age_when_due, weights
from reputation_guard.domain.judgement import decide
from reputation_guard.domain.learning import (
    BINS,
    DAYS_TO_LEARN_FROM,
    ENOUGH_FEEDBACK,
    GROUPS,
    DayOfDelays,
    LearnedDelay,
    bin_of,
    complete_days,
    edges_of,
    group_of,
    learn,
)
from reputation_guard.domain.policy import Kind, Mode
from tests.fakes.builders import NEWEST, NOW, STANDARD, counts, series, tenant

KINDS = st.sampled_from(Kind)
IN_BINS = st.dictionaries(st.integers(0, BINS - 1), st.integers(1, 500), max_size=BINS)
DAYS = st.lists(
    st.builds(DayOfDelays, st.just(Kind.BOUNCE), st.integers(20_000, 20_030), st.integers(0, GROUPS - 1), IN_BINS),
    max_size=30,
)


def drawn(median: float, sigma: float, feedback: int, *, group: int, kind: Kind = Kind.BOUNCE) -> DayOfDelays:
    """So much feedback that took a log-normal time, as `ingest` counts it."""
    chance, numbers = random.Random(group), Counter[int]()
    for _ in range(feedback):
        took = timedelta(seconds=chance.lognormvariate(math.log(median), sigma))
        if (in_bin := bin_of(kind, NOW, NOW + took)) is not None:
            numbers[in_bin] += 1
    return DayOfDelays(kind, 20_000, group, numbers)


def lognormal_due(median: float, sigma: float, age: float) -> float:
    return 0.5 * math.erfc(-math.log(age / median) / sigma / math.sqrt(2))


def learned(days: Iterable[DayOfDelays], kind: Kind = Kind.BOUNCE) -> LearnedDelay:
    """What they teach, which must be enough."""
    delay = learn(kind, days).delay
    assert isinstance(delay, LearnedDelay)
    return delay


def mean_due(delay: LearnedDelay, age: float, steps: int = 20_000) -> float:
    """The mean of what is due up to this age, as a plain sum."""
    return sum(delay.due_by((step + 0.5) * age / steps) for step in range(steps)) / steps


@given(days=DAYS, younger=st.floats(-10, 100_000), by=st.floats(0, 100_000))
def test_what_is_learned_is_a_distribution(days: list[DayOfDelays], younger: float, by: float) -> None:
    delay = learn(Kind.BOUNCE, days).delay
    assert delay.due_by(0) == 0
    assert delay.due_by(delay.cap) == 1
    assert 0 <= delay.due_by(younger) <= delay.due_by(younger + by) + 1e-12 <= 1 + 1e-12


@given(days=DAYS, age=st.floats(0.1, 200_000))
def test_the_area_grows_by_what_is_due(days: list[DayOfDelays], age: float) -> None:
    """Exact to the last digits: the area between two ages lies between the shares due at them."""
    delay = learn(Kind.BOUNCE, days).delay
    step = age / 1000
    gained = delay.area(age + step) - delay.area(age)
    slack = 1e-9 * (1 + delay.area(age))
    assert delay.due_by(age) * step - slack <= gained <= delay.due_by(age + step) * step + slack


@pytest.mark.parametrize("age", [0.5, 45.0, 300.0, 3_600.0, 90_000.0])
def test_the_area_is_the_integral_of_what_is_due(age: float) -> None:
    delay = learned([drawn(20, 1.5, 2000, group=1)])
    assert delay.area(age) == pytest.approx(age * mean_due(delay, age), rel=1e-3)


@given(days=DAYS, chance=st.randoms(use_true_random=False))
def test_learning_has_no_order_and_no_batches(days: list[DayOfDelays], chance: random.Random) -> None:
    """The same feedback in pieces of one, shuffled, teaches the same."""
    pieces = [
        DayOfDelays(each.kind, each.day, each.group, {at: part})
        for each in days
        for at, feedback in each.by_bin.items()
        for part in (1, feedback - 1)
    ]
    chance.shuffle(pieces)
    assert learn(Kind.BOUNCE, pieces) == learn(Kind.BOUNCE, days)


@given(kind=KINDS, seconds=st.floats(0, 1_300_000))
def test_a_delay_lies_between_the_edges_of_its_bin(kind: Kind, seconds: float) -> None:
    edges, took = edges_of(kind), timedelta(seconds=seconds)
    found = bin_of(kind, NOW, NOW + took)
    if took.total_seconds() >= START_DELAYS.of(kind).cap:
        assert found is None
    else:
        assert found is not None
        assert edges[found] <= took.total_seconds() < edges[found + 1]
    assert (len(edges), edges[0], edges[-1]) == (BINS + 1, 0, START_DELAYS.of(kind).cap)


def test_a_clock_that_differs_a_little_is_no_delay_and_one_that_is_off_teaches_nothing() -> None:
    assert bin_of(Kind.BOUNCE, NOW, NOW - timedelta(seconds=3)) == 0
    assert bin_of(Kind.BOUNCE, NOW, NOW - timedelta(minutes=1)) is None
    assert bin_of(Kind.BOUNCE, NOW, datetime(2031, 1, 1, tzinfo=UTC)) is None
    assert bin_of(Kind.BOUNCE, NOW, None) is None


@given(kind=KINDS, seconds=st.integers(0, 10 * DAY_SECONDS))
def test_only_days_whose_feedback_is_all_there_are_learned_from(kind: Kind, seconds: int) -> None:
    now = NOW + timedelta(seconds=seconds)
    days, cap = complete_days(kind, now), START_DELAYS.of(kind).cap
    assert len(days) == DAYS_TO_LEARN_FROM
    assert days.stop * DAY_SECONDS + cap <= now.timestamp() < (days.stop + 1) * DAY_SECONDS + cap + 3600


@pytest.mark.parametrize(("kind", "median", "sigma"), [(Kind.BOUNCE, 6, 1.0), (Kind.COMPLAINT, 1800, 1.3)])
def test_what_is_learned_comes_close_to_the_truth(kind: Kind, median: float, sigma: float) -> None:
    delay = learned([drawn(median, sigma, 2000, group=group, kind=kind) for group in range(GROUPS)], kind)
    for age in (median / 3, median, 2.5 * median, 8 * median):
        assert delay.due_by(age) == pytest.approx(lognormal_due(median, sigma, age), abs=0.03)
    assert age_when_due(delay, 0.5) == pytest.approx(median, rel=0.08)


def test_the_start_values_hold_until_there_is_enough() -> None:
    lesson = learn(Kind.BOUNCE, [drawn(5, 0.5, ENOUGH_FEEDBACK - 1, group=1)])
    assert lesson.delay is START_DELAYS.bounce
    assert lesson.feedback == ENOUGH_FEEDBACK - 1
    assert learn(Kind.BOUNCE, [drawn(5, 0.5, ENOUGH_FEEDBACK, group=1)]).delay.learned


def test_enough_of_many_groups_with_little_each_is_enough() -> None:
    assert learn(Kind.BOUNCE, [drawn(5, 0.5, 125, group=group) for group in range(GROUPS)]).groups == GROUPS


@given(days=DAYS, kind=KINDS)
def test_feedback_is_never_believed_to_be_slower_than_the_start_value(days: list[DayOfDelays], kind: Kind) -> None:
    """Believing it would cost healthy tenants their mail."""
    delay, start = learn(kind, days).delay, START_DELAYS.of(kind)
    assert all(delay.due_by(edge) >= start.due_by(edge) - 1e-12 for edge in edges_of(kind))


@given(flood=IN_BINS, group=st.integers(0, GROUPS - 1), age=st.floats(1, 86_400))
def test_one_tenant_with_nearly_all_the_feedback_bends_nothing(flood: dict[int, int], group: int, age: float) -> None:
    """Slow or fast, what is learned stays within what the other groups say."""
    assume(sum(flood.values()) > 10)
    others = [drawn(3 + each, 0.8, 200, group=each) for each in range(GROUPS) if each != group]
    huge = DayOfDelays(Kind.BOUNCE, 20_000, group, {at: 1000 * number for at, number in flood.items()})
    alone = [
        learned([DayOfDelays(each.kind, each.day, 0, {at: 9 * n for at, n in each.by_bin.items()})]) for each in others
    ]
    voices = [each.due_by(age) for each in alone]
    assert min(voices) - 1e-9 <= learned([*others, huge]).due_by(age) <= max(voices) + 1e-9


def test_a_healthy_tenant_is_not_paused_by_a_fleet_that_is_believed_to_be_slow() -> None:
    """Even if every feedback ever counted took nearly a day: 3 % of hard bounces in a blast of a minute ago."""
    slow = learned([DayOfDelays(Kind.BOUNCE, 20_000, group, {BINS - 1: 9000}) for group in range(GROUPS)])
    decision = decide(
        counts({0: 2000}, {0: 60}),
        counts(),
        policy=STANDARD,
        tenant=tenant(),
        delays=Delays(slow, START_DELAYS.complaint),
        mode=Mode.ENFORCE,
        now=NOW,
    )
    assert decision.answer is Answer.HOLD


def test_of_two_groups_the_faster_is_believed() -> None:
    quick, slow = drawn(2, 0.5, 1000, group=1), drawn(20, 0.5, 1000, group=2)
    assert learned([quick, slow]).due_by(5) == pytest.approx(learned([quick]).due_by(5))


def test_tenants_spread_over_all_groups_and_each_stays_in_its_own() -> None:
    groups = Counter(group_of(Ledger(tenant=f"tenant-{number}")) for number in range(400))
    assert set(groups) == set(range(GROUPS))
    assert group_of(Ledger(tenant="shop")) == group_of(Ledger(tenant="shop"))


@given(share=st.floats(0.05, 0.95), days=DAYS)
def test_the_age_at_which_a_share_is_due_is_found(share: float, days: list[DayOfDelays]) -> None:
    delay = learn(Kind.BOUNCE, days).delay
    age = age_when_due(delay, share)
    assert delay.due_by(age * 0.999) <= share <= delay.due_by(age * 1.001) + 1e-9


def test_a_table_of_weights_is_made_once_for_equal_delays() -> None:
    """A process that learns the same again keeps its tables."""
    first, again = (learned([drawn(20, 1.5, 2000, group=1)]) for _ in range(2))
    moment = NEWEST * 300 + 45
    assert first is not again
    assert weights(first, NEWEST, moment, series()) is weights(again, NEWEST, moment, series())
