"""The guard on an AWS in memory and in virtual time: from an event on the bus to what SES was told."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from botocore.exceptions import ClientError
from botocore.retries.standard import ExponentialBackoff, RetryContext

from bench.latency.assumed import COMES_AGAIN_SECONDS, MEGABYTES_OF_A_PROCESSOR, POLLERS, Assumed
from bench.latency.functions import Functions, Processors
from bench.latency.sources import Queue, Stream
from bench.latency.timeline import Task, Timeline
from tests.chaos.deployment import memory_of, queues, sources, ways
from tests.chaos.processes import connected, real_client
from tests.chaos.ses import DISABLED, Entity, Ses
from tests.chaos.tables import Tables, refusal
from tests.template.patterns import matches
from tests.template.stack import written

FUNCTIONS = ("ingest", "evaluate", "enforce", "mirror", "review")
THROTTLED = "TooManyRequestsException"
_A_MINUTE = 60.0
Told = tuple[float, str]
"""Something that happened, and when."""


class World:
    """One run. `warm`: how many processes of a function wait for work; `trace`: what happened, and when."""

    def __init__(self, assumed: Assumed, processors: Processors, seed: int, warm: Mapping[str, int]) -> None:
        self.timeline, self.chance, self.assumed = Timeline(), random.Random(seed), assumed
        self.tables = Tables(lambda: self.timeline.clock().timestamp())
        self.ses = Ses(self.timeline.clock, self._ses_says)
        self.functions = Functions(self.timeline, self._start, self._cold_start, warm)
        self.functions.began = lambda function: self.note(f"{function} begins")
        self.trace: list[Told] = []
        self.paused: dict[str, float] = {}
        self.throttled = 0
        self.asked: dict[Task, tuple[str, Mapping[str, Any]]] = {}
        self._processors, self._last_of = processors, dict[str, float]()
        self._backoff = ExponentialBackoff(random=self.chance.random)
        self._queues = {
            name: Queue(rules, _pollers(name), self.timeline, self.draw, self.functions.invoke)
            for name, rules in queues().items()
            if rules.function in FUNCTIONS
        }
        for source in sources():
            if source.function in FUNCTIONS:
                stream = Stream(source, self._polled, self.timeline, self.draw, self.functions.invoke)
                self.tables.heard.append(stream.hear)
        self.tables.heard.append(lambda _, __, after: self._written(after))

    def draw(self, what: str) -> float:
        """How long AWS takes for it this time."""
        return self.assumed.delays[what].seconds(self.chance)

    def note(self, what: str) -> None:
        """Note that something happened."""
        self.trace.append((self.timeline.now, what))

    def say(self, event: Mapping[str, Any]) -> None:
        """Put an event on the default bus."""
        for way in _ways():
            if way.bus == "default" and way.target in self._queues and matches(dict(way.pattern), dict(event)):
                body, queue = json.dumps(event), self._queues[way.target]
                self.timeline.after(self.draw("EventBridge to its target"), partial(self._arrive, queue, body))

    def _arrive(self, queue: Queue, body: str) -> None:
        self.note("in its queue")
        queue.put(body)

    def review_every_minute(self) -> None:
        """Wake the review from some moment of the first minute on."""
        self.timeline.after(self.chance.uniform(0, _A_MINUTE), self._review)

    def _review(self) -> None:
        self._invoke_later("review", {})
        self.timeline.after(_A_MINUTE, self._review)

    def know(self, tenants: list[str]) -> None:
        """Have SES know these tenants."""
        self.ses.entities |= {name: Entity() for name in tenants if name not in self.ses.entities}

    def take_over(self, tables: Tables) -> None:
        """Begin with what is in these tables, of which no stream tells."""
        heard, self.tables.heard = self.tables.heard, []
        for table in list(tables.items):
            for item in tables.of(table):
                self.tables.call("PutItem", {"TableName": table, "Item": item})
        self.tables.heard = heard

    @contextmanager
    def at_work(
        self, settings: Mapping[str, str], client: Callable[["World", str], Any] | None = None
    ) -> Iterator[None]:
        """Have the handlers run here, by the SDK's own clients or by those of `client`."""
        with connected(lambda service: (client or _stubbed)(self, service), self.timeline.clock, self.sleep, settings):
            yield

    def sleep(self, seconds: float) -> None:
        """Let time pass within a function."""
        self._wait(seconds, lambda: None)

    def call(self, service: str, operation: str, asked: Mapping[str, Any]) -> Any:
        """A call to AWS by the function that runs, tried again as the SDK's standard mode does."""
        for attempt in range(1, self.assumed.attempts + 1):
            try:
                return self.attempt(service, operation, asked)
            except ClientError as error:
                if error.response["Error"]["Code"] != THROTTLED or attempt == self.assumed.attempts:
                    raise
            self.sleep(self._backoff.delay_amount(RetryContext(attempt_number=attempt)))
        raise AssertionError(attempt)

    def attempt(self, service: str, operation: str, asked: Mapping[str, Any]) -> Any:
        """One request of a call."""
        function = self.functions.current
        ours = self._processors.a_call.get(function, 0.0) / share_of(function)

        def answer() -> Any:
            self.functions.calls[function] += 1
            return self._answer(service, operation, asked)

        return self._wait(ours + self.draw(_what(service, operation)), answer)

    def _wait(self, seconds: float, action: Callable[[], Any]) -> Any:
        task = self.timeline.running
        assert task  # noqa: S101 - only functions call
        return task.wait(seconds, action)

    def _answer(self, service: str, operation: str, asked: Mapping[str, Any]) -> Any:
        match service:
            case "dynamodb":
                return self.tables.call(operation, asked)
            case "sesv2":
                return self._ses_answers(operation, asked)
            case "sqs":
                body, queue = asked["MessageBody"], self._queues[asked["QueueUrl"]]
                self.timeline.after(asked["DelaySeconds"], lambda: queue.put(body))
                return {}
            case "lambda":
                self._invoke_later(asked["FunctionName"], json.loads(asked["Payload"]))
                return {}
            case "events":
                return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in asked["Entries"]]}
        raise LookupError(f"nobody plays {service} here: {operation}")

    def _ses_answers(self, operation: str, asked: Mapping[str, Any]) -> Any:
        last, now = self._last_of.get(operation), self.timeline.now
        if last is not None and now - last < self.assumed.pace:
            self.throttled += 1
            raise refusal(operation, THROTTLED, 429)
        self._last_of[operation] = now
        return self.ses.call(operation, asked)

    def _ses_says(self, name: str, origin: str, status: str) -> None:
        if status == DISABLED and name not in self.paused:
            self.paused[name] = self.timeline.now
            self.note("paused")
        self.say(
            {
                "source": "aws.ses",
                "detail-type": f"Sending Status {'Disabled' if status == DISABLED else 'Enabled'}",
                "time": self.timeline.clock().isoformat(),
                "resources": [f"arn:aws:ses:us-east-1:123456789012:tenant/{name}/tn-{name}"],
                "detail": {"version": "1.0.0", "data": {"origin": origin, "record": {"status": status}}},
            }
        )

    def _invoke_later(self, function: str, event: Any) -> None:
        """An asynchronous invocation, which waits for a free function."""

        def start() -> None:
            if not self.functions.invoke(function, event, lambda _: None):
                self.timeline.after(COMES_AGAIN_SECONDS, start)

        self.timeline.after(self.draw("start of an asynchronous one"), start)

    def _start(self, _: str) -> float:
        """How long an invocation waits for a function that is warm."""
        return self.draw("start of a warm function")

    def _cold_start(self, function: str) -> float:
        """How long it waits for a new one; what its first invocation takes longer is in it."""
        own = self._processors.imports.get(function, 0.0) + self._processors.first.get(function, 0.0)
        return self._start(function) + self.draw("start of a new environment") + own / share_of(function)

    def _polled(self) -> float:
        return self.chance.uniform(0, self.assumed.polled_every)

    def _written(self, after: Mapping[str, Any]) -> None:
        key = after.get("pk", {}).get("S", "")
        if key.startswith("feedback#"):
            self.note("feedback is counted")
        elif key.startswith("tenant#") and after.get("todo", {}).get("S") == "enforce" and "attempted_at" not in after:
            self.note("a pause is decided")


def share_of(function: str) -> float:
    """A function's share of a processor."""
    return memory_of(function) / MEGABYTES_OF_A_PROCESSOR


def _what(service: str, operation: str) -> str:
    if operation == "TransactWriteItems":
        return "DynamoDB's transaction"
    return {"dynamodb": "DynamoDB", "sesv2": "SES"}.get(service, "another service")


@cache
def _ways() -> list[Any]:
    return ways()


@cache
def _pollers(queue: str) -> int:
    """How many batches of a queue Lambda takes at once."""
    for resource in written()["Resources"].values():
        for event in resource["Properties"].get("Events", {}).values() if "Properties" in resource else ():
            if event.get("Type") == "SQS" and event["Properties"]["Queue"] == {"Fn::GetAtt": [queue, "Arn"]}:
                most = event["Properties"].get("ScalingConfig", {}).get("MaximumConcurrency", POLLERS)
                return min(POLLERS, int(most))
    return POLLERS


def _stubbed(world: World, service: str) -> Any:
    """The SDK's client, without what it does between a call and the socket."""
    client = real_client(service)
    client._make_api_call = lambda operation, asked: world.call(service, operation, asked)  # noqa: SLF001
    return client
