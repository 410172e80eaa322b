"""The definition is valid Amazon States Language, by a validator that is not ours."""

import json
import math
from typing import Any

import pytest
from cfnlint.api import lint

from tests.statemachine.conftest import definition

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:escalate"


def faults(machine: dict[str, Any]) -> list[str]:
    """What cfn-lint finds in a machine (its rule E3601 holds it against the language's schema)."""
    properties = {
        "RoleArn": "arn:aws:iam::123456789012:role/escalation",
        "DefinitionString": json.dumps(machine),
    }
    template = {"Resources": {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}}
    return [f"{found.rule.id}: {found.message}" for found in lint(json.dumps(template))]


def test_the_machine_passes_a_validator() -> None:
    """But for one thing: a wait's length may be an expression (Step Functions' guide, "Task state", TimeoutSeconds)."""
    machine = definition(EscalateFunction=FUNCTION)
    wait = machine["States"]["Wait for a signal or the clock"]
    assert wait["TimeoutSeconds"].startswith("{%")
    wait["TimeoutSeconds"] = 900
    assert faults(machine) == []


@pytest.mark.parametrize("state", ["Claim the episode", "Do what is due"])
def test_a_day_of_outage_is_ridden_out(state: str) -> None:
    """Full jitter waits between nothing and the whole delay: half of it on average (its guide, "Retrier")."""
    found = definition(EscalateFunction=FUNCTION)["States"][state]["Retry"]
    [outage] = [each for each in found if "UnavailableError" in each["ErrorEquals"]]
    [fault] = [each for each in found if each["ErrorEquals"] == ["States.TaskFailed"]]
    assert found.index(outage) < found.index(fault), "the first that matches is taken"
    delay, attempts = outage["MaxDelaySeconds"], outage["MaxAttempts"]
    spread = delay / math.sqrt(12) * math.sqrt(attempts)
    assert attempts * delay / 2 - 6 * spread > 24 * 60 * 60
    assert delay <= 120, "once it is over, people are paged within two minutes"
    # Each attempt is scheduled, started and failed.
    assert attempts * 3 < 25_000 / 3, "an execution ends at 25,000 entries: three such days fit"
    assert fault["MaxAttempts"] * fault["MaxDelaySeconds"] < 30 * 60, "a fault of ours pages soon"


@pytest.mark.parametrize("state", ["Claim the episode", "Do what is due"])
def test_a_step_that_takes_too_long_is_an_outage(state: str) -> None:
    [outage, _] = [each for each in definition()["States"][state]["Retry"] if each["MaxAttempts"]]
    assert {"States.Timeout", "Sandbox.Timedout", "Lambda.TooManyRequestsException"} <= set(outage["ErrorEquals"])


def test_a_wait_through_an_outage_is_a_look() -> None:
    """Tried again it would begin anew: a page would be as late as the outage was long, and by its own time more."""
    states = definition()["States"]
    [outage, _] = [each for each in states["Do what is due"]["Retry"] if each["MaxAttempts"]]
    wait = states["Wait for a signal or the clock"]
    [caught] = [each for each in wait["Catch"] if "UnavailableError" in each["ErrorEquals"]]
    assert {*caught["ErrorEquals"], "States.Timeout"} == set(outage["ErrorEquals"])
    assert caught["Next"] == "Do what is due"


def test_the_end_of_a_wait_is_no_failure() -> None:
    """A wait's timeout is its clock: retried, nobody would look at what is due."""
    retriers = definition()["States"]["Wait for a signal or the clock"]["Retry"]
    assert not [each for each in retriers if "States.Timeout" in each["ErrorEquals"]]


def test_the_validator_finds_what_is_wrong() -> None:
    """Otherwise the test above proves nothing."""
    machine = definition(EscalateFunction=FUNCTION)
    machine["States"]["Closed"] = {"Type": "Succeeded"}
    assert any("E3601" in fault for fault in faults(machine))
    lost = definition(EscalateFunction=FUNCTION)
    lost["States"]["Do what is due"]["Next"] = "Does it go on"
    assert faults(lost) != []
