"""`guard doctor` on the deployed stack, as an operator runs it."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.doctor.rights import NEEDS
from cli.main import app
from local.aws import CREDENTIALS
from tests.e2e.account import Account


@pytest.fixture
def examined(account: Account, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What it finds."""
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": account.aws.endpoint}.items():
        monkeypatch.setenv(name, value)
    found: list[dict[str, Any]] = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)["checks"]
    return found


def test_every_function_of_the_template_has_the_rights_it_needs(examined: list[dict[str, Any]]) -> None:
    """As IAM has it, and those that judge cannot pause: what the deployed roles say, not what the template means."""
    (found,) = [each for each in examined if each["check"] == "rights"]
    assert (found["health"], found["about"]) == ("ok", list(NEEDS))
    assert "IngestFunction and EvaluateFunction cannot pause a tenant" in found["text"]
