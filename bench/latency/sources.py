"""Queues and streams as Lambda reads them, in virtual time; windows, batches and lanes are the template's."""

import zlib
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Any

from bench.latency.assumed import COMES_AGAIN_SECONDS
from bench.latency.timeline import Timeline
from tests.chaos.queues import Rules
from tests.chaos.streams import Source
from tests.chaos.tables import Item
from tests.template.patterns import matches

Draw = Callable[[str], float]
Invoke = Callable[[str, Any, Callable[[Any], None]], bool]
"""Starts a function with an event, and tells its answer (None where it failed); False where it has no concurrency."""


class Queue:
    """A queue and Lambda's pollers on it."""

    def __init__(self, rules: Rules, pollers: int, timeline: Timeline, draw: Draw, invoke: Invoke) -> None:
        self._rules, self._free = rules, pollers
        self._timeline, self._draw, self._invoke = timeline, draw, invoke
        self._waiting: deque[tuple[float, str, str]] = deque()
        self._numbers = count()

    def put(self, body: str) -> None:
        """Take a message."""
        self._waiting.append((self._timeline.now, f"message-{next(self._numbers)}", body))
        self._look()
        if self._rules.window:
            self._timeline.after(self._rules.window.total_seconds(), self._look)

    def _look(self) -> None:
        """Have a batch taken, if there is one and a poller for it."""
        if not self._waiting or not self._free:
            return
        is_full = len(self._waiting) >= self._rules.batch_size
        if is_full or self._timeline.now - self._waiting[0][0] >= self._rules.window.total_seconds():
            self._free -= 1
            self._timeline.after(self._draw("SQS to Lambda's poller"), self._take)

    def _take(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(self._rules.batch_size, len(self._waiting)))]
        if batch:
            self._hand_over(batch)
        else:
            self._free += 1

    def _hand_over(self, batch: list[tuple[float, str, str]]) -> None:
        records = [{"messageId": ident, "body": body, "attributes": self._attributes(at)} for at, ident, body in batch]
        if not self._invoke(self._rules.function, {"Records": records}, lambda answer: self._done(batch, answer)):
            self._timeline.after(COMES_AGAIN_SECONDS, lambda: self._hand_over(batch))

    def _attributes(self, at: float) -> Mapping[str, str]:
        return {"ApproximateReceiveCount": "1", "SentTimestamp": f"{self._timeline.clock(at).timestamp() * 1000:.0f}"}

    def _done(self, batch: list[tuple[float, str, str]], answer: Any) -> None:
        failed = {each["itemIdentifier"] for each in (answer or {}).get("batchItemFailures", ())}
        for _, ident, body in batch:
            if answer is None or ident in failed:
                self._timeline.after(self._rules.visibility.total_seconds(), partial(self.put, body))
        self._free += 1
        self._look()


class Stream:
    """The stream of a table, of one shard, and the function that it wakes."""

    def __init__(
        self, source: Source, polled: Callable[[], float], timeline: Timeline, draw: Draw, invoke: Invoke
    ) -> None:
        self._source, self._polled = source, polled
        self._timeline, self._draw, self._invoke = timeline, draw, invoke
        self._lanes: list[list[dict[str, Any]]] = [[] for _ in range(source.lanes)]
        self._busy: set[int] = set()

    def hear(self, table: str, before: Item, after: Item) -> None:
        """Take the record of a write, if the filter lets it through."""
        if table != self._source.table or not after:
            return
        keys = {name: after[name] for name in ("pk", "sk")}
        record = {
            "eventName": "MODIFY" if before else "INSERT",
            "dynamodb": {"Keys": keys, "NewImage": _on_the_wire(after)},
        }
        if matches(dict(self._source.pattern), record):
            self._timeline.after(self._draw("record in a stream"), lambda: self._arrive(record))

    def _arrive(self, record: dict[str, Any]) -> None:
        lane = zlib.crc32(record["dynamodb"]["Keys"]["pk"]["S"].encode()) % self._source.lanes
        self._lanes[lane].append(record)
        self._look(lane)

    def _look(self, lane: int) -> None:
        if lane not in self._busy and self._lanes[lane]:
            self._busy.add(lane)
            self._timeline.after(self._polled(), lambda: self._take(lane))

    def _take(self, lane: int) -> None:
        batch = self._lanes[lane][: self._source.batch_size]
        if not self._invoke(self._source.function, {"Records": batch}, lambda answer: self._done(lane, batch, answer)):
            self._timeline.after(COMES_AGAIN_SECONDS, lambda: self._take(lane))

    def _done(self, lane: int, batch: list[dict[str, Any]], answer: Any) -> None:
        if answer is None:
            self._timeline.after(COMES_AGAIN_SECONDS, lambda: self._take(lane))
            return
        del self._lanes[lane][: len(batch)]
        self._busy.discard(lane)
        self._look(lane)


def _on_the_wire(item: Item) -> dict[str, Any]:
    """An image as Lambda hands it over: binaries in base 64."""
    return {
        name: {"BS": [b64encode(each).decode() for each in value["BS"]]} if "BS" in value else value
        for name, value in item.items()
    }
