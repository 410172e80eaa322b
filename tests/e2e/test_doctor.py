"""`guard doctor` on the deployed stack, as an operator runs it."""

import json
from typing import Any

import pytest

from cli.doctor.rights import NEEDS
from tests.e2e.conftest import Guard


@pytest.fixture
def examined(guard: Guard) -> list[dict[str, Any]]:
    """What it finds."""
    found: list[dict[str, Any]] = json.loads(guard("doctor", "--json").stdout)["checks"]
    return found


def test_every_function_of_the_template_has_the_rights_it_needs(examined: list[dict[str, Any]]) -> None:
    """As IAM has it, and those that judge cannot pause: what the deployed roles say, not what the template means."""
    (found,) = [each for each in examined if each["check"] == "rights"]
    assert (found["health"], found["about"]) == ("ok", list(NEEDS))
    assert "IngestFunction and EvaluateFunction cannot pause a tenant" in found["text"]
