"""State machines: what AWS promises of tasks and waits, and MiniStack alone does not keep."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws import EmbeddedAws
from local.build import ROOT

pytestmark = pytest.mark.embedded

# What a function does with a token is told by its input.
CODE = """
import json, os, time
import boto3

class Unfit(Exception):
    pass

def handler(event, context):
    with open(os.environ["SEEN"], "a") as seen:
        print(json.dumps(event), file=seen)
    if event.get("fail"):
        raise Unfit("told to")
    if event.get("answer"):
        boto3.client("stepfunctions").send_task_success(taskToken=event["token"], output=json.dumps("at once"))
    time.sleep(event.get("sleep", 0))
    return "done"
"""
WAIT = "arn:aws:states:::lambda:invoke.waitForTaskToken"
INVOKE = "arn:aws:states:::lambda:invoke"


class World:
    """A function that writes what it was told, and state machines around it."""

    def __init__(self, aws: EmbeddedAws, seen: Path) -> None:
        self.states = aws.client("stepfunctions")
        self.seen = seen
        self.machines = 0

    def task(self, resource: str = WAIT, payload: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """A task that hands its input and its token to the function."""
        told = {"name": "{% $states.context.Execution.Name %}"} | (payload or {})
        if resource == WAIT:
            told |= {"token": "{% $states.context.Task.Token %}"}
        arguments = {"FunctionName": "told", "Payload": told}
        return {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True} | fields

    def start(self, given: dict[str, Any] | None = None, /, **states: Any) -> str:
        """Start an execution of a machine made of these states, the first one first, and return its ARN."""
        self.machines += 1
        fields = {name: states.pop(name) for name in ("TimeoutSeconds",) if name in states}
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **fields}
        machine = self.states.create_state_machine(
            name=f"machine-{self.machines}",
            definition=json.dumps(definition),
            roleArn="arn:aws:iam::000000000000:role/machine",
        )
        arn: str = self.run(machine["stateMachineArn"], given)
        return arn

    def run(self, machine_arn: str, given: dict[str, Any] | None = None) -> str:
        started = self.states.start_execution(stateMachineArn=machine_arn, input=json.dumps(given or {}))
        arn: str = started["executionArn"]
        return arn

    def told(self, execution: str) -> list[dict[str, Any]]:
        """What the function was told by an execution."""
        told = [json.loads(line) for line in self.seen.read_text().splitlines()]
        return [event for event in told if event["name"] == execution.rpartition(":")[2]]

    def token(self, execution: str, attempt: int = 1) -> str:
        """The token of an execution's attempt, once there is one."""
        deadline = time.monotonic() + 15
        while len(told := self.told(execution)) < attempt and time.monotonic() < deadline:
            time.sleep(0.05)
        token: str = told[attempt - 1]["token"]
        return token

    def end(self, execution: str, seconds: float = 15) -> dict[str, Any]:
        """How an execution ended."""
        deadline = time.monotonic() + seconds
        while (found := self.states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            assert time.monotonic() < deadline, "still running"
            time.sleep(0.05)
        return dict(found)

    def output(self, execution: str) -> Any:
        """What an execution that succeeded gave."""
        ended = self.end(execution)
        assert ended["status"] == "SUCCEEDED", ended
        return json.loads(ended["output"])


@pytest.fixture(scope="module")
def world(embedded_aws: EmbeddedAws, new_function: Callable[..., str]) -> World:
    seen = embedded_aws.folder / "told"
    seen.touch()
    new_function("told", CODE, SEEN=str(seen))
    return World(embedded_aws, seen)


def error_of(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as refusal:
        call()
    return str(refusal.value.response["Error"]["Code"])


CAUGHT = [{"ErrorEquals": ["States.ALL"], "Next": "Caught", "Output": "{% $states.errorOutput %}"}]
PASS = {"Type": "Pass", "End": True}


@pytest.mark.parametrize(("resource", "payload"), [(WAIT, {}), (INVOKE, {"sleep": 3})])
def test_a_tasks_time_may_be_an_expression(world: World, resource: str, payload: dict[str, Any]) -> None:
    task = world.task(resource, payload, TimeoutSeconds="{% $states.input.seconds %}", Catch=CAUGHT)
    output = world.output(world.start({"seconds": 1}, Task=task, Caught=PASS))
    assert output["Error"] == "States.Timeout"


@pytest.mark.parametrize("seconds", [0, 0.5, "1"])
def test_a_time_that_aws_refuses_fails_the_task(world: World, seconds: object) -> None:
    task = world.task(TimeoutSeconds="{% $states.input.seconds %}", Catch=CAUGHT)
    assert world.output(world.start({"seconds": seconds}, Task=task, Caught=PASS))["Error"] == (
        "States.QueryEvaluationError"
    )


def test_a_function_that_fails_fails_the_wait_it_was_to_begin(world: World) -> None:
    retry = {"ErrorEquals": ["Unfit"], "IntervalSeconds": 30, "MaxDelaySeconds": 1, "JitterStrategy": "FULL"}
    task = world.task(
        payload={"fail": "{% true %}"}, TimeoutSeconds=60, Retry=[retry | {"MaxAttempts": 1}], Catch=CAUGHT
    )
    execution = world.start(Task=task, Caught=PASS)
    output = world.output(execution)
    assert output["Error"] == "Unfit"
    assert json.loads(output["Cause"])["errorMessage"] == "told to"
    first, second = world.told(execution)
    assert first["token"] != second["token"]


def test_a_token_may_be_answered_before_the_wait_begins(world: World) -> None:
    task = world.task(payload={"answer": "{% true %}", "sleep": "{% 0.5 %}"}, TimeoutSeconds=60)
    assert world.output(world.start(Task=task)) == "at once"


def test_a_wait_ends_with_the_answer_and_what_it_assigns_is_read_later(world: World) -> None:
    task = world.task(
        TimeoutSeconds=60,
        Assign={"said": "{% $states.result.said %}"},
        Output={"also": "{% $states.input.given %}"},
        Next="Told",
        End=False,
    )
    told = {
        "Type": "Pass",
        "End": True,
        "Output": {
            "said": "{% $said %}",
            "input": "{% $states.input %}",
            "id": "{% $states.context.Execution.Id %}",
            "since": "{% $toMillis($states.context.Execution.StartTime) > 0 %}",
        },
    }
    execution = world.start({"given": 1}, Task=task, Told=told)
    world.states.send_task_success(taskToken=world.token(execution), output=json.dumps({"said": "yes"}))
    assert world.output(execution) == {"said": "yes", "input": {"also": 1}, "id": execution, "since": True}


def test_an_answer_that_tells_of_a_failure_is_caught_by_its_name(world: World) -> None:
    catch = [{"ErrorEquals": ["Ended"], "Next": "Caught", "Output": "{% $states.errorOutput %}"}]
    execution = world.start(Task=world.task(TimeoutSeconds=60, Catch=catch), Caught=PASS)
    world.states.send_task_failure(taskToken=world.token(execution), error="Ended", cause="why")
    assert world.output(execution) == {"Error": "Ended", "Cause": "why"}


def test_a_token_that_is_none_or_waits_no_more_is_refused_as_on_aws(world: World) -> None:
    execution = world.start(Task=world.task(TimeoutSeconds=1))
    token = world.token(execution)
    assert world.end(execution)["error"] == "States.Timeout"
    send = world.states.send_task_success
    assert error_of(lambda: send(taskToken=token, output="{}")) == "TaskTimedOut"
    assert error_of(lambda: world.states.send_task_failure(taskToken=token)) == "TaskTimedOut"
    assert error_of(lambda: send(taskToken="none", output="{}")) == "InvalidToken"
    answered = world.start(Task=world.task(TimeoutSeconds=60))
    assert error_of(lambda: send(taskToken=world.token(answered), output="{")) == "InvalidOutput"
    send(taskToken=world.token(answered), output="{}")
    assert error_of(lambda: send(taskToken=world.token(answered), output="{}")) == "TaskTimedOut"


def test_a_stopped_execution_stays_stopped_and_its_token_waits_no_more(world: World) -> None:
    retried = world.task(TimeoutSeconds=60, Retry=[{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}])
    execution = world.start(Task=retried)
    token = world.token(execution)
    world.states.stop_execution(executionArn=execution, error="Enough", cause="seen")
    time.sleep(1.5)
    assert (world.end(execution)["status"], world.end(execution)["error"]) == ("ABORTED", "Enough")
    assert len(world.told(execution)) == 1
    assert error_of(lambda: world.states.send_task_success(taskToken=token, output="{}")) == "TaskTimedOut"


def test_an_execution_ends_with_the_time_of_its_machine(world: World) -> None:
    execution = world.start(Task=world.task(TimeoutSeconds=3600, Catch=CAUGHT), Caught=PASS, TimeoutSeconds=1)
    assert world.end(execution)["status"] == "TIMED_OUT"


def test_parallel_waits_have_tokens_of_their_own(world: World) -> None:
    branch = {"StartAt": "Task", "States": {"Task": world.task(TimeoutSeconds=60)}}
    execution = world.start(Both={"Type": "Parallel", "Branches": [branch, branch], "End": True})
    for attempt in (1, 2):
        token = world.token(execution, attempt)
        world.states.send_task_success(taskToken=token, output=json.dumps(attempt))
    assert sorted(world.output(execution)) == [1, 2]


def test_variables_are_assigned_at_once_and_every_state_has_its_output(world: World) -> None:
    """As on AWS, an expression of Assign reads what the variables were before."""
    branch = {"StartAt": "Say", "States": {"Say": {"Type": "Pass", "Output": "{% $states.input + $a %}", "End": True}}}
    output = world.output(
        world.start(
            First={"Type": "Pass", "Assign": {"a": 1, "b": 2}, "Next": "Swap"},
            Swap={"Type": "Pass", "Assign": {"a": "{% $b %}", "b": "{% $a %}"}, "Next": "Both"},
            Both={
                "Type": "Parallel",
                "Branches": [branch, branch],
                "Arguments": 10,
                "Assign": {"all": "{% $states.result %}"},
                "Output": {"sum": "{% $sum($states.result) %}"},
                "Next": "End",
            },
            End={
                "Type": "Succeed",
                "Output": {"a": "{% $a %}", "b": "{% $b %}", "all": "{% $all %}", "sum": "{% $states.input.sum %}"},
            },
        )
    )
    assert output == {"a": 2, "b": 1, "all": [12, 12], "sum": 24}


def test_an_execution_that_runs_already_is_the_answer_to_the_same_start(world: World) -> None:
    states = world.states
    first = world.start(Task=world.task(TimeoutSeconds=60))
    machine = states.describe_execution(executionArn=first)["stateMachineArn"]
    named = {"stateMachineArn": machine, "name": "episode"}
    running = states.start_execution(**named, input='{"a": 1}')["executionArn"]
    assert states.start_execution(**named, input='{"a": 1}')["executionArn"] == running
    assert error_of(lambda: states.start_execution(**named, input='{"a": 2}')) == "ExecutionAlreadyExists"
    states.send_task_success(taskToken=world.token(running), output="{}")
    assert world.output(running) == {}
    assert error_of(lambda: states.start_execution(**named, input='{"a": 1}')) == "ExecutionAlreadyExists"


def test_twenty_waiting_executions_cost_no_process_each_and_hold_nobody_up() -> None:
    """Whoever started the embedded AWS may be killed: it then ends by itself, waits of hours or not."""
    code = f"""
import json, sys, time
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from local.aws import EmbeddedAws
from test_states import CODE, World, WAIT
import io, zipfile
with EmbeddedAws.start() as aws:
    seen = aws.folder / "told"
    seen.touch()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("app.py", CODE)
    aws.client("lambda").create_function(FunctionName="told", Runtime="python3.13", Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/told", Code=dict(ZipFile=archive.getvalue()),
        Environment=dict(Variables=dict(SEEN=str(seen))))
    world = World(aws, seen)
    each = dict(StartAt="Task", States=dict(Task=world.task(TimeoutSeconds=36000)))
    map = dict(Type="Map", Items="{{% $states.input.items %}}", ItemProcessor=each, End=True)
    execution = world.start(dict(items=[1, 2]), Map=map)
    machine = world.states.describe_execution(executionArn=execution)["stateMachineArn"]
    running = [execution] + [world.run(machine, dict(items=[1])) for _ in range(19)]
    for one in running:
        world.token(one)
    print(aws._process.process.pid, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        group = int(starter.stdout.readline())
        assert len(processes_of(group)) <= 1 + 2 * (os.cpu_count() or 1)
        starter.kill()
    deadline = time.monotonic() + 10
    while processes_of(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_of(group) == []


def processes_of(group: int) -> list[str]:
    """The living processes of a group."""
    found = subprocess.run(["ps", "-eo", "pgid=,stat="], check=True, capture_output=True, text=True).stdout  # noqa: S607
    return [line for line in found.splitlines() if line.split()[0] == str(group) and "Z" not in line.split()[1]]
