"""The streams of the tables as Lambda reads them: in order within a lane, retried, bisected, and given up at last."""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.chaos.faults import Fault, Faults
from tests.chaos.queues import At, BusyError, Run
from tests.chaos.tables import Item
from tests.template.patterns import matches


@dataclass(frozen=True, slots=True)
class Source:
    """What the template says of an event source on a stream."""

    function: str
    table: str
    pattern: Mapping[str, Any]
    lanes: int
    batch_size: int
    most_retries: int


@dataclass(slots=True)
class Stream:
    """One table's stream and the function it wakes. `failed`: the records it was given up on, by reference."""

    source: Source
    faults: Faults
    clock: Callable[[], datetime]
    at: At
    run: Run
    lanes: list[list[dict[str, Any]]] = field(default_factory=list)
    busy: set[int] = field(default_factory=set)
    failed: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lanes = [[] for _ in range(self.source.lanes)]

    def hear(self, table: str, before: Item, after: Item) -> None:
        """Take a record of a write, if the filter lets it through."""
        if table != self.source.table or not after:
            return
        keys = {name: after[name] for name in ("pk", "sk")}
        record = {
            "eventName": "MODIFY" if before else "INSERT",
            "dynamodb": {"Keys": keys, "NewImage": _on_the_wire(after)},
        }
        if not matches(dict(self.source.pattern), record):
            return
        lane = zlib.crc32(after["pk"]["S"].encode()) % self.source.lanes
        self.lanes[lane].append(record)
        self._wake(lane, self.faults.chance.uniform(0.1, 1.0))

    def redrive(self, current: Callable[[str, str, str], Item]) -> int:
        """Bring what was given up on round again, as the table has it by now; how many there were."""
        failed, self.failed = self.failed, []
        for record in failed:
            keys = record["dynamodb"]["Keys"]
            item = current(self.source.table, keys["pk"]["S"], keys["sk"]["S"])
            self.hear(self.source.table, {}, item)
        return len(failed)

    def _wake(self, lane: int, seconds: float) -> None:
        self.at(self.clock() + timedelta(seconds=seconds), lambda: self.poll(lane))

    def poll(self, lane: int) -> None:
        """Hand the next batch of a lane to the function."""
        if lane in self.busy or not self.lanes[lane]:
            return
        if self.faults.happens(Fault.LATE):
            self._wake(lane, self.faults.chance.uniform(5, 300))
            return
        self.busy.add(lane)
        size = self.source.batch_size
        if self.faults.happens(Fault.REGROUPED, 3):
            size = self.faults.chance.randint(1, min(size, len(self.lanes[lane])))
        batch = self.lanes[lane][:size]
        if self.faults.happens(Fault.STREAM_DROPPED):
            self.failed += batch
            self._done(lane, len(batch))
        else:
            self._try(lane, batch, retries=0)

    def _try(self, lane: int, batch: list[dict[str, Any]], retries: int) -> None:
        try:
            times = 2 if self.faults.happens(Fault.STREAM_REPEATED) else 1
            answers = [self.run(self.source.function, {"Records": batch}) for _ in range(times)]
        except BusyError:
            self.at(self.clock() + timedelta(seconds=5), lambda: self._try(lane, batch, retries))
            return
        if answers[-1] is not None:
            self._done(lane, len(batch))
        elif retries >= self.source.most_retries:
            self.failed += batch
            self._done(lane, len(batch))
        else:
            # Halving finds the one that fails; the rest stays in the lane, in its order.
            smaller = batch[: max(1, len(batch) // 2)]
            rest = self.clock() + timedelta(seconds=min(2**retries, 60))
            self.at(rest, lambda: self._try(lane, smaller, retries + 1))

    def _done(self, lane: int, records: int) -> None:
        del self.lanes[lane][:records]
        self.busy.discard(lane)
        if self.lanes[lane]:
            self._wake(lane, 0.1)


def _on_the_wire(item: Item) -> dict[str, Any]:
    """An image as Lambda hands it over: binaries in base 64."""
    return {
        name: {"BS": [b64encode(each).decode() for each in value["BS"]]} if "BS" in value else value
        for name, value in item.items()
    }
