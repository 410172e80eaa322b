"""The scorer, on logs made by hand."""

import math
from array import array
from dataclasses import replace

import pytest

from bench.quality.scenarios import Scenario
from bench.quality.scorer import Action, Outcome, Verb, figures, outcome, pauses_of, quantile
from bench.quality.traces import START, Trace

ONSET = START + 600


def trace(scenario: Scenario = Scenario.LIST_BOMB, onset: float = ONSET) -> Trace:
    """An hour with a mail every 10 s; half of those from the onset on are bad."""
    bad = scenario.label == "bad"
    return Trace(
        name="t0000",
        scenario=scenario,
        twist="none",
        ends=START + 3600,
        onset=onset if bad else math.inf,
        grains=array("q", range(START, START + 3600, 10)),
        mails=array("l", [1] * 360),
        feedback=(),
        risk=array("f", [0.0] * 10 + [0.5] * 50 if bad else []),
    )


def did(verb: Verb, seconds: int) -> Action:
    return Action(START + seconds, "t0000", verb)


def test_mails_leak_from_the_onset_to_the_first_pause() -> None:
    scored = outcome(trace(), [did(Verb.PAUSE, 900), did(Verb.RESUME, 1200), did(Verb.PAUSE, 1500)])
    assert (scored.leaked, scored.bad_leaked, scored.waited, scored.found) == (30, 15.0, 300, True)
    assert scored.pauses == 2


def test_a_tenant_never_paused_leaks_all_and_is_missed() -> None:
    scored = outcome(trace(), [did(Verb.WARN, 900)])
    assert (scored.leaked, scored.bad_leaked, scored.found, scored.warned) == (300, 150.0, False, True)


def test_a_pause_that_holds_at_the_onset_leaks_nothing() -> None:
    scored = outcome(trace(), [did(Verb.PAUSE, 60)])
    assert (scored.leaked, scored.waited, scored.found) == (0, 0, True)


def test_a_pause_that_was_over_before_the_onset_found_nothing() -> None:
    scored = outcome(trace(), [did(Verb.PAUSE, 60), did(Verb.RESUME, 120), did(Verb.PAUSE, 1200)])
    assert scored.leaked == 60


def test_a_burst_may_be_found_half_an_hour_after_it_is_over() -> None:
    burst = replace(trace(Scenario.BURST), ends=ONSET + 300)
    assert outcome(burst, [did(Verb.PAUSE, 900 + 1800)]).found
    assert not outcome(burst, [did(Verb.PAUSE, 900 + 1810)]).found
    assert outcome(burst, [did(Verb.PAUSE, 2000)]).leaked == 30


@pytest.mark.parametrize("scenario", [Scenario.GOOD, Scenario.BORDERLINE])
def test_of_other_tenants_only_pauses_and_warnings_count(scenario: Scenario) -> None:
    scored = outcome(trace(scenario), [did(Verb.WARN, 10), did(Verb.PAUSE, 60)])
    assert scored == Outcome(scenario, "none", pauses=1, warned=True)


def test_a_pause_of_a_paused_tenant_and_a_resume_of_another_are_nothing_new() -> None:
    log = [did(Verb.RESUME, 1), did(Verb.PAUSE, 2), did(Verb.PAUSE, 3), did(Verb.RESUME, 4), did(Verb.RESUME, 5)]
    assert pauses_of(log) == [(START + 2, START + 4)]
    assert pauses_of([*log, did(Verb.PAUSE, 6)]) == [(START + 2, START + 4), (START + 6, math.inf)]


def test_figures_sum_up_tenants_and_take_bad_mails_by_the_run() -> None:
    good = Outcome(Scenario.GOOD, "none", pauses=0, warned=False)
    bad = Outcome(Scenario.SPAMMER, "none", 1, warned=False, found=True, leaked=10, bad_leaked=4.0, waited=60)
    missed = replace(bad, found=False, leaked=30, bad_leaked=8.0, waited=math.inf)
    borderline = Outcome(Scenario.BORDERLINE, "none", pauses=2, warned=True)
    summed = figures([good, replace(good, pauses=3), borderline, bad, missed], runs=2)
    assert (summed.good, summed.good_paused, summed.borderline, summed.borderline_paused) == (2, 1, 1, 1)
    assert (summed.leaked_median, summed.bad_mails, summed.missed_share, summed.waited_median) == (20, 6.0, 0.5, 60)


def test_a_quantile_lies_between_its_neighbours() -> None:
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile([0, 10], 0.95) == pytest.approx(9.5)
    assert math.isnan(quantile([], 0.5))
