"""Rates over time: what a report draws agrees with what a judgement would say of the same mail."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.export.lines import DayLine, Line
from cli.report.fleet import Fleet, fleet_of
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.rates import Step, most_behind, pieces, rates, runs
from reputation_guard.domain.windows import evidence
from tests.cli.histories import ACCOUNT, NOW, slots


def fleet(*lines: Line, days: int = 31) -> Fleet:
    return fleet_of([ACCOUNT, *lines], days)


def test_the_step_is_the_finest_in_which_everything_is_there() -> None:
    of_slots = slots("acme", (100, 1, 0))
    assert Step.for_counts(fleet(*of_slots).counts) is Step.SLOT
    yesterday = slots("acme", (100, 1, 0), until=NOW - timedelta(hours=20))
    assert Step.for_counts(fleet(*of_slots, *yesterday).counts) is Step.HOUR
    last_week = DayLine(tenant="acme", day=(NOW - timedelta(days=7)).date(), sends=9, bounces=0, complaints=0)
    assert Step.for_counts(fleet(*of_slots, last_week).counts) is Step.DAY


def test_nothing_is_lost_whatever_the_step() -> None:
    lines = [
        *slots("acme", (100, 1, 0), (100, 2, 1)),
        *slots("acme", (50, 3, 0), until=NOW - timedelta(hours=20)),
        *slots("acme", (20, 1, 0), until=NOW - timedelta(days=3)),
        DayLine(tenant="acme", day=(NOW - timedelta(days=7)).date(), sends=9, bounces=4, complaints=0),
    ]
    counts = fleet(*lines).tenants[0].counts
    found = pieces(counts, Step.DAY, NOW, START_DELAYS)
    assert [(piece.sends, piece.feedback[Kind.BOUNCE]) for piece in found] == [
        (9, 4),
        (0, 0),
        (0, 0),
        (0, 0),
        (20, 1),
        (0, 0),
        (50, 3),
        (200, 3),
    ]


def test_a_rate_is_taken_over_the_last_quarter_of_an_hour() -> None:
    counts = fleet(*slots("acme", (100, 0, 0), (100, 10, 0), (100, 0, 0), (100, 0, 0))).tenants[0].counts
    found = list(rates(pieces(counts, Step.SLOT, NOW, START_DELAYS), Kind.BOUNCE, Step.SLOT, prior=20))
    assert [(each.sends, each.feedback) for each in found] == [(100, 0), (200, 10), (300, 10), (300, 10)]
    assert all(each.low <= each.rate <= each.high for each in found)


def test_where_nothing_was_sent_there_is_no_rate() -> None:
    counts = fleet(*slots("acme", (0, 3, 0), (0, 0, 0), (0, 0, 0), (50, 1, 0))).tenants[0].counts
    found = list(rates(pieces(counts, Step.SLOT, NOW, START_DELAYS), Kind.BOUNCE, Step.SLOT, prior=20))
    assert [each.sends for each in found] == [50]


def test_rates_stand_in_runs_that_end_where_no_mail_was_sent() -> None:
    mail = [(100, 1, 0), (100, 1, 0), *[(0, 0, 0)] * 5, (50, 1, 0), *[(0, 0, 0)] * 3, (20, 0, 0)]
    found = pieces(fleet(*slots("acme", *mail)).tenants[0].counts, Step.SLOT, NOW, START_DELAYS)
    of_runs = runs(list(rates(found, Kind.BOUNCE, Step.SLOT, prior=20)), Step.SLOT)
    assert [[each.sends for each in run] for run in of_runs] == [[100, 200, 200, 100], [50, 50, 50], [20]]
    assert runs([], Step.SLOT) == []


@given(st.integers(min_value=0, max_value=100_000))
def test_the_upper_bound_mirrors_the_lower_one(feedback: int) -> None:
    """As the evidence that the rate is above the lower bound is 99 %, so is that it is below the upper one."""
    most = most_behind(feedback)
    assert most > feedback
    nats = (feedback * math.log(feedback / most) if feedback else 0.0) - (feedback - most)
    assert nats == pytest.approx(math.log(100), rel=1e-6)
    assert evidence(feedback, most) == 0.0
