"""`ingest` with its whole SDK, warm in a process of its own as in Lambda; only the socket to DynamoDB is not there."""

import importlib.util
import io
import multiprocessing
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

HANDLER = Path(__file__).parents[2] / "functions" / "ingest" / "app.py"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nobody",
    "AWS_DEFAULT_REGION": "us-east-1",
    "COUNTS_TABLE": "counts",
    "COUNT_SIMULATOR": "no",
    "POWERTOOLS_METRICS_NAMESPACE": "ReputationGuard",
    "POWERTOOLS_SERVICE_NAME": "load",
    "RECEIVES": "5",
    "RECIPIENT_ADDRESSES": "hashed",
    "STACK_ID": "load",
    "TENANT_TAG": "guard-tenant",
}
# Linux counts in kilobytes, macOS in bytes.
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024

Answer = tuple[int, bytes]
Table = Callable[[str, bytes], Answer | None]
"""Answers an operation with its body; None where the function is killed in the middle of the call."""


class _KilledError(BaseException):
    """The function is gone: nothing of its own may catch this."""


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a batch: the records it gave back (None: it gave no answer), and what it took."""

    given_back: frozenset[str] | None
    cpu_seconds: float
    peak_bytes: int


class Function:
    """The function, started once and handed batch after batch."""

    def __init__(self, table: Table) -> None:
        self._table = table
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self._process.join()

    def invoke(self, event: Mapping[str, Any], now: datetime) -> Run:
        """Hand it a batch at this moment, and answer its calls until it is done."""
        self._pipe.send((event, now))
        while not isinstance(told := self._pipe.recv(), Run):
            self._pipe.send(self._table(*told))
        return told


def _serve(pipe: "Connection[Any, Any]") -> None:
    """Be the function, until nobody invokes it any more."""
    # Its log and its metrics cost their time, and nobody reads them.
    sys.stdout = io.TextIOWrapper(io.FileIO(os.devnull, "w"))
    os.environ |= ENVIRONMENT
    # A batch that was killed has nothing to tell.
    warnings.filterwarnings("ignore", "No application metrics")
    from reputation_guard import wiring  # noqa: PLC0415 - after the environment is there

    specification = importlib.util.spec_from_file_location("ingest", HANDLER)
    assert specification  # noqa: S101 - it is our own file
    assert specification.loader  # noqa: S101
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    moment = datetime.now().astimezone()
    wiring.now = lambda: moment
    _without_socket(wiring.client("dynamodb"), pipe)  # the one place where a socket would be
    for event, moment in _invocations(pipe):  # noqa: B007 - the handler's clock
        began = time.process_time()
        try:
            given_back = frozenset(each["itemIdentifier"] for each in module.handler(event, None)["batchItemFailures"])
        except (_KilledError, Exception):  # noqa: BLE001 - Lambda lets a batch that failed come again, whatever it was
            given_back = None
            # The next one begins anew.
            for made in (wiring.counting, wiring.owners):
                made.cache_clear()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT
        pipe.send(Run(given_back, time.process_time() - began, peak))


def _invocations(pipe: "Connection[Any, Any]") -> Iterator[tuple[dict[str, Any], datetime]]:
    while True:
        try:
            yield pipe.recv()
        except EOFError:
            return


def _without_socket(dynamodb: Any, pipe: "Connection[Any, Any]") -> None:
    """All that the SDK does is done, up to the socket and from there on."""
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415 - where the function imports it
    from botocore.compat import HTTPHeaders  # noqa: PLC0415

    def answer(request: Any, **_: object) -> AWSResponse:
        pipe.send((request.headers["X-Amz-Target"].decode().rpartition(".")[2], request.body))
        answered = pipe.recv()
        if answered is None:
            raise _KilledError
        return AWSResponse(request.url, answered[0], HTTPHeaders(), _Body(answered[1]))

    dynamodb.meta.events.register("before-send.dynamodb", answer)


class _Body(io.BytesIO):
    """The body of an answer, as urllib3 streams it."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()
