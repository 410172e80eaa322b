"""A deployment of the guard in virtual time: the real handlers on an AWS in memory, with faults at every call."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count as numbers
from typing import Any

from tests.aws.tables import BOOK
from tests.chaos.aws import Buses, Rule, Secrets, Topics, error_of
from tests.chaos.counting import Truth
from tests.chaos.deployment import Way, handler_of, most_at_once, queues, sources, timeout_of, ways
from tests.chaos.faults import Fault, Faults, Point
from tests.chaos.machine import Machine
from tests.chaos.processes import Processes, Running
from tests.chaos.queues import BusyError, Queue
from tests.chaos.ses import Ses, arn_of
from tests.chaos.streams import Stream
from tests.chaos.tables import BRAKE, Tables, brake_read
from tests.fakes.crashes import CrashError

BEGAN = datetime(2026, 11, 24, 8, tzinfo=UTC)
# More than the story comes to: a small account is allowed fewer.
UNBRAKED = 100
_SES = "sesv2"
_SECONDS_OF_A_CALL = {_SES: 0.3}
_LOOKS_AHEAD = timedelta(seconds=30)
_MOST_OVERTAKEN = 2
_MOST_SECONDS = 5
# What was read before a transaction may have changed by then: that is where two meet.
_OFTEN = 4
_LAG_SECONDS = 3.0
_COMMAND_LASTS = timedelta(minutes=5)


@dataclass(slots=True)
class World:
    """One run. `brake`: so many tenants the guard may pause in an hour.

    `races`: the first pause that has counted itself at the brake has to wait until another one has written itself down.
    `met_at_brake`: how often a pause found there that another had been quicker.
    `at` and `pass_time` are the clock; what is due is done in its order.
    """

    faults: Faults
    brake: int = UNBRAKED
    races: bool = False
    met_at_brake: int = 0
    now: datetime = BEGAN
    tables: Tables = field(init=False)
    ses: Ses = field(init=False)
    buses: Buses = field(init=False)
    topics: Topics = field(default_factory=Topics)
    secrets: Secrets = field(default_factory=Secrets)
    machine: Machine = field(init=False)
    queues: dict[str, Queue] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)
    processes: Processes = field(init=False)
    truth: Truth = field(default_factory=Truth)
    _agenda: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: Any = field(default_factory=numbers)

    def __post_init__(self) -> None:
        self.processes = Processes(self.clock)
        self.tables = Tables(self._seconds)
        self.ses = Ses(self.clock, self._ses_says)
        self.ses.by, self.ses.lags = self._who_calls, lambda: self.faults.happens(Fault.SES_LAGS)
        self.ses.forgets = lambda: self.faults.happens(Fault.LIST_EXPIRED)
        self.ses.refused = lambda: self.faults.note(Fault.SES_REFUSES)
        self.buses = Buses(self.clock)
        self.machine = Machine(self.faults, self.clock, self.at, self.run, self._machine_says)
        for name, rules in queues().items():
            self.queues[name] = Queue(name, rules, self.faults, self.clock, self.at, self.run)
        for source in sources():
            stream = Stream(source, self.faults, self.clock, self.at, self.run)
            self.streams[source.function] = stream
            self.tables.heard.append(stream.hear)
        self.buses.rules += [Rule(way.bus, way.pattern, self._target(way)) for way in ways()]

    @property
    def settings(self) -> dict[str, str]:
        """What the functions of this deployment are told besides."""
        return {"BRAKE_LEAST": str(self.brake)}

    def _seconds(self) -> float:
        return self.now.timestamp()

    def clock(self) -> datetime:
        """The world's own clock."""
        return self.now

    def clock_of_functions(self) -> datetime:
        """The clock of the machine that the present run is on."""
        skew = self.processes.running.skew if self.processes.stack else timedelta()
        return self.now + skew

    def at(self, moment: datetime, action: Callable[[], None]) -> None:
        """Have something done at a moment."""
        heapq.heappush(self._agenda, (moment, next(self._numbers), action))

    def sleep(self, seconds: float) -> None:
        """Time passes within a call."""
        self.now += timedelta(seconds=seconds)

    def pass_time(self, **length: float) -> None:
        """Do all that is due until then."""
        end = self.now + timedelta(**length)
        while self._agenda and self._agenda[0][0] <= end:
            self._do_next()
        self.now = max(self.now, end)

    def _do_next(self) -> None:
        moment, _, action = heapq.heappop(self._agenda)
        self.now = max(self.now, moment)
        action()

    def run(self, function: str, event: Any) -> Any:
        """Run a function; None where it failed. Raises `BusyError` where it has no concurrency left."""
        if sum(each.function == function for each in self.processes.stack) >= most_at_once(function):
            raise BusyError
        skew = timedelta()
        if self.faults.happens(Fault.CLOCK_SKEWED):
            skew = timedelta(seconds=self.faults.chance.uniform(-2, 2))
        if self.faults.happens(Fault.COLD_START, 0.2):
            self.processes.forget(function)
        run = self._running(function, event, timeout_of(function), skew)
        answer = self.processes.run(handler_of(function), run)
        self.truth.ended(run, answer)
        return answer

    def _running(self, function: str, event: Any, lasts: timedelta, skew: timedelta = timedelta()) -> Running:
        return Running(f"{function}:{next(self._numbers)}", function, event, self.now, self.now + lasts, skew)

    def command(self, name: str, command: Callable[[Any, Any], Any], said: Any) -> Any:
        """A person's command: it fails and is overtaken like a function; None where it did not end well."""
        return self.processes.run(command, self._running(name, said, _COMMAND_LASTS))

    def invoke(self, function: str, event: Any, retries: int = 1) -> None:
        """Invoke a function asynchronously: it is tried again, and then given up."""

        def attempt(left: int) -> None:
            try:
                failed = self.run(function, event) is None
            except BusyError:
                self.at(self.now + timedelta(seconds=5), lambda: attempt(left))
                return
            if failed and left:
                self.at(self.now + timedelta(minutes=1), lambda: attempt(left - 1))

        if self.faults.happens(Fault.WAKE_UP_LOST):
            return
        for _ in range(2 if self.faults.happens(Fault.DELIVERED_AGAIN, 0.3) else 1):
            self.at(self.now + timedelta(seconds=self.faults.chance.uniform(0.05, 1)), lambda: attempt(retries))

    def call(self, service: str, operation: str, asked: Mapping[str, Any]) -> Any:
        """A call to AWS by the present run: whatever can happen to it. Who looks from outside is always answered."""
        if not self.processes.stack:
            return self.tables.call(operation, asked)
        run = self.processes.running
        if run.is_dead:
            raise CrashError  # a `finally` of a process that is gone does nothing
        run.calls += 1
        self.sleep(_SECONDS_OF_A_CALL.get(service, 0.01))
        self._be_overtaken(_OFTEN if operation == "TransactWriteItems" else 1)
        self._meet_at_the_brake(brake_read(asked))
        if self.now >= run.until:
            self.faults.note(Fault.TIMED_OUT)
            run.trouble = Fault.TIMED_OUT
            raise self._died(run)
        point = Point(run.function, run.calls, service, operation, asked)
        fault = self.faults.at(point)
        if fault:
            run.trouble = fault
        return self._with(fault, point)

    def _with(self, fault: Fault | None, point: Point) -> Any:
        if fault in {None, Fault.INDEX_LAGS}:
            return self._make(point, fault)
        if fault is Fault.NOT_TAKEN:
            return Buses.not_taken(point.asked)
        if fault in {Fault.CRASH_AFTER, Fault.UNANSWERED, Fault.MADE_TWICE}:
            answer = self._make(point)
        if fault is Fault.MADE_TWICE:
            # A transaction carries a token, and is made once all the same.
            return answer if point.operation == "TransactWriteItems" else self._make(point, fault)
        if fault in {Fault.CRASH_BEFORE, Fault.CRASH_AFTER}:
            raise self._died(self.processes.running)
        if fault in {Fault.NOT_MADE, Fault.UNANSWERED}:
            self.sleep(self.faults.chance.uniform(2, 12))
        raise error_of(fault or Fault.SERVER_ERROR, point)

    @staticmethod
    def _died(run: Running) -> CrashError:
        run.is_dead = True
        return CrashError()

    def _make(self, point: Point, fault: Fault | None = None) -> Any:
        asked, operation = point.asked, point.operation
        match point.service:
            case "dynamodb" if fault is Fault.INDEX_LAGS:
                return self.tables.query(asked, self.now.timestamp() - _LAG_SECONDS)
            case "dynamodb":
                answer = self.tables.call(operation, asked)
                self.truth.written(self.processes.running, point, again=fault is Fault.MADE_TWICE)
                return answer
            case "lambda":
                return self.invoke(asked["FunctionName"], json.loads(asked["Payload"]))
            case "sqs":
                return self.queues[asked["QueueUrl"]].send(
                    asked["MessageBody"], timedelta(seconds=asked["DelaySeconds"])
                )
        services: dict[str, Any] = {
            _SES: self.ses,
            "events": self.buses,
            "sns": self.topics,
            "secretsmanager": self.secrets,
            "stepfunctions": self.machine,
            "cloudwatch": self.truth,
        }
        return services[point.service].call(operation, asked)

    def _be_overtaken(self, times: float) -> None:
        """Other functions run while this one waits for its answer."""
        soon = self.now + _LOOKS_AHEAD
        if len(self.processes.stack) > _MOST_OVERTAKEN or not self._agenda or self._agenda[0][0] > soon:
            return
        if self.faults.happens(Fault.OVERTAKEN, 0.5 * times):
            self._do_next()
            until = self.now + timedelta(seconds=self.faults.chance.uniform(0, _MOST_SECONDS))
            while self._agenda and self._agenda[0][0] <= until:
                self._do_next()

    def _meet_at_the_brake(self, read: int | None) -> None:
        if read is None:
            return
        soon, waits, self.races = self.now + _LOOKS_AHEAD, self.races, False
        while waits and self._brake_is_at() == read and self._agenda and self._agenda[0][0] <= soon:
            self._do_next()
        self.met_at_brake += self._brake_is_at() != read

    def _brake_is_at(self) -> int:
        page = self.tables.item(BOOK, *BRAKE)
        return int(page["revision"]["N"]) if page else 0

    def _target(self, way: Way) -> Callable[[dict[str, Any]], None]:
        if way.target == "EscalationMachine":
            return self._begin
        if way.target == "PagesTopic":
            return lambda event: self.topics.told.append(("PAGES_TOPIC", {"id": event["detail"]["executionArn"]}))
        return lambda event: self.queues[way.target].send(json.dumps(event))

    def _begin(self, event: dict[str, Any]) -> None:
        times = 3 if self.faults.happens(Fault.DELIVERED_AGAIN) else 1
        for _ in range(times):
            late = self.faults.chance.uniform(1, 60) if self.faults.happens(Fault.LATE) else 0.2
            self.at(self.now + timedelta(seconds=late), lambda: self.machine.start(event))

    def _machine_says(self, execution: str, status: str) -> None:
        detail = {"executionArn": execution, "status": status, "stateMachineArn": "EscalationMachine"}
        self._put({"source": "aws.states", "detail-type": "Step Functions Execution Status Change", "detail": detail})

    def _ses_says(self, name: str, origin: str, status: str) -> None:
        if self.faults.happens(Fault.SES_EVENT_LOST):
            return
        event = {
            "source": "aws.ses",
            "detail-type": f"Sending Status {'Disabled' if status == 'DISABLED' else 'Enabled'}",
            "time": self.now.isoformat(),
            "resources": [arn_of(name)],
            "detail": {"version": "1.0.0", "data": {"origin": origin, "record": {"status": status}}},
        }
        late = self.faults.chance.uniform(0.2, 3)
        self.at(self.now + timedelta(seconds=late), lambda: self._put(event))

    def _put(self, event: dict[str, Any]) -> None:
        self.buses.put("default", event)

    def _who_calls(self, tenant: str) -> tuple[str, str]:
        """The run that calls SES, and the decision that made the tenant's standing."""
        record = self.tables.item(BOOK, f"tenant#{tenant}", "tenant")
        decided = record["tenant"]["M"].get("decided", {}).get("S", "") if record else ""
        return self.processes.running.id, decided
