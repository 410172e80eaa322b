"""The chaos suite in its short form, and that it would find what it is there for: `make chaos` is the long one."""

import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.chaos.campaign import SMALL, Task, once_more, places, racing, unclaimed
from tests.chaos.deployment import ENVIRONMENT, settings
from tests.chaos.faults import Fault
from tests.chaos.planted import planted
from tests.chaos.report import Spent, lines
from tests.chaos.run import Outcome
from tests.chaos.world import UNBRAKED

ANY_CRASH = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER)
SEED = 20_261_124
ROUGH = 0.03
IN_ENFORCE = tuple(("enforce", number, fault) for number in range(1, 16) for fault in ANY_CRASH)
_SEEDS_TO_FIND_IT = 12


def test_the_guard_survives_whatever_fails_and_the_report_says_how_much() -> None:
    """The issue's own measure, in small: faults, invariants, no violation, and the seed that plays it again."""
    asked = [sys.executable, "-m", "tests.chaos", "--short", "--runs", "2", "--seed", str(SEED), "--processes", "1"]
    played = subprocess.run(asked, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": "."})
    assert played.returncode == 0, played.stdout + played.stderr
    assert "violations: 0" in played.stdout
    assert f"seed {SEED}" in played.stdout
    (injected, survived) = re.findall(r"faults injected: ([\d,]+), survived: ([\d,]+)", played.stdout)[0]
    assert injected == survived
    assert int(injected.replace(",", "")) > 500


@pytest.mark.parametrize("broken", [[], ["a law"]])
def test_the_report_claims_no_more_than_held(broken: list[str]) -> None:
    told = "\n".join(lines([Outcome(1, sends=3, feedback=2, broken=broken)], 1, Spent(1, 1)))
    assert ("exactly once" in told, "none missing" in told) == (not broken, not broken)
    assert f"violations: {len(broken)}" in told


def test_every_setting_of_the_functions_is_one_of_the_world() -> None:
    """A setting the template gives and the world lacks would fail each run of its function, and look like a fault."""
    assert settings() - set(ENVIRONMENT) == {"BRAKE_LEAST"}, "which each world has by itself"


def test_where_nothing_goes_wrong_nothing_is_counted_told_or_tried_twice() -> None:
    outcome = Task(SEED).play()
    assert outcome.broken == []
    assert (outcome.over.total(), outcome.told_again, outcome.redriven) == (0, 0, 0)


def test_the_same_seed_plays_the_same_run() -> None:
    one, other = (Task(SEED, calls=ROUGH, deliveries=ROUGH).play() for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("mistake", "law"),
    [
        ("deaf-queue", "feedback is counted exactly"),
        ("counts-again", "feedback is counted exactly"),
        ("settles-first", "a pause decided is enforced, or paged"),
        ("lifts-any-stop", "another's stop is never lifted"),
        ("forgets-the-dead", "no execution is stuck"),
        ("trips", "no function makes a mistake"),
        ("forgets-pauses", "the brake holds"),
    ],
)
def test_a_planted_mistake_is_found(mistake: str, law: str) -> None:
    """What each is stands in tests/chaos/planted.py. Chance has to hit it: a dozen runs are enough."""
    brake = SMALL if mistake == "forgets-pauses" else UNBRAKED
    with planted(mistake):
        runs = (Task(SEED + number, ROUGH, ROUGH, IN_ENFORCE, brake).play() for number in range(_SEEDS_TO_FIND_IT))
        assert any(problem.startswith(law) for run in runs for problem in run.broken)


@pytest.mark.parametrize("event", ["TenantPaused", "PauseRefused", "BrakeEngaged"])
def test_an_episode_whose_execution_died_before_its_claim_gets_its_incident(event: str) -> None:
    (task,) = [each for each in unclaimed(SEED) if each.kills == (event,)]
    found = task.play()
    assert found.broken == []
    assert found.injected[Fault.EXECUTION_KILLED] == 1


def test_a_reconcile_that_forgets_the_account_is_found() -> None:
    with planted("forgets-the-account"):
        broken = Task(SEED, brake=1, kills=("BrakeEngaged",)).play().broken
    assert {each.partition(":")[0] for each in broken} == {"a trouble of the account is answered for"}


def test_a_place_that_a_run_came_by_is_met_again_however_much_went_wrong_before_it() -> None:
    task = Task(SEED, calls=ROUGH, deliveries=ROUGH)
    outcome = task.play()
    last = max(places([outcome]), key=lambda place: (place[0] == "enforce", place[1]))
    missing = replace(outcome, crashed_at=places([outcome]) - {last})
    (again,) = once_more([(task, missing)], together=8)
    assert again.crashes == (last,)
    assert last in again.play().crashed_at


def test_two_pauses_that_have_read_the_same_page_of_the_brake_take_one_place() -> None:
    """The slower one is refused, reads anew, and is kept where no place is left."""
    for task in racing(SEED):
        outcome = task.play()
        assert outcome.broken == []
        assert outcome.met_at_brake == 1


def test_a_pause_that_is_written_over_anothers_place_at_the_brake_is_found() -> None:
    with planted("pauses-anyway"):
        runs = [task.play() for task in racing(SEED)]
    assert all(any(problem.startswith("the brake holds") for problem in run.broken) for run in runs)
