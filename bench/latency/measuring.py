"""What the functions take of a processor: the handlers with their whole SDK, and an AWS where the socket would be."""

import io
import json
import subprocess
import sys
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from bench.latency.functions import Processors
from bench.latency.trial import ONE, play
from bench.latency.world import World

_COLD = ("ingest", "evaluate", "enforce")
_RUNS = 60
_CLIENTS: dict[str, "_Client"] = {}


def measured() -> Processors:
    """Measure all of it on this machine."""
    cpu, calls = defaultdict[str, float](float), Counter[str]()
    play(ONE, 0, whole_sdk)
    for seed in range(_RUNS):
        functions = play(ONE, seed, whole_sdk).world.functions
        calls += functions.calls
        for function, seconds in functions.cpu.items():
            cpu[function] += seconds
    cold = {function: _cold(function) for function in _COLD}
    return Processors(
        a_call={function: cpu[function] / calls[function] for function in cpu},
        imports={function: found["imports"] for function, found in cold.items()},
        first={function: found["first"] for function, found in cold.items()},
    )


def _cold(function: str) -> Mapping[str, float]:
    """In a process of its own; everything is compiled by now."""
    command = (sys.executable, "-m", "bench.latency.cold", function)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own words
    found: Mapping[str, float] = json.loads(said.splitlines()[-1])
    return found


def whole_sdk(world: World, service: str) -> Any:
    """A client that does all the SDK does, up to the socket and from there on."""
    if service not in _CLIENTS:
        _CLIENTS[service] = _Client(service)
    _CLIENTS[service].world = world
    return _CLIENTS[service].client


class _Client:
    """One client for all runs: making one takes longer than a run. It asks for one thing at a time in each of them."""

    def __init__(self, service: str) -> None:
        connect: Any = boto3.client
        self.client = connect(service, region_name="us-east-1")
        self.world: World | None = None
        self._service = service
        self.client.meta.events.register(f"before-parameter-build.{service}", self._keep, unique_id="latency")
        self.client.meta.events.register(f"before-send.{service}", self._answer)

    def _keep(self, params: Any, model: Any, **_: object) -> None:
        # The serializer gets a copy: what was asked for is needed as it was.
        assert self.world  # noqa: S101 - it is set before the client is handed out
        assert self.world.timeline.running  # noqa: S101 - only functions call
        self.world.asked[self.world.timeline.running] = (model.name, dict(params))

    def _answer(self, request: Any, **_: object) -> AWSResponse:
        assert self.world  # noqa: S101
        assert self.world.timeline.running  # noqa: S101
        operation, asked = self.world.asked[self.world.timeline.running]
        try:
            found = self.world.attempt(self._service, operation, asked)
        except ClientError as error:
            status, headers = error.response["ResponseMetadata"]["HTTPStatusCode"], HTTPHeaders()
            headers["x-amzn-ErrorType"] = error.response["Error"]["Code"]
            reasons = error.response.get("CancellationReasons")
            body = {"__type": error.response["Error"]["Code"], "CancellationReasons": reasons}
            return AWSResponse(request.url, status, headers, _Body(json.dumps(body).encode()))
        return AWSResponse(
            request.url, 200, HTTPHeaders(), _Body(json.dumps(found or {}, default=_on_the_wire).encode())
        )


def _on_the_wire(value: object) -> object:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(value)


class _Body(io.BytesIO):
    """The body of an answer, as urllib3 streams it."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()
