"""The simulated tenants: the same for the same seed, and true to their laws."""

import math
from random import Random
from statistics import fmean

import pytest

from bench.quality.courses import Course, course
from bench.quality.delays import EXPECTED, FAST, SLOW, DelayLaw
from bench.quality.scenarios import (
    AS_EXPECTED,
    BAD,
    DEV,
    GROUPS,
    PAUSE_LIMIT_BOUNCES,
    PAUSE_LIMIT_COMPLAINTS,
    ROBUST,
    TWISTS,
    Label,
    Scenario,
)
from bench.quality.tenants import trace, traces
from bench.quality.traces import START, Kind, Trace, events
from reputation_guard.domain.delays import START_DELAYS

DAYS = 7
SECONDS = DAYS * 86400


def tenant(scenario: Scenario, seed: str = "test", days: int = DAYS, twist: int | None = None) -> Trace:
    return trace(seed, 3, scenario, days, AS_EXPECTED if twist is None else TWISTS[twist])


def courses(scenario: Scenario, count: int = 12) -> list[Course]:
    return [course(Random(f"{scenario}/{i}"), scenario, 14, AS_EXPECTED) for i in range(count)]


@pytest.mark.parametrize("scenario", Scenario)
def test_the_same_seed_makes_the_same_tenant_and_another_seed_another(scenario: Scenario) -> None:
    assert tenant(scenario) == tenant(scenario)
    assert tenant(scenario).grains != tenant(scenario, seed="other").grains


def test_a_tenant_of_a_set_does_not_depend_on_those_before_it() -> None:
    (_, second, *_) = (each for each, _ in zip(traces(DEV, 1, 1), range(2), strict=False))
    assert second == trace("dev/1/1", 1, *(DEV.tenants[1][0], 1, DEV.tenants[1][1]))


@pytest.mark.parametrize("law", [EXPECTED.bounce, EXPECTED.complaint, SLOW.bounce, FAST.complaint])
def test_delays_follow_their_law(law: DelayLaw) -> None:
    chance = Random("delays")
    drawn = [law.draw(chance) for _ in range(20_000)]
    assert max(drawn) <= law.cap
    for share in (0.1, 0.5, 0.9):
        moment = sorted(drawn)[int(share * len(drawn))]
        due = sum(part.share * phi(math.log(moment / part.median) / part.sigma) for part in law.parts)
        assert due == pytest.approx(share, abs=0.015)


def test_the_delays_are_those_the_guard_starts_from() -> None:
    for drawn, expected in (
        (EXPECTED.bounce, START_DELAYS.bounce),
        (EXPECTED.complaint, START_DELAYS.complaint),
    ):
        chance = Random("start")
        delays = [drawn.draw(chance) for _ in range(20_000)]
        for age in (5, 10, 60, 600, 3600, 6 * 3600, 86400):
            assert fmean(delay <= age for delay in delays) == pytest.approx(expected.due_by(age), abs=0.015)


def phi(z: float) -> float:
    return (1 + math.erf(z / math.sqrt(2))) / 2


@pytest.mark.parametrize("scenario", [Scenario.GOOD, Scenario.LIST_BOMB, Scenario.JUST_OVER_BOUNCES, Scenario.SPAMMER])
def test_mails_and_feedback_are_as_many_as_the_course_says(scenario: Scenario) -> None:
    expected = [0.0] * 4
    seen = [0] * 4
    for i in range(6):
        drawn = course(Random(f"rates/{i}"), scenario, DAYS, AS_EXPECTED)
        made = tenant(scenario, seed=f"rates/{i}")
        mails = [steady + campaign for steady, campaign in zip(drawn.steady, drawn.campaigns, strict=True)]
        expected[0] += sum(mails)
        expected[1] += sum(n * rate for n, rate in zip(mails, drawn.bounces, strict=True))
        expected[2] += sum(n * rate for n, rate in zip(mails, drawn.complaints, strict=True))
        expected[3] += 0.015 * sum(mails)
        seen[0] += sum(made.mails)
        for place, kind in enumerate((Kind.HARD_BOUNCE, Kind.COMPLAINT, Kind.SOFT_BOUNCE), start=1):
            seen[place] += len({item.id for item in made.feedback if item.kind is kind})
    for number, wanted in zip(seen, expected, strict=True):
        # What comes after the last day is not in the trace, so a little less is right.
        assert 0.93 * wanted - 4 * math.sqrt(wanted) <= number <= wanted + 4 * math.sqrt(wanted)


def test_one_percent_of_feedback_comes_twice_with_the_same_id() -> None:
    made = tenant(Scenario.LIST_BOMB, seed="twice/2", days=14)
    ids = [item.id for item in made.feedback]
    assert len(ids) / len(set(ids)) == pytest.approx(1.01, abs=0.005)


@pytest.mark.parametrize("scenario", BAD)
def test_a_bad_tenant_is_under_both_limits_before_its_onset_and_over_one_from_then_on(scenario: Scenario) -> None:
    for drawn in courses(scenario):
        onset = drawn.onset
        assert onset is not None
        assert onset < 0.85 * drawn.minutes
        assert max(drawn.bounces[:onset]) < PAUSE_LIMIT_BOUNCES
        assert max(drawn.complaints[:onset]) < PAUSE_LIMIT_COMPLAINTS
        worst = [
            max(bounces / PAUSE_LIMIT_BOUNCES, complaints / PAUSE_LIMIT_COMPLAINTS)
            for bounces, complaints in zip(drawn.bounces, drawn.complaints, strict=True)
        ]
        assert min(worst[onset : drawn.end]) >= 1


@pytest.mark.parametrize("scenario", [Scenario.GOOD, Scenario.BORDERLINE])
def test_good_and_borderline_tenants_never_have_a_rate_over_a_limit(scenario: Scenario) -> None:
    for drawn in courses(scenario):
        assert drawn.onset is None
        assert max(drawn.bounces) < PAUSE_LIMIT_BOUNCES
        assert max(drawn.complaints) < PAUSE_LIMIT_COMPLAINTS


def test_a_burst_is_2000_mails_more_in_five_minutes() -> None:
    made = tenant(Scenario.BURST, days=14)
    inside = sum(
        mails for grain, mails in zip(made.grains, made.mails, strict=True) if made.onset <= grain < made.onset + 300
    )
    assert made.ends == made.onset + 300
    assert inside == pytest.approx(2000, abs=200)


def test_a_new_tenant_sends_nothing_before_its_onset() -> None:
    made = tenant(Scenario.NEW_BAD)
    assert made.grains[0] >= made.onset


def test_stalled_feedback_comes_when_the_way_is_free_again() -> None:
    stalled = TWISTS[2].stall
    assert stalled
    made = tenant(Scenario.GOOD, seed="stall/3", twist=2)
    late = [item for item in made.feedback if stalled[0] <= item.arrived - START < stalled[1]]
    caught_up = [item for item in made.feedback if stalled[1] <= item.arrived - START < stalled[1] + 120]
    assert not late
    assert caught_up


def test_every_scenario_meets_every_twist_in_the_robust_set() -> None:
    assert {(scenario, twist.name) for scenario, twist in ROBUST.tenants} == {
        (scenario, twist.name) for scenario in Scenario for twist in TWISTS
    }


def test_the_sets_have_the_tenants_their_targets_speak_of() -> None:
    counts = {
        group.name: [sum(scenario.label is label for scenario, _ in group.tenants) for label in Label]
        for group in GROUPS
    }
    assert counts == {"fp": [300, 100, 0], "dev": [40, 12, 32], "robust": [40, 12, 32], "burst": [0, 0, 16]}


def test_events_come_in_the_order_of_time_and_tell_of_every_mail_and_answer() -> None:
    made = [tenant(Scenario.LOW_VOLUME), tenant(Scenario.BORDERLINE)]
    laid_out = list(events(made, DAYS))
    assert [event.at for event in laid_out] == sorted(event.at for event in laid_out)
    assert len(laid_out) == sum(len(each.grains) + len(each.feedback) for each in made)
    assert laid_out[0].at >= START
    assert laid_out[-1].at < START + SECONDS
