"""The real handlers on an AWS in memory; in one invocation of many the whole SDK runs, up to where the socket would be.

In the others a call ends where the SDK would begin to write it down. The processor time of those that ran whole stands
for them, in proportion to their calls.
"""

import io
import json
import time
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from bench.cost.meter import Meter
from tests.chaos.deployment import handler_of, timeout_of
from tests.chaos.processes import Processes, Running, in_a_world

# template.yaml's default is `observe`, which decides the same.
SETTINGS = {"LOG_LEVEL": "INFO", "POWERTOOLS_METRICS_DISABLED": "false", "BRAKE_LEAST": "3", "BRAKE_PERCENT": "10"}
WHOLE_SDK_OF = 40
ROUND_TRIP_SECONDS = 0.005
# docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html: so much memory has one processor.
_PROCESSOR_MB = 1769
# What Lambda itself writes of an invocation: START, END and REPORT, as text.
LINES_OF_LAMBDA_BYTES = 330


def seconds_of(cpu_seconds: float, calls: float, memory_mb: int) -> float:
    """How long a function runs: its processor time at its share of a processor, and a round trip a call."""
    return cpu_seconds / min(1.0, memory_mb / _PROCESSOR_MB) + calls * ROUND_TRIP_SECONDS


class BrokenError(Exception):
    """A handler raised: its figures would be worth nothing."""


@dataclass(slots=True)
class Took:
    """What the invocations of one way took: `cpu_seconds` and `whole_calls` are of those with the whole SDK alone."""

    invocations: int = 0
    calls: int = 0
    cpu_seconds: float = 0.0
    whole_calls: int = 0
    sent: int = 0
    log_bytes: int = 0
    slept_seconds: float = 0.0

    @property
    def cpu_a_call(self) -> float:
        """Processor seconds for each call to AWS, the handler's own work among them."""
        return self.cpu_seconds / self.whole_calls if self.whole_calls else 0.0


class Size(io.TextIOBase):
    """A log of which only the size is kept."""

    bytes = 0

    def write(self, text: str) -> int:
        """Note how long it is."""
        self.bytes += len(text.encode())
        return len(text)


# Loggers keep the stream they began with, so all worlds of a process write to one.
_LOG = Size()


class Body(io.BytesIO):
    """The body of an answer, as urllib3 streams it."""

    def stream(self, **_: object) -> Iterator[bytes]:
        """All of it."""
        yield self.read()


@dataclass(slots=True)
class World:
    """One run. `appointments` hears of each message to the review; `elsewhere` are the other services' operations."""

    now: datetime
    appointments: Callable[[timedelta], None] = lambda _: None
    meter: Meter = field(default_factory=Meter)
    took: dict[str, Took] = field(default_factory=lambda: defaultdict(Took))
    services: Counter[str] = field(default_factory=Counter)
    whole_sdk_of: int = WHOLE_SDK_OF
    elsewhere: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    log: Size = field(default_factory=lambda: _LOG)
    processes: Processes = field(init=False)
    _number: Iterator[int] = field(default_factory=count)
    _took: Took = field(default_factory=Took)
    _is_whole: bool = False
    _apart: float = 0.0

    def __post_init__(self) -> None:
        self.processes = Processes(lambda: self.now)

    @contextmanager
    def running(self) -> Iterator[None]:
        """While the functions of this world can be invoked."""
        with in_a_world(self._call, lambda: self.now, self._sleep, SETTINGS), redirect_stdout(self.log):
            yield

    def invoke(self, function: str, event: Mapping[str, Any], way: str = "") -> int:
        """Run a function now; the calls it made. Raises BrokenError."""
        took = self._took = self.took[way or function]
        self._is_whole, self._apart = took.invocations % self.whole_sdk_of == 0, 0.0
        calls, log = took.calls, self.log.bytes
        until = self.now + timeout_of(function)
        run = Running(f"{next(self._number)}", function, event, self.now, until, timedelta())
        handler, began = handler_of(function), time.process_time()
        answer = self.processes.run(handler, run)
        cpu = time.process_time() - began - self._apart
        if answer is None or answer.get("batchItemFailures"):
            raise BrokenError(function, run.trouble, answer)
        took.invocations += 1
        took.log_bytes += self.log.bytes - log + LINES_OF_LAMBDA_BYTES
        if self._is_whole:
            took.cpu_seconds += cpu
            took.whole_calls += took.calls - calls
        return took.calls - calls

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self._took.slept_seconds += seconds

    def _call(self, service: str, operation: str, asked: Mapping[str, Any]) -> Any:
        self._took.calls += 1
        self.services[service] += 1
        if not self._is_whole or service not in _OF_JSON:
            return self._made(service, operation, asked)
        client = _with_sdk(service, self)
        client.asked = operation, asked
        return client._make_api_call(operation, asked)  # noqa: SLF001 - the method that the SDK's own methods call

    def _made(self, service: str, operation: str, asked: Mapping[str, Any]) -> Any:
        began = time.process_time()
        try:
            if service == "dynamodb":
                return self.meter.call(operation, asked)
            if service == "sqs":
                self.appointments(timedelta(seconds=asked["DelaySeconds"]))
                return {"MessageId": "appointment"}
            return (self.elsewhere.get(operation) or _ELSEWHERE[operation])(asked)
        finally:
            self._apart += time.process_time() - began

    def answer(self, service: str, operation: str, asked: Mapping[str, Any]) -> tuple[int, bytes]:
        """What would come over the wire."""
        self._took.sent += 1
        try:
            return 200, json.dumps(self._made(service, operation, asked), default=_wire).encode()
        except ClientError as error:
            body = {"__type": f"com.amazonaws#{error.response['Error']['Code']}", **error.response}
            return 400, json.dumps(body, default=_wire).encode()


def _tenant(asked: Mapping[str, Any]) -> dict[str, Any]:
    name = asked["TenantName"]
    return {"Tenant": {"TenantName": name, "TenantArn": f"arn:aws:ses:us-east-1:1:tenant/{name}/t", "Tags": []}}


_ELSEWHERE: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "GetTenant": _tenant,
    "ListResourceTenants": lambda _: {"ResourceTenants": []},
    "Invoke": lambda _: {},
}
# CloudWatch answers in CBOR, and is asked a few times an hour.
_OF_JSON = frozenset({"dynamodb", "sqs", "sesv2"})
_WORLDS: dict[str, World] = {}


def _with_sdk(service: str, world: World) -> Any:
    _WORLDS[service] = world
    return _client(service)


@cache
def _client(service: str) -> Any:
    connect: Any = boto3.client
    client = connect(service, region_name="us-east-1")

    def answer(request: Any, **_: object) -> AWSResponse:
        status, body = _WORLDS[service].answer(service, *client.asked)
        return AWSResponse(request.url, status, HTTPHeaders(), Body(body))

    client.meta.events.register("before-send", answer)
    return client


def _wire(value: Any) -> Any:
    return b64encode(value).decode() if isinstance(value, bytes) else sorted(value)
