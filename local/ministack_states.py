"""What Step Functions' tasks and waits lean on inside MiniStack, to keep what AWS promises of them."""
# ruff: noqa: SLF001 -- private names are what this module is for

import json
import random
import sys
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import partial
from threading import BoundedSemaphore, Timer
from typing import Any
from uuid import UUID, uuid4

from ministack.core import responses
from ministack.services import stepfunctions

from local.ministack_inside import Record, Response

# AWS's own, for a task without TimeoutSeconds.
_LONGEST_TASK_SECONDS = 99_999_999
_Invocation = Callable[..., Any]


@dataclass(slots=True)
class _Task:
    """A task state that is running, as far as its calls have to know it."""

    state: Record
    given: Any
    execution: Record
    context: Record
    token: str | None = None

    def seconds(self) -> int:
        """Return its TimeoutSeconds, which may be a JSONata expression; what AWS would refuse fails the attempt."""
        if "TimeoutSeconds" not in self.state:
            return _LONGEST_TASK_SECONDS
        read = stepfunctions._jsonata_state_field
        seconds: float = read(self.state, "TimeoutSeconds", "number", self.given, self.context)
        if seconds != int(seconds) or not 0 < seconds <= _LONGEST_TASK_SECONDS:
            cause = f"TimeoutSeconds must be a whole number from 1 to {_LONGEST_TASK_SECONDS}, but was: {seconds}"
            raise stepfunctions._ExecutionError("States.QueryEvaluationError", cause)
        return int(seconds)


_running: ContextVar[_Task] = ContextVar("_running")
_execution_of_token: dict[str, str] = {}


def keep_promises_of_states(functions_at_once: int) -> None:
    """Let Step Functions keep time, fail, retry and stop as on AWS, with so many functions running at once for it."""
    places = BoundedSemaphore(functions_at_once)
    stepfunctions._execute_task = partial(_execute_task, stepfunctions._execute_task)
    stepfunctions._invoke_with_callback = partial(_wait_for_callback, stepfunctions._invoke_with_callback)
    stepfunctions._invoke_resource_with_timeout = partial(
        _invoke_within_time, stepfunctions._invoke_resource_with_timeout
    )
    stepfunctions._call_lambda = partial(_call_function, places, stepfunctions._call_lambda)
    stepfunctions._find_matching_retrier = partial(_find_retrier, stepfunctions._find_matching_retrier)
    stepfunctions._send_task_success = partial(_answer_task, stepfunctions._send_task_success)
    stepfunctions._send_task_failure = partial(_answer_task, stepfunctions._send_task_failure)
    stepfunctions._send_task_heartbeat = partial(_answer_task, stepfunctions._send_task_heartbeat)
    stepfunctions._run_parallel_branches = partial(_run_branches, stepfunctions._run_parallel_branches)
    stepfunctions._apply_output_path = partial(_apply_output, stepfunctions._apply_output_path)
    stepfunctions._apply_state_assign = partial(_assign, stepfunctions._apply_state_assign)
    stepfunctions._start_execution = partial(_start_execution, stepfunctions._start_execution)
    stepfunctions._run_execution = partial(_run_execution, stepfunctions._run_execution)
    stepfunctions._fail_execution = partial(_fail_execution, stepfunctions._fail_execution)
    stepfunctions._stop_execution = partial(_stop_execution, stepfunctions._stop_execution)


def _execute_task(original: _Invocation, state: Record, given: Any, execution: Record, context: Record) -> Any:
    _end_with(execution)
    # MiniStack's parallel branches share one context, and so would their tasks' tokens.
    own = {**context, "State": dict(context["State"])}
    before = _running.set(_Task(state, given, execution, own))
    try:
        return original(state, given, execution, own)
    finally:
        _running.reset(before)


def _wait_for_callback(original: _Invocation, resource: str, payload: Any, token: str, state: Record) -> Any:
    task = _running.get()
    task.token = token
    _execution_of_token[token] = task.execution["executionArn"]
    try:
        return original(resource, payload, token, {**state, "TimeoutSeconds": task.seconds()})
    except stepfunctions._ExecutionError:
        # Each attempt has a token of its own; that of an attempt which failed is of no use to the next.
        task.context["Task"] = {"Token": str(uuid4())}
        raise
    finally:
        del _execution_of_token[token]
        _end_with(task.execution)


def _invoke_within_time(original: _Invocation, resource: str, payload: Any, _: object) -> Any:
    return original(resource, payload, _running.get().seconds())


def _call_function(places: BoundedSemaphore, original: _Invocation, function: str, event: Any) -> Any:
    """Invoke a function; its failure is that of the wait it was to begin, unless it has answered that already."""
    try:
        with places:
            return original(function, event)
    except stepfunctions._ExecutionError as error:
        task = _running.get(None)
        if task and task.token:
            _end_wait(task.token, error.error, error.cause)
        raise


def _end_wait(token: str, error: str, cause: str) -> None:
    wait = stepfunctions._task_tokens.get(token)
    if wait and not wait["event"].is_set():
        wait["error"] = {"Error": error, "Cause": cause}
        wait["event"].set()


def _find_retrier(original: _Invocation, *arguments: Any) -> tuple[Record | None, int]:
    """Return the retrier with the delay that its MaxDelaySeconds and JitterStrategy allow."""
    retrier, index = original(*arguments)
    if retrier is None:
        return None, index
    attempts = arguments[-1].get(index, 0)
    seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** attempts
    seconds = min(seconds, retrier.get("MaxDelaySeconds", seconds))
    if retrier.get("JitterStrategy") == "FULL":
        seconds = random.uniform(0, seconds)
    return {**retrier, "IntervalSeconds": seconds, "BackoffRate": 1.0}, index


def _answer_task(original: _Invocation, data: Record) -> Response:
    """Answer SendTaskSuccess and its like, with AWS's errors for a token that is none or waits no more."""
    token = str(data.get("taskToken", ""))
    wait = stepfunctions._task_tokens.get(token)
    if not _is_token(token):
        return _refuse("InvalidToken", "Invalid Token: 'Invalid token'")
    if wait is None or wait["event"].is_set():
        return _refuse("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    if "output" in data and not _is_json(data["output"]):
        return _refuse("InvalidOutput", "Invalid Output: 'The output is not valid JSON'")
    answer: Response = original(data)
    return answer


def _refuse(code: str, message: str) -> Response:
    response: Response = responses.error_response_json(code, message, 400)
    return response


def _is_token(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _run_branches(original: _Invocation, state: Record, given: Any, execution: Record, context: Record) -> Any:
    """Run a Parallel state with its Arguments, Output and Assign, which MiniStack reads of other states alone."""
    if not _is_jsonata(state, context):
        return original(state, given, execution, context)
    told = stepfunctions._apply_jsonata_arguments(state, given, context)
    results, following = original(state, told, execution, context)
    output = stepfunctions._apply_jsonata_output(state, given, context, result=results, default=results)
    stepfunctions._apply_state_assign(state, given, context, result=results)
    return output, following


def _apply_output(original: _Invocation, state: Record, given: Any, context: Record | None = None) -> Any:
    if state.get("Type") == "Succeed" and _is_jsonata(state, context):
        return stepfunctions._apply_jsonata_output(state, given, context, default=given)
    return original(state, given, context)


def _is_jsonata(state: Record, context: Record | None) -> bool:
    language: str = stepfunctions._state_query_language(state, context)
    return language == "JSONata"


def _assign(original: _Invocation, state: Record, given: Any, context: Record | None, **results: Any) -> None:
    """Assign all variables at once: as on AWS, each expression reads what they were before."""
    if context is None or not state.get("Assign"):
        return
    before = dict(context["variables"])
    for name, value in state["Assign"].items():
        own = {**context, "variables": dict(before)}
        original({**state, "Assign": {name: value}}, given, own, **results)
        context["variables"] |= {each: told for each, told in own["variables"].items() if each == name}


def _start_execution(original: _Invocation, data: Record) -> Response:
    """Start an execution; one that runs under its name with the same input is the answer, as on AWS."""
    machine = stepfunctions._resolve_state_machine_arn(data.get("stateMachineArn", ""))
    asked = (machine, data.get("name"), data.get("input", "{}"), "RUNNING")
    for each in stepfunctions._executions.values():
        if (each["stateMachineArn"], each["name"], each["input"], each["status"]) == asked:
            running = {"executionArn": each["executionArn"], "startDate": each["startDate"]}
            response: Response = responses.json_response(running)
            return response
    started: Response = original(data)
    return started


def _run_execution(original: _Invocation, execution_arn: str) -> None:
    """Run an execution, no longer than its state machine's own TimeoutSeconds."""
    execution = stepfunctions._executions[execution_arn]
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"]) or {}
    seconds = json.loads(machine.get("definition", "{}")).get("TimeoutSeconds")
    if seconds is None:
        original(execution_arn)
        return
    clock = Timer(seconds, copy_context().run, (_time_out, execution))
    clock.daemon = True
    clock.start()
    try:
        original(execution_arn)
    finally:
        clock.cancel()


def _time_out(execution: Record) -> None:
    if execution["status"] != "RUNNING":
        return
    execution["status"], execution["stopDate"] = "TIMED_OUT", responses.now_iso()
    stepfunctions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
    stepfunctions._emit_execution_status_event(execution)
    _wake(execution)


def _fail_execution(original: _Invocation, execution: Record, error: str, cause: str) -> None:
    # What was stopped or timed out stays so, whatever its thread met afterwards.
    if execution["status"] == "RUNNING":
        original(execution, error, cause)


def _stop_execution(original: _Invocation, data: Record) -> Response:
    answer: Response = original(data)
    execution = stepfunctions._executions.get(data.get("executionArn"))
    if execution and execution["status"] == "ABORTED":
        _wake(execution)
    return answer


def _wake(execution: Record) -> None:
    """End the waits of an execution that is over."""
    for token, execution_arn in list(_execution_of_token.items()):
        if execution_arn == execution["executionArn"]:
            _end_wait(token, "States.Runtime", "The execution is over")


def _end_with(execution: Record) -> None:
    """End this thread, without a word, where its execution is over; no Retry or Catch may see it."""
    if execution["status"] != "RUNNING":
        sys.exit()
