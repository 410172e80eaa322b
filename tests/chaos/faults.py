"""Where all chance of a run comes from: one source, one seed. It decides at every call to AWS and every delivery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any


class Fault(StrEnum):
    """What can go wrong; the first ten at a call to AWS, the others on the way to a function, or at SES."""

    CRASH_BEFORE = "crash before a call"
    CRASH_AFTER = "crash after a call"
    THROTTLED = "throttled"
    SERVER_ERROR = "server error"
    NOT_MADE = "time-out, the call was not made"
    UNANSWERED = "time-out, the call was made"
    MADE_TWICE = "made again by the SDK"
    LOST_RACE = "a condition did not hold"
    CONFLICT = "conflict"
    NOT_TAKEN = "an entry was not taken"
    OVERTAKEN = "overtaken by another function"
    TIMED_OUT = "function ran out of time"
    INDEX_LAGS = "the index lagged"
    SES_LAGS = "SES did not show its change yet"
    SES_EVENT_LOST = "SES lost an event"
    DELIVERED_AGAIN = "delivered again"
    LATE = "delivered late"
    REGROUPED = "batch split or regrouped"
    STREAM_REPEATED = "stream batch repeated"
    STREAM_DROPPED = "stream batch dropped after its retries"
    WAKE_UP_LOST = "wake-up lost"
    CLOCK_SKEWED = "clock skewed"
    COLD_START = "cold start"
    SES_REFUSES = "SES refused a pause"
    SES_STOPS = "SES answered DISABLED to a resume"
    LIST_EXPIRED = "SES forgot a place in its list"
    EXECUTION_KILLED = "execution killed"


@dataclass(frozen=True, slots=True)
class Point:
    """A call to AWS: the `number`-th of a run of a function."""

    function: str
    number: int
    service: str
    operation: str
    asked: Mapping[str, Any]

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing."""
        return self.operation.startswith(("Get", "List", "Query", "Describe"))


ANYWHERE = (
    *(Fault.CRASH_BEFORE, Fault.CRASH_AFTER) * 2,
    Fault.THROTTLED,
    Fault.SERVER_ERROR,
    Fault.NOT_MADE,
    Fault.UNANSWERED,
)
_OF_OTHERS = 5
# What can happen at few calls only, happens there the more.
_OFTEN = 3
# Conditions that another writer may have broken: whoever meets one reads anew. No other fails without a reason.
_VERSIONED = (
    "version = :read",
    "revision = :read",
    "leader",
    "attribute_not_exists(pk)",
    "in_force",
    "exists(taken_until)",
)


@dataclass(slots=True)
class Faults:
    """The chance of one run. `rate`: at how many of the calls something happens; `crashes`: at these as well, once.

    `kills`: an execution that begins with one of these guard events dies before its claim, the first one of each.

    A crash is named by the function, the number of the call in one run of it, and whether it comes before or after it.
    """

    seed: int
    rate: float = 0.0
    deliveries: float = 0.0
    crashes: set[tuple[str, int, Fault]] = field(default_factory=set)
    kills: set[str] = field(default_factory=set)
    is_on: bool = True
    injected: Counter[Fault] = field(default_factory=Counter)
    points: Counter[tuple[str, int]] = field(default_factory=Counter)
    services: Counter[str] = field(default_factory=Counter)
    chance: Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)

    def at(self, point: Point) -> Fault | None:
        """What happens at this call."""
        if not self.is_on:
            return None
        self.points[point.function, point.number] += 1
        for fault in (Fault.CRASH_BEFORE, Fault.CRASH_AFTER):
            if (planned := (point.function, point.number, fault)) in self.crashes:
                self.crashes.remove(planned)
                return self._note(fault, point)
        # Nine calls in ten are DynamoDB's: the others would hardly ever fail.
        if self.chance.random() >= self.rate * (1 if point.service == "dynamodb" else _OF_OTHERS):
            return None
        return self._note(self.chance.choice(self._possible(point)), point)

    def happens(self, fault: Fault, times: float = 1.0) -> bool:
        """Whether this happens on the way to a function, or at SES; `times` as often as others do."""
        if not self.is_on or self.chance.random() >= self.deliveries * times:
            return False
        self.injected[fault] += 1
        return True

    def kills_before_claim(self, event: str) -> bool:
        """Whether the execution that begins with this guard event dies at once."""
        if event not in self.kills:
            return self.happens(Fault.EXECUTION_KILLED, 0.3)
        self.kills.remove(event)
        self.note(Fault.EXECUTION_KILLED)
        return True

    def note(self, fault: Fault) -> None:
        """Count what the story itself does wrong."""
        self.injected[fault] += 1

    def _note(self, fault: Fault, point: Point) -> Fault:
        self.injected[fault] += 1
        self.services[point.service] += 1
        return fault

    @staticmethod
    def _possible(point: Point) -> tuple[Fault, ...]:
        possible = list(ANYWHERE)
        if not point.is_read:
            possible += _OFTEN * [Fault.MADE_TWICE]
        if point.operation == "PutEvents":
            possible += _OFTEN * [Fault.NOT_TAKEN]
        if point.operation in {"TransactWriteItems", "UpdateReputationEntityCustomerManagedStatus"}:
            possible += _OFTEN * [Fault.CONFLICT]
        if any(text in _conditions(point.asked) for text in _VERSIONED):
            possible += _OFTEN * [Fault.LOST_RACE]
        if "IndexName" in point.asked:
            possible += _OFTEN * [Fault.INDEX_LAGS]
        return tuple(possible)


def _conditions(asked: Mapping[str, Any]) -> str:
    actions = [action for each in asked.get("TransactItems", ()) for action in each.values()]
    return " ".join(str(each.get("ConditionExpression", "")) for each in [asked, *actions])
