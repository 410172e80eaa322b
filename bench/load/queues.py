"""The two queues and Lambda's hand that takes batches from them, in virtual time; the batches are really counted.

A batch takes the function's measured processor time at Lambda's share of a processor, and DynamoDB's round trip a call.
"""

import heapq
import random
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bench.load.function import Answer, Function, Run
from bench.load.mails import Load, Message, moment
from bench.load.table import Table, refusal

# docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html: a processor at 1,769 MB; template.yaml has 1,024.
LAMBDA_PROCESSOR = 1024 / 1769
ROUND_TRIP_SECONDS = 0.005
MAX_RECEIVES = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """How Lambda takes batches from a queue, as in template.yaml."""

    batch: int
    window_seconds: float
    at_once: int
    visibility_seconds: float


# Feedback has no limit of its own; with five Lambda begins, and adds up to 300 a minute, which is not counted on here.
FEEDBACK = Limits(batch=10, window_seconds=0, at_once=5, visibility_seconds=90)
SENDS = Limits(batch=500, window_seconds=5, at_once=10, visibility_seconds=150)


@dataclass(frozen=True, slots=True)
class Faults:
    """The share of messages that SQS hands over twice, of batches that break in two ways, and of writes refused."""

    twice: float = 0.001
    killed: float = 0.003
    unanswered: float = 0.003
    refused: float = 0.0001


@dataclass(slots=True)
class Waits:
    """What became of one queue's messages. `worst`: the longest time from queue to counted, before and from the burst.

    Of first deliveries: what a broken batch gives back waits for its visibility timeout, whatever the load.
    """

    worst: dict[bool, float] = field(default_factory=lambda: {False: 0.0, True: 0.0})
    cpu_seconds: float = 0.0
    batches: int = 0
    handed_over: int = 0
    most_at_once: int = 0
    longest: int = 0


@dataclass(order=True, slots=True)
class _Delivery:
    at: float
    order: int
    message: Message = field(compare=False)
    receives: int = field(default=1, compare=False)


@dataclass(slots=True)
class _Queue:
    limits: Limits
    waits: Waits = field(default_factory=Waits)
    waiting: deque[_Delivery] = field(default_factory=deque)
    busy: int = 0
    last_calls: int = 1

    def ready_at(self, now: float) -> float:
        """When the next batch is taken, if nothing else comes."""
        if not self.waiting or self.busy >= self.limits.at_once:
            return float("inf")
        full = len(self.waiting) >= self.limits.batch
        return now if full else max(now, self.waiting[0].at + self.limits.window_seconds)

    def take(self) -> list[_Delivery]:
        """The next batch."""
        self.busy += 1
        batch = [self.waiting.popleft() for _ in range(min(self.limits.batch, len(self.waiting)))]
        self.waits.batches += 1
        self.waits.handed_over += len(batch)
        self.waits.most_at_once = max(self.waits.most_at_once, self.busy)
        return batch


class Account:
    """The queues, the function and its table; what was written too often is known by its cause."""

    def __init__(self, load: Load, faults: Faults, seed: int) -> None:
        self.table = Table()
        self.sends, self.feedback = _Queue(SENDS), _Queue(FEEDBACK)
        self.overcount = Counter[str]()
        self.dead_letters: list[Message] = []
        self.faults = Counter[str]()
        self.all_calls = 0
        self.peaks: list[tuple[int, int]] = []
        self._load, self._chances, self._chance = load, faults, random.Random(seed + 1)
        self._coming: list[_Delivery] = []
        self._ends: list[tuple[float, int, _Queue]] = []
        self._order, self._counted_once = count(), set[str]()
        self._kill_after = 0

    def answer(self, operation: str, body: bytes) -> Answer | None:
        """The table's answer to a call, unless the function is killed in it, or the write of a tenant is refused."""
        answer = self.table.answer(operation, body) if not self._refuses(operation, body) else refusal("Validation")
        self._kill_after -= 1
        return None if self._kill_after == 0 else answer

    def run(self, messages: Iterator[Message], function: Function) -> None:
        """Until all messages are counted, and all that came again."""
        now, following = 0.0, next(messages, None)
        while following or self._coming or self._ends or self.sends.waiting or self.feedback.waiting:
            queues = (self.feedback, self.sends)
            arrival = following.at if following else float("inf")
            again = self._coming[0].at if self._coming else float("inf")
            ends = self._ends[0][0] if self._ends else float("inf")
            now = min(arrival, again, ends, *(queue.ready_at(now) for queue in queues))
            if ends <= now:
                heapq.heappop(self._ends)[2].busy -= 1
            elif following and arrival <= now:
                self._arrive(_Delivery(now, next(self._order), following))
                following = next(messages, None)
            elif again <= now:
                self._queue(heapq.heappop(self._coming))
            else:
                self._count(next(queue for queue in queues if queue.ready_at(now) <= now), now, function)

    def _arrive(self, delivery: _Delivery) -> None:
        self._queue(delivery)
        if self._chance.random() < self._chances.twice:
            self._come_again([delivery], delivery.at + self._chance.uniform(0.1, 60))
            self.faults["message handed over twice"] += 1

    def _queue(self, delivery: _Delivery) -> None:
        queue = self.feedback if delivery.message.is_feedback else self.sends
        queue.waiting.append(delivery)
        queue.waits.longest = max(queue.waits.longest, len(queue.waiting))

    def _count(self, queue: _Queue, now: float, function: Function) -> None:
        batch = queue.take()
        fate = self._fate(queue)
        self.table.calls = self.table.sends_written = 0
        run = function.invoke(_event(batch), moment(now))
        took = run.cpu_seconds / LAMBDA_PROCESSOR + self.table.calls * ROUND_TRIP_SECONDS
        self._kill_after = 0
        self.all_calls += self.table.calls
        queue.last_calls = max(1, self.table.calls)
        queue.waits.cpu_seconds += run.cpu_seconds
        heapq.heappush(self._ends, (now + took, next(self._order), queue))
        self._after(queue, batch, run, fate, now + took)
        self._come_again(self._given_back(batch, run, fate), now + queue.limits.visibility_seconds)
        self.peaks.append((self.sends.waits.handed_over + self.feedback.waits.handed_over, run.peak_bytes))

    def _fate(self, queue: _Queue) -> str:
        drawn = self._chance.random()
        if drawn < self._chances.killed:
            self._kill_after = self._chance.randint(1, queue.last_calls)
        return "unanswered" if 0 <= drawn - self._chances.killed < self._chances.unanswered else ""

    def _given_back(self, batch: list[_Delivery], run: Run, fate: str) -> list[_Delivery]:
        everything = run.given_back is None or fate
        return [each for each in batch if everything or each.message.ident in (run.given_back or ())]

    def _after(self, queue: _Queue, batch: list[_Delivery], run: Run, fate: str, end: float) -> None:
        """Note what was counted too often, why, and how long messages had waited."""
        back = {each.message.ident for each in self._given_back(batch, run, fate)}
        done = [each for each in batch if each.message.ident not in back]
        cause = "function killed" if run.given_back is None else "answer lost" if fate else "write refused"
        # One record handed over twice in one batch is one record.
        kept = {each.message.ident for each in done if not each.message.is_feedback}
        surplus = self.table.sends_written - len(kept)
        if back:
            self.faults[cause] += 1
            self.overcount[cause] += surplus
        self.overcount["message handed over twice"] += len(kept & self._counted_once)
        self._counted_once |= kept
        for each in done:
            if each.receives == 1:
                since_burst = each.at >= self._load.burst_from
                queue.waits.worst[since_burst] = max(queue.waits.worst[since_burst], end - each.at)

    def _come_again(self, deliveries: list[_Delivery], at: float) -> None:
        for each in deliveries:
            if each.receives >= MAX_RECEIVES:
                self.dead_letters.append(each.message)
            else:
                heapq.heappush(self._coming, _Delivery(at, next(self._order), each.message, each.receives + 1))

    def _refuses(self, operation: str, body: bytes) -> bool:
        of_tenant = operation == "UpdateItem" and (b'{"S": "tenant#' in body or b'{"S": "feedback#' in body)
        return of_tenant and self._chance.random() < self._chances.refused


def _event(batch: list[_Delivery]) -> Mapping[str, Any]:
    def attributes(each: _Delivery) -> dict[str, str]:
        sent = f"{moment(each.message.at).timestamp() * 1000:.0f}"
        return {"ApproximateReceiveCount": str(each.receives), "SentTimestamp": sent}

    return {
        "Records": [
            {"messageId": each.message.ident, "body": each.message.body, "attributes": attributes(each)}
            for each in batch
        ]
    }
