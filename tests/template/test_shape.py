"""What a person meets first: parameters, what is kept, and what is said."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from typing import Any

import pytest

from reputation_guard.domain.links import LINKS_LAST
from tests.template.stack import ROOT, TEMPLATE, Stack, listed, logical_id, written

SETTING = r'(?:\.text|_one_of|_is_on|_whole_number)\("([A-Z_]+)"'
LAYER = ROOT / "layers" / "guard" / "reputation_guard"
PARAMETERS = written()["Parameters"]


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_explains_itself_and_has_a_limit(name: str) -> None:
    """A person who deploys sees what a parameter does, and a wrong value is refused before anything is deployed."""
    parameter = PARAMETERS[name]
    limited = "AllowedValues" in parameter or "AllowedPattern" in parameter
    assert parameter["Description"].endswith(".")
    assert limited or {"MinValue", "MaxValue"} <= set(parameter)
    assert "Default" in parameter


def test_every_parameter_has_its_place_in_the_console(source: dict[str, Any]) -> None:
    """A parameter outside the groups is shown last and read by nobody."""
    groups = source["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(PARAMETERS)


def test_every_parameter_is_used() -> None:
    """A parameter nothing reads is a promise nobody keeps."""
    text = TEMPLATE.read_text(encoding="utf-8")
    assert [name for name in PARAMETERS if f"!Ref {name}" not in text and f"${{{name}}}" not in text] == []


def test_a_new_deployment_observes() -> None:
    """Nobody's mail is stopped by a guard that was installed a minute ago: enforcing is asked for, never assumed."""
    assert PARAMETERS["Mode"]["Default"] == "observe"
    production = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))["production"]["deploy"]
    assert "Mode=observe" in production["parameters"]["parameter_overrides"]
    assert production["parameters"]["confirm_changeset"] is True


def test_every_environment_names_parameters_that_exist() -> None:
    """A misspelt override is refused by CloudFormation in the middle of a deployment; here it costs a second."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    for environment in ("local", "staging", "production"):
        for override in config[environment]["deploy"]["parameters"]["parameter_overrides"]:
            name, _, value = override.partition("=")
            allowed = [str(each) for each in PARAMETERS[name].get("AllowedValues", [value])]
            assert value in allowed, (environment, override)


def test_every_resource_says_why_it_is_there() -> None:
    """The template is read as a story: above each resource stands a sentence."""
    lines = TEMPLATE.read_text(encoding="utf-8").splitlines()
    start, end = lines.index("Resources:"), lines.index("Outputs:")
    resources = [number for number in range(start, end) if re.fullmatch(r"  \w+:", lines[number])]
    assert len(resources) == len(written()["Resources"])
    assert [lines[number].strip() for number in resources if not lines[number - 1].startswith("  # ")] == []


def test_a_function_is_told_what_it_may_reach_and_nothing_else(stack: Stack) -> None:
    """A name in the environment without a right is a call that fails, and a right without a name one nobody makes."""
    # Lambda writes failures, and a task's token names its machine.
    dead_letters = {f"{name}DeadLetters" for name in ("Enforce", "Review", "Reconcile", "Digest", "Rotation")}
    aside = {*dead_letters, "StreamFailures", "EscalationMachine", ""}
    for name, function in stack.of_type("Lambda::Function").items():
        told = {logical_id(value) for value in function["Environment"]["Variables"].values()} & set(stack.resources)
        # Notify only writes the address down.
        told -= {"ConsoleFunctionUrl"}
        reached = {logical_id(each) for statement in stack.rights(name) for each in listed(statement["Resource"])}
        assert told == reached - aside, name


def test_what_functions_are_told_is_what_the_layer_reads(stack: Stack) -> None:
    """A misspelt variable is a function that fails at its first event; Powertools reads its own."""
    read = {
        name
        for module in (LAYER / "settings.py", *(LAYER / "wiring").glob("*.py"))
        for name in re.findall(SETTING, module.read_text(encoding="utf-8"))
    }
    told = {
        name
        for function in stack.of_type("Lambda::Function").values()
        for name in function["Environment"]["Variables"]
        if not name.startswith("POWERTOOLS_") and name != "LOG_LEVEL"
    }
    # The page that links lead to has no URL yet.
    assert told == read


def test_a_link_lives_shorter_than_its_key_verifies(stack: Stack) -> None:
    """A key verifies for one rotation after it signed, so a link of its last day still lives through all its own."""
    [schedule] = stack.of_type("SecretsManager::RotationSchedule").values()
    assert timedelta(days=schedule["RotationRules"]["AutomaticallyAfterDays"]) > 2 * LINKS_LAST
    assert schedule["RotateImmediatelyOnUpdate"] is False


def test_runtime_and_processor_are_parameters(stack: Stack, source: dict[str, Any]) -> None:
    """A local build uses the interpreter at hand, so functions and layer follow the same two parameters."""
    for name, function in stack.of_type("Lambda::Function").items():
        assert function["Runtime"] == {"Ref": "PythonRuntime"}, name
        assert function["Architectures"] == [{"Ref": "Architecture"}], name
    assert source["Resources"]["GuardLayer"]["Metadata"]["BuildMethod"] == {"Ref": "PythonRuntime"}
    assert (PARAMETERS["PythonRuntime"]["Default"], PARAMETERS["Architecture"]["Default"]) == ("python3.13", "arm64")
