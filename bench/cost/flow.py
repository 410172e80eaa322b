"""The mail path in virtual time: how messages and stream records fall into batches, and what each batch costs.

A source is how sends reach `ingest`, and in what batches: here the queue and event source mapping of template.yaml.
Batches end after a stated time a call, not a measured one, so that all but processor seconds is the same on each
machine.
"""

import heapq
import json
import zlib
from base64 import b64encode
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bench.cost.prices import EVENTS, REQUESTS_OF_SQS, Usage
from bench.cost.world import ROUND_TRIP_SECONDS, World
from bench.load.mails import Message, moment
from tests.aws.tables import COUNTS
from tests.chaos.deployment import queues, sources
from tests.chaos.streams import Source
from tests.chaos.tables import Item
from tests.template.patterns import matches

# Of a call with the SDK at Lambda's share of a processor, for the packing alone.
_PROCESSOR_SECONDS = 0.001
# docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: the request of an invocation.
PAYLOAD_BYTES = 6 * 2**20
# docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html
_MESSAGES_A_REQUEST = 10
_CHUNK_BYTES = 64 * 1024
# The rest of a record: ids, the receipt handle, hashes, attributes, ARNs.
_RECORD_BYTES = 950
# Lambda asks each shard four times a second; a new table on demand has four partitions, and as many shards.
_POLL_SECONDS, _SHARDS = 0.25, 4
# Feedback's pollers as Lambda begins (bench.load); sends are given all the functions they need, and those are counted.
_FEEDBACK_AT_ONCE = 5


@dataclass(slots=True)
class Line:
    """What waits for one hand of Lambda: up to `batch` records or a whole payload, or what there is after `window`."""

    way: str
    function: str
    batch: int
    window: float
    at_once: float = float("inf")
    waiting: deque[tuple[float, Any, int]] = field(default_factory=deque)
    waiting_bytes: int = 0
    busy: int = 0

    def put(self, at: float, what: Any, size: int) -> None:
        """Add what arrives."""
        self.waiting.append((at, what, size))
        self.waiting_bytes += size

    def ready_at(self, now: float) -> float:
        """When the next batch is taken, if nothing else comes."""
        if not self.waiting or self.busy >= self.at_once:
            return float("inf")
        is_full = len(self.waiting) >= self.batch or self.waiting_bytes >= PAYLOAD_BYTES
        return now if is_full else max(now, self.waiting[0][0] + self.window)

    def take(self) -> list[Any]:
        """The next batch."""
        taken: list[Any] = []
        size = 0
        while self.waiting and len(taken) < self.batch and size + self.waiting[0][2] <= PAYLOAD_BYTES:
            _, what, its = self.waiting.popleft()
            taken.append(what)
            size += its
        self.waiting_bytes -= size
        return taken


_APPOINTMENT = Message(0.0, "appointment", is_feedback=False, body='{"wake": "review"}')


def requests_of_sqs(batch: int) -> int:
    """To receive a batch, and to delete it, where each request carries all it can."""
    return 2 * -(-batch // _MESSAGES_A_REQUEST)


@dataclass(slots=True)
class Flow:
    """One stretch of mail. `records`: how many came by each way; `seconds`: how long its functions were busy."""

    world: World
    usage: Usage = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    now: float = 0.0
    _ends: list[tuple[float, int, Line]] = field(default_factory=list)
    _later: list[tuple[float, int]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)
    _wakes: dict[tuple[str, str], bool] = field(default_factory=dict)

    def run(self, messages: Iterator[Message]) -> None:
        """Until everything is counted and judged."""
        rules = queues()
        sends, feedback, visits = (
            Line(way, rules[name].function, rules[name].batch_size, rules[name].window.total_seconds(), at_once)
            for way, name, at_once in (
                ("ingest of sends", "SendsQueue", float("inf")),
                ("ingest of feedback", "FeedbackQueue", _FEEDBACK_AT_ONCE),
                ("review", "AppointmentsQueue", 1),
            )
        )
        source = next(each for each in sources() if each.table == COUNTS)
        lanes = [
            Line("evaluate", source.function, source.batch_size, _POLL_SECONDS, 1)
            for _ in range(_SHARDS * source.lanes)
        ]
        self.world.meter.tables.heard.append(lambda *write: self._hear(source, lanes, *write))
        self.world.appointments = lambda after: heapq.heappush(
            self._later, (self.now + after.total_seconds(), next(self._order))
        )
        self._play(messages, sends, feedback, visits, [sends, feedback, visits, *lanes])

    def _play(self, messages: Iterator[Message], sends: Line, feedback: Line, visits: Line, lines: list[Line]) -> None:
        following = next(messages, None)
        while following or self._ends or self._later or any(line.waiting for line in lines):
            arrival = following.at if following else float("inf")
            later = self._later[0][0] if self._later else float("inf")
            ends = self._ends[0][0] if self._ends else float("inf")
            waiting = [(line.ready_at(self.now), number) for number, line in enumerate(lines) if line.waiting]
            ready, first = min(waiting, default=(float("inf"), 0))
            self.now = min(arrival, later, ends, ready)
            if ends <= self.now:
                heapq.heappop(self._ends)[2].busy -= 1
            elif following and arrival <= self.now:
                (feedback if following.is_feedback else sends).put(self.now, following, self._arrived(following))
                following = next(messages, None)
            elif later <= self.now:
                heapq.heappop(self._later)
                visits.put(self.now, _APPOINTMENT, _RECORD_BYTES)
            else:
                self._hand_over(lines[first])

    def _arrived(self, message: Message) -> int:
        self.usage[EVENTS] += 1
        self.usage[REQUESTS_OF_SQS] += -(-len(message.body) // _CHUNK_BYTES)
        # Text within text: quotation marks and backslashes take one byte more.
        return len(message.body) + message.body.count('"') + message.body.count("\\") + _RECORD_BYTES

    def _hand_over(self, line: Line) -> None:
        batch = line.take()
        if line.function != "evaluate":
            self.usage[REQUESTS_OF_SQS] += requests_of_sqs(len(batch))
            batch = [_record(each) for each in batch]
        self.records[line.way] += len(batch)
        line.busy += 1
        self.world.now = moment(self.now)
        calls = self.world.invoke(line.function, {"Records": batch}, line.way)
        took = calls * (ROUND_TRIP_SECONDS + _PROCESSOR_SECONDS)
        heapq.heappush(self._ends, (self.now + took, next(self._order), line))

    def _hear(self, source: Source, lanes: list[Line], table: str, before: Item, after: Item) -> None:
        if table != source.table or not after:
            return
        name, partition = "MODIFY" if before else "INSERT", after["pk"]["S"]
        keys = {each: after[each] for each in ("pk", "sk")}
        if (name, partition) not in self._wakes:
            event = {"eventName": name, "dynamodb": {"Keys": keys}}
            self._wakes[name, partition] = matches(dict(source.pattern), event)
        if not self._wakes[name, partition]:
            return
        record = json.loads(json.dumps({"dynamodb": {"Keys": keys, "NewImage": after}}, default=_text))
        lane = zlib.crc32(partition.encode()) % len(lanes)
        lanes[lane].put(self.now, record, len(str(record)))


def _text(value: Any) -> str:
    return b64encode(value).decode()


def _record(message: Message) -> Mapping[str, Any]:
    sent = f"{moment(message.at).timestamp() * 1000:.0f}"
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": sent}
    return {"messageId": message.ident, "body": message.body, "attributes": attributes}
