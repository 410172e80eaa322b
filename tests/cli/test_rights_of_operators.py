"""What the operators' policy allows is what their commands call, no more and no less."""

import io
import json
from typing import Any

import botocore.client
import pytest

from tests.cli.aws import OUTPUTS, FakeAws, guard
from tests.cli.incidents.opened import open_incident
from tests.template.rights import called as called_in_the_stack
from tests.template.stack import listed, translated

Asked = set[tuple[str, str]]
TABLES = {OUTPUTS[name]: name for name in ("BookTable", "CountsTable")}
# Anybody may ask who he is.
FREE = {"sts:GetCallerIdentity"}
IN_IAM = {"sesv2": "ses", "lambda:Invoke": "lambda:InvokeFunction"}
COMMANDS = (
    ("status",),
    ("status", "shop"),
    ("incidents",),
    ("incidents", "shop"),
    ("ack", "shop", "--as", "Ann"),
    ("resume", "shop", "--reason", "x", "--operator", "Ann"),
    ("resume", "--incident", "ID", "--reason", "x", "--operator", "Ann"),
    ("pause", "shop", "--reason", "x"),
    ("tail",),
)


@pytest.fixture
def incident(aws: FakeAws) -> str:
    """The id of an incident that goes on."""
    return open_incident(aws, "shop").id


def asked_of(service: str, parameters: Any) -> list[str]:
    """What the call is about: a table of the stack or an index of one, a function, or "" elsewhere."""
    if service == "lambda":
        return [next(name for name, value in OUTPUTS.items() if value == parameters["FunctionName"])]
    if service != "dynamodb":
        return [""]
    tables = parameters.get("RequestItems") or [parameters["TableName"]]
    index = f"/index/{parameters['IndexName']}" if "IndexName" in parameters else ""
    return [TABLES[each] + index for each in tables]


@pytest.fixture
def called(incident: str, monkeypatch: pytest.MonkeyPatch) -> Asked:  # noqa: ARG001 - it has to come first
    """The actions that AWS was asked for, as IAM calls them."""
    found: Asked = set()
    answer: Any = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined] # it is private

    def call(client: Any, operation: str, parameters: Any) -> Any:
        service = client.meta.service_model.service_name
        action = f"{IN_IAM.get(service, service)}:{operation}"
        found.update((IN_IAM.get(action, action), each) for each in asked_of(service, parameters))
        return answer(client, operation, parameters)

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", call)
    return found


def ctrl_c(**_: Any) -> dict[str, Any]:
    """Somebody has seen enough of the log."""
    raise KeyboardInterrupt


def test_the_policy_of_operators_allows_what_their_commands_call(
    aws: FakeAws, incident: str, called: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One right less and a command fails in the night; one more and somebody can do what nobody meant."""
    decided = {"resumed": True, "paused": True, "tenant": "shop", "decision": "shop.9", "preflight": {}, "lines": []}
    aws.answers["Invoke"] = lambda **_: {"Payload": io.BytesIO(json.dumps(decided).encode())}
    aws.answers["FilterLogEvents"] = ctrl_c
    monkeypatch.setattr("cli.ordering._PATIENCE_SECONDS", 0)
    for words in COMMANDS:
        assert guard(*(incident if each == "ID" else each for each in words)).exit_code != 2, words
    policy = translated().of_type("IAM::ManagedPolicy")["OperatorsPolicy"]
    given = {
        (action, thing if action.startswith(("dynamodb:", "lambda:")) else "")
        for statement in policy["PolicyDocument"]["Statement"]
        for thing in map(called_in_the_stack, listed(statement["Resource"]))
        for action in listed(statement["Action"])
    }
    by_url = {(f"lambda:{action}", "OperatorsFunction") for action in ("InvokeFunctionUrl", "InvokeFunction")}
    assert given == {each for each in called if each[0] not in FREE} | by_url
