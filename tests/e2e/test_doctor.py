"""`guard doctor` on the deployed stack, as an operator runs it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import Result

from cli.doctor.rights import NEEDS


@pytest.fixture
def examined(command_line: Callable[..., Result]) -> list[dict[str, Any]]:
    """What it finds."""
    found: list[dict[str, Any]] = json.loads(command_line("doctor", "--json").stdout)["checks"]
    return found


def test_every_function_of_the_template_has_the_rights_it_needs(examined: list[dict[str, Any]]) -> None:
    """As IAM has it, and those that judge cannot pause: what the deployed roles say, not what the template means."""
    (found,) = [each for each in examined if each["check"] == "rights"]
    assert (found["health"], found["about"]) == ("ok", list(NEEDS))
    assert "IngestFunction and EvaluateFunction cannot pause a tenant" in found["text"]
