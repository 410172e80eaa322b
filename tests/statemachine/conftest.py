"""The escalation's machine as it is deployed, around a function that does what a test's script says."""

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.aws import EmbeddedAws
from tests.e2e.waiting import eventually

DEFINITION = Path(__file__).resolve().parents[2] / "statemachines" / "escalation.asl.json"
# A script says by step what the function does at its first call, its second, and so on; the last is repeated.
CODE = """
import json, os, pathlib, time
import boto3

def handler(event, context):
    name = event.get("incident") or event["event"]["name"]
    folder = pathlib.Path(os.environ["SCRIPTS"])
    seen = folder / f"{name}.seen"
    earlier = [json.loads(line) for line in seen.read_text().splitlines()] if seen.exists() else []
    with seen.open("a") as file:
        print(json.dumps(event), file=file)
    number = sum(each["step"] == event["step"] for each in earlier)
    script = json.loads((folder / f"{name}.json").read_text())[event["step"]]
    act = script[min(number, len(script) - 1)]
    if "raises" in act:
        raise type(act["raises"], (Exception,), {})("as the script says")
    if act.get("rings"):
        boto3.client("stepfunctions").send_task_success(taskToken=event["token"], output="{}")
    return act.get("returns", {})
"""
OURS, ANOTHERS = ({"returns": {"ours": ours, "incident": ""}} for ours in (True, False))
CLOSED = {"returns": {"goes_on": False, "wait_seconds": None, "revision": 9}}
FAILS, BREAKS = {"raises": "UnavailableError"}, {"raises": "KeyError"}


def goes_on(seconds: int) -> dict[str, Any]:
    """The look finds nothing due for so many seconds."""
    return {"returns": {"goes_on": True, "wait_seconds": seconds, "revision": 3}}


def definition(**substituted: str) -> dict[str, Any]:
    """The definition as it is deployed."""
    text = DEFINITION.read_text(encoding="utf-8")
    for name, value in {"Partition": "aws", **substituted}.items():
        text = text.replace(f"${{{name}}}", value)
    found: dict[str, Any] = json.loads(text)
    return found


@dataclass(slots=True)
class Machine:
    """The machine, and what its function was told."""

    states: Any
    arn: str
    scripts: Path

    def run(self, name: str, **script: list[dict[str, Any]]) -> str:
        """Start an execution of which the function knows what to do; its ARN."""
        for act in script.get("claim", []):
            if "returns" in act:
                act["returns"] |= {"incident": name}
        (self.scripts / f"{name}.json").write_text(json.dumps(script))
        started = self.states.start_execution(stateMachineArn=self.arn, input=json.dumps({"name": name}))
        arn: str = started["executionArn"]
        return arn

    def seen(self, name: str) -> list[dict[str, Any]]:
        """What the function was told about it so far."""
        file = self.scripts / f"{name}.seen"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def steps(self, name: str) -> list[str]:
        """The steps it was told to do."""
        return [each["step"] for each in self.seen(name)]

    def waits(self, name: str, times: int = 1) -> str:
        """The token of a wait, once it has begun."""
        eventually(lambda: self.steps(name).count("wait") >= times, f"wait {times} of {name}")
        token: str = [each["token"] for each in self.seen(name) if each["step"] == "wait"][times - 1]
        return token

    def ended(self, execution: str) -> str:
        """How it ended: its status and its last state."""
        eventually(lambda: self._status(execution) != "RUNNING", f"the end of {execution}")
        events = self.states.get_execution_history(executionArn=execution, maxResults=1000)["events"]
        entered = [each["stateEnteredEventDetails"]["name"] for each in events if "stateEnteredEventDetails" in each]
        return f"{self._status(execution)}: {entered[-1]}"

    def _status(self, execution: str) -> str:
        found: str = self.states.describe_execution(executionArn=execution)["status"]
        return found


@pytest.fixture(scope="module")
def machine(embedded_aws: EmbeddedAws) -> Machine:
    """The machine with one retry, so that its end after the last of them is seen within a test."""
    scripts = embedded_aws.folder / "scripts"
    scripts.mkdir()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("app.py", CODE)
    role = "arn:aws:iam::000000000000:role/escalation"
    function = embedded_aws.client("lambda").create_function(
        FunctionName="scripted",
        Runtime="python3.13",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": {"SCRIPTS": str(scripts)}},
    )["FunctionArn"]
    deployed = definition(EscalateFunction=function)
    for state in deployed["States"].values():
        for retry in state.get("Retry", []):
            retry["MaxAttempts"] = min(retry["MaxAttempts"], 2)
    states = embedded_aws.client("stepfunctions")
    made = states.create_state_machine(name="escalation", definition=json.dumps(deployed), roleArn=role)
    return Machine(states, made["stateMachineArn"], scripts)
