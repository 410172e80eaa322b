"""The escalation's state machine in virtual time: claim, look, wait for a signal or the clock, look again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tests.chaos.faults import Fault, Faults
from tests.chaos.queues import At, Run
from tests.chaos.tables import refusal

_MOST_RETRIES = 20
KILLED = "killed"
_STATUS = {"": "RUNNING", "FAILED": "FAILED", KILLED: "ABORTED"}


@dataclass(slots=True)
class Execution:
    """One execution. `incident` is "" until it claimed one; `ended` says how it ended."""

    id: str
    case: Mapping[str, Any]
    incident: str = ""
    token: str = ""
    ended: str = ""
    tokens: int = 0


@dataclass(slots=True)
class Machine:
    """All executions. `run` invokes a function and returns its answer, None where it failed."""

    faults: Faults
    clock: Callable[[], datetime]
    at: At
    run: Run
    says: Callable[[str, str], None]
    executions: list[Execution] = field(default_factory=list)
    waiting: dict[str, Execution] = field(default_factory=dict)

    def start(self, event: Mapping[str, Any]) -> None:
        """Begin an execution."""
        execution = Execution(f"arn:execution:{len(self.executions) + 1}", event)
        self.executions.append(execution)
        self._step(execution, lambda: self._claim(execution))

    def call(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """`SendTaskSuccess` and `DescribeExecution`."""
        if operation == "DescribeExecution":
            return self._described(asked["executionArn"])
        execution = self.waiting.pop(asked["taskToken"], None)
        if execution is None:
            raise refusal(operation, "TaskTimedOut")
        execution.token = ""
        self._step(execution, lambda: self._look(execution))
        return {}

    def _described(self, arn: str) -> dict[str, Any]:
        for each in self.executions:
            if each.id == arn:
                return {"executionArn": arn, "status": _STATUS.get(each.ended, "SUCCEEDED")}
        raise refusal("DescribeExecution", "ExecutionDoesNotExist")

    def running(self) -> list[Execution]:
        """The executions that go on."""
        return [each for each in self.executions if not each.ended]

    def _step(self, execution: Execution, step: Callable[[], bool], retries: int = 0) -> None:
        def attempt() -> None:
            if not execution.ended and self._is_killed(execution):
                self._kill(execution)
            if execution.ended or step():
                return
            if retries == _MOST_RETRIES:
                execution.ended = "FAILED"
            else:
                self._step(execution, step, retries + 1)

        self.at(self.clock() + timedelta(seconds=0.2 if not retries else min(2.0**retries, 60)), attempt)

    def _is_killed(self, execution: Execution) -> bool:
        if execution.incident:
            return self.faults.happens(Fault.EXECUTION_KILLED, 0.3)
        return self.faults.kills_before_claim(execution.case["detail-type"])

    def redrive(self, wanted: Callable[[Mapping[str, Any]], bool]) -> None:
        """Do what the page about an execution says, where it was killed before it claimed a case that is `wanted`."""
        for each in self.executions:
            if each.ended == KILLED and not each.incident and wanted(each.case):
                each.ended = ""
                self._step(each, partial(self._claim, each))

    def _kill(self, execution: Execution) -> None:
        """A person, or a quota of the service, ends it whatever it is doing."""
        self.waiting.pop(execution.token, None)
        execution.token = ""
        execution.ended = KILLED
        self.says(execution.id, "ABORTED")

    def _kill_in_time(self, execution: Execution) -> None:
        if self.faults.is_on and not execution.ended:
            self.faults.note(Fault.EXECUTION_KILLED)
            self._kill(execution)

    def _claim(self, execution: Execution) -> bool:
        asked = {"step": "claim", "execution": execution.id, "event": execution.case}
        answer = self.run("escalate", asked)
        if answer is None:
            return False
        if answer["ours"]:
            execution.incident = answer["incident"]
            self._step(execution, lambda: self._look(execution))
        else:
            execution.ended = "another has it"
        return True

    def _look(self, execution: Execution) -> bool:
        answer = self.run("escalate", {"step": "look", "incident": execution.incident})
        if answer is None:
            return False
        if answer["goes_on"]:
            self._step(execution, lambda: self._wait(execution, answer))
        else:
            execution.ended = "closed"
        return True

    def _wait(self, execution: Execution, found: Mapping[str, Any]) -> bool:
        execution.tokens += 1
        token = execution.token = f"{execution.id}:{execution.tokens}"
        self.waiting[token] = execution
        self.at(self.clock() + timedelta(seconds=found["wait_seconds"]), lambda: self._time_is_up(token))
        if self.faults.is_on and self.faults.chance.random() < self.faults.deliveries:
            late = timedelta(seconds=self.faults.chance.uniform(0, found["wait_seconds"]))
            self.at(self.clock() + late, lambda: self._kill_in_time(execution))
        asked = {"step": "wait", "incident": execution.incident, "revision": found["revision"], "token": token}
        if self.run("escalate", asked) is not None or token not in self.waiting:
            return True
        del self.waiting[token]
        return False

    def _time_is_up(self, token: str) -> None:
        if execution := self.waiting.pop(token, None):
            execution.token = ""
            self._step(execution, lambda: self._look(execution))
