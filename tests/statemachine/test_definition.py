"""The definition is valid Amazon States Language, by a validator that is not ours."""

import json
from typing import Any

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


def test_the_validator_finds_what_is_wrong() -> None:
    """Otherwise the test above proves nothing."""
    machine = definition(EscalateFunction=FUNCTION)
    machine["States"]["Closed"] = {"Type": "Succeeded"}
    assert any("E3601" in fault for fault in faults(machine))
    lost = definition(EscalateFunction=FUNCTION)
    lost["States"]["Do what is due"]["Next"] = "Does it go on"
    assert faults(lost) != []
