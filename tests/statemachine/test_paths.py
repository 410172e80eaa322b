"""Every path of the escalation's machine, driven on the embedded AWS."""

from typing import Any

import pytest

from tests.statemachine.conftest import ANOTHERS, BREAKS, CLOSED, FAILS, OURS, Machine, definition, goes_on

Script = dict[str, list[dict[str, Any]]]

pytestmark = pytest.mark.embedded


def test_an_episode_that_another_execution_has_ends_at_once(machine: Machine) -> None:
    assert machine.ended(machine.run("another", claim=[ANOTHERS])) == "SUCCEEDED: Another has it"
    assert machine.steps("another") == ["claim"]


def test_the_claim_names_its_execution_and_carries_the_event(machine: Machine) -> None:
    execution = machine.run("claimed", claim=[ANOTHERS])
    machine.ended(execution)
    assert machine.seen("claimed")[0] == {"step": "claim", "execution": execution, "event": {"name": "claimed"}}


def test_an_incident_that_is_over_ends_the_execution(machine: Machine) -> None:
    assert machine.ended(machine.run("over", claim=[OURS], look=[CLOSED])) == "SUCCEEDED: Closed"
    assert machine.steps("over") == ["claim", "look"]


def test_the_clock_ends_a_wait_and_it_looks_again(machine: Machine) -> None:
    execution = machine.run("clock", claim=[OURS], look=[goes_on(1), goes_on(1), CLOSED], wait=[{}])
    assert machine.ended(execution) == "SUCCEEDED: Closed"
    assert machine.steps("clock") == ["claim", "look", "wait", "look", "wait", "look"]


def test_a_signal_ends_a_wait_of_hours(machine: Machine) -> None:
    execution = machine.run("signal", claim=[OURS], look=[goes_on(7200), CLOSED], wait=[{}])
    machine.states.send_task_success(taskToken=machine.waits("signal"), output="{}")
    assert machine.ended(execution) == "SUCCEEDED: Closed"


def test_a_wait_that_is_over_as_it_begins_does_not_wait(machine: Machine) -> None:
    """The function itself rings, where a signal came since the look."""
    execution = machine.run("rung", claim=[OURS], look=[goes_on(7200), CLOSED], wait=[{"rings": True}])
    assert machine.ended(execution) == "SUCCEEDED: Closed"


def test_a_wait_is_told_the_revision_that_the_look_had_seen(machine: Machine) -> None:
    machine.ended(machine.run("revision", claim=[OURS], look=[goes_on(1), CLOSED], wait=[{}]))
    (wait,) = [each for each in machine.seen("revision") if each["step"] == "wait"]
    assert (wait["incident"], wait["revision"]) == ("revision", 3)


@pytest.mark.parametrize("step", ["claim", "look", "wait"])
def test_a_step_that_fails_is_tried_again(machine: Machine, step: str) -> None:
    fine: Script = {"claim": [OURS], "look": [goes_on(7200), CLOSED], "wait": [{"rings": True}]}
    execution = machine.run(f"{step}-again", **(fine | {step: [FAILS, *fine[step]]}))
    assert machine.ended(execution) == "SUCCEEDED: Closed"


def test_a_wait_that_aws_does_not_take_is_looked_at_again(machine: Machine) -> None:
    """What is due by then is done; the look rides the outage out."""
    execution = machine.run("late", claim=[OURS], look=[goes_on(7200), CLOSED], wait=[FAILS])
    assert machine.ended(execution) == "SUCCEEDED: Closed"
    assert machine.steps("late") == ["claim", "look", *["wait"] * 3, "look"]


@pytest.mark.parametrize(
    ("step", "last"),
    [("claim", "Claim the episode"), ("look", "Do what is due"), ("wait", "Wait for a signal or the clock")],
)
def test_a_step_that_never_works_fails_the_execution(machine: Machine, step: str, last: str) -> None:
    """A failed execution pages, by a rule on its status: nothing waits for ever in silence."""
    fine: Script = {"claim": [OURS], "look": [goes_on(7200)], "wait": [{}]}
    execution = machine.run(f"{step}-never", **(fine | {step: [BREAKS]}))
    assert machine.ended(execution) == f"FAILED: {last}"
    assert machine.steps(f"{step}-never").count(step) == 3


def test_an_event_that_cannot_be_read_is_not_tried_again(machine: Machine) -> None:
    execution = machine.run("malformed", claim=[{"raises": "MalformedError"}])
    assert machine.ended(execution) == "FAILED: Claim the episode"
    assert machine.steps("malformed") == ["claim"]


def test_these_are_all_the_states_there_are() -> None:
    """A state that is added here is one that no test above has driven."""
    assert set(definition()["States"]) == {
        "Claim the episode",
        "Is it ours?",
        "Another has it",
        "Do what is due",
        "Does it go on?",
        "Wait for a signal or the clock",
        "Closed",
    }
