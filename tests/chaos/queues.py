"""Queues as SQS runs them for a function: visibility, receive counts, partial failures, and the dead letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count as numbers
from typing import Any

from tests.chaos.faults import Fault, Faults

Run = Callable[[str, Any], Any]
At = Callable[[datetime, Callable[[], None]], None]
_NUMBERS = numbers()
_MOST_WAIT = 1.0


class BusyError(BaseException):
    """The function has no concurrency left: whoever invokes it tries again, and that is no failure of it."""


@dataclass(slots=True)
class Message:
    """A message: its id, when it was sent, and when it may be received next."""

    id: str
    body: str
    sent_at: datetime
    visible_at: datetime
    receives: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """What the template says of a queue and of its event source. `answers`: whether it takes partial failures."""

    function: str
    batch_size: int
    visibility: timedelta
    most_receives: int
    window: timedelta = timedelta()
    answers: bool = True


@dataclass(slots=True)
class Queue:
    """A queue and the function it wakes. `run` invokes a function and returns its answer, None where it failed."""

    name: str
    rules: Rules
    faults: Faults
    clock: Callable[[], datetime]
    at: At
    run: Run
    messages: dict[str, Message] = field(default_factory=dict)
    dead: list[Message] = field(default_factory=list)
    in_flight: set[str] = field(default_factory=set)
    _next: datetime | None = None

    def send(self, body: str, delay: timedelta = timedelta()) -> None:
        """Take a message; it may come late, or more than once."""
        times = 1 + (self.faults.chance.choice((1, 1, 2)) if self.faults.happens(Fault.DELIVERED_AGAIN, 0.3) else 0)
        if self.faults.happens(Fault.LATE, 0.3):
            delay += timedelta(seconds=self.faults.chance.uniform(5, 120))
        for _ in range(times):
            now = self.clock()
            self._put(Message(f"{self.name}-{next(_NUMBERS)}", body, now, now + delay))

    def redrive(self) -> int:
        """Send the dead letters round again; how many there were."""
        dead, self.dead = self.dead, []
        for message in dead:
            self._put(Message(message.id, message.body, message.sent_at, self.clock()))
        return len(dead)

    def _put(self, message: Message) -> None:
        self.messages[message.id] = message
        self._look_again()

    def _look_again(self) -> None:
        """Have the queue polled when its next message is visible, and its window over."""
        waiting = [each.visible_at for each in self.messages.values() if each.id not in self.in_flight]
        if not waiting:
            return
        jitter = timedelta(seconds=self.faults.chance.uniform(0.05, _MOST_WAIT))
        due = max(min(waiting), self.clock()) + self.rules.window + jitter
        if self._next is None or due < self._next:
            self._next = due
            self.at(due, self.poll)

    def poll(self) -> None:
        """Hand a batch to the function, if any message is visible."""
        if self._next and self._next <= self.clock():
            self._next = None
        batch = self._received()
        self._look_again()
        if batch:
            answer = self.run(self.rules.function, {"Records": [_record(each) for each in batch]})
            self._settle(batch, answer)

    def _received(self) -> list[Message]:
        now, chance = self.clock(), self.faults.chance
        visible = [each for each in self.messages.values() if each.visible_at <= now and each.id not in self.in_flight]
        if len(visible) > 1 and self.faults.happens(Fault.REGROUPED, 3):
            chance.shuffle(visible)
            visible = visible[: chance.randint(1, len(visible))]
        batch = []
        for message in visible[: self.rules.batch_size]:
            message.receives += 1
            if message.receives > self.rules.most_receives:
                self.dead.append(self.messages.pop(message.id))
            else:
                self.in_flight.add(message.id)
                batch.append(message)
        return batch

    def _settle(self, batch: list[Message], answer: Any) -> None:
        if answer is None:
            failed = {each.id for each in batch}
        elif self.rules.answers:
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        else:
            failed = set()
        for message in batch:
            self.in_flight.discard(message.id)
            # What was handled may not be deleted in time, and comes again.
            if message.id in failed or self.faults.happens(Fault.DELIVERED_AGAIN, 0.3):
                message.visible_at = self.clock() + self.rules.visibility
            else:
                del self.messages[message.id]
        self._look_again()


def _record(message: Message) -> Mapping[str, Any]:
    sent = str(int(message.sent_at.timestamp() * 1000))
    attributes = {"ApproximateReceiveCount": str(message.receives), "SentTimestamp": sent}
    return {"messageId": message.id, "body": message.body, "attributes": attributes}
