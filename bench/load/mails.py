"""The mail of many tenants, and what comes back, as the bodies that EventBridge puts into the two queues."""

import heapq
import json
import math
import random
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from local import events
from local.events import Event, Mail
from reputation_guard.domain.counts import feedback_id, slot_of
from reputation_guard.domain.policy import Kind

START = datetime(2026, 11, 24, 10, tzinfo=UTC)
RATES = {Kind.BOUNCE: 0.01, Kind.COMPLAINT: 0.0005}
# From SES's acceptance of a mail to its event in the queue.
_ON_ITS_WAY_SECONDS = 0.5
# The median of the delay, and its cap, in seconds.
_DELAYS = {Kind.BOUNCE: (10.0, 3600.0), Kind.COMPLAINT: (7200.0, 21_600.0)}
_BLANK = Mail(
    message_id="@MESSAGE@",
    sent_at=datetime(2001, 1, 1, tzinfo=UTC),
    destination=("@MESSAGE@@reader.example",),
    configuration_set="@TENANT@-mail",
    tenant_name="@TENANT@",
)
_REPORTED = datetime(2002, 2, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Load:
    """How many events (sends and feedback), of how many tenants, and how fast: sends a second, and a burst midway."""

    events: int
    tenants: int
    usual_rate: float
    burst: float = 20.0
    burst_seconds: float = 60.0

    @property
    def burst_from(self) -> float:
        """When the burst begins, in seconds: half of the other mail is sent by then."""
        sends = self.events / (1 + sum(RATES.values()))
        return max(0.0, sends / self.usual_rate - self.burst * self.burst_seconds) / 2

    def rate_at(self, second: float) -> float:
        """Sends a second."""
        in_burst = 0 <= second - self.burst_from < self.burst_seconds
        return self.usual_rate * (self.burst if in_burst else 1)


@dataclass(frozen=True, slots=True)
class Message:
    """A message in a queue; `at`: when it gets there, in seconds from the start."""

    at: float
    ident: str
    is_feedback: bool
    body: str


@dataclass(slots=True)
class Truth:
    """What was emitted: sends by tenant, and the ids of feedback by tenant, slot and kind."""

    sends: Counter[str] = field(default_factory=Counter)
    feedback: dict[tuple[str, int, Kind], set[bytes]] = field(default_factory=lambda: defaultdict(set))

    @property
    def ids(self) -> int:
        """How much feedback."""
        return sum(map(len, self.feedback.values()))


def emitted(load: Load, seed: int, truth: Truth) -> Iterator[Message]:
    """All messages in the order in which they get into their queues; `truth` learns of each as it is made."""
    chance, coming = random.Random(seed), list[tuple[float, str, Message]]()
    reach = list(accumulate(1 / rank for rank in range(1, load.tenants + 1)))
    second, made, number = 0.0, 0, 0
    while made < load.events:
        number += 1
        second += 1 / load.rate_at(second)
        arrives = second + _ON_ITS_WAY_SECONDS
        mail = _Mail(
            f"0100{chance.getrandbits(64):016x}-{number:08d}",
            f"tenant-{bisect(reach, chance.random() * reach[-1]):05d}",
            second,
        )
        while coming and coming[0][0] <= arrives:
            yield heapq.heappop(coming)[2]
        yield Message(arrives, f"s{number}", is_feedback=False, body=_SEND(mail, second))
        truth.sends[mail.tenant] += 1
        made += 1
        for kind in Kind:
            if made < load.events and chance.random() < RATES[kind]:
                back = arrives + _delay(kind, chance)
                message = Message(back, f"{kind}{number}", is_feedback=True, body=_BACK[kind](mail, back))
                heapq.heappush(coming, (back, message.ident, message))
                truth.feedback[mail.tenant, slot_of(moment(second)), kind].add(mail.feedback_id(kind))
                made += 1
    while coming:
        yield heapq.heappop(coming)[2]


def _delay(kind: Kind, chance: random.Random) -> float:
    median, cap = _DELAYS[kind]
    return min(cap, chance.lognormvariate(math.log(median), 1))


@dataclass(frozen=True, slots=True)
class _Mail:
    message: str
    tenant: str
    second: float

    def feedback_id(self, kind: Kind) -> bytes:
        """By its documented parts: the message, and the recipient that bounced or the complaint's own id."""
        subject = {Kind.BOUNCE: f"{self.message}@reader.example", Kind.COMPLAINT: f"{self.message}-feedback"}[kind]
        return feedback_id(moment(self.second), self.message, subject, kind)


def moment(second: float) -> datetime:
    """The time of a second of the run, to the millisecond, as SES tells it."""
    return START + timedelta(milliseconds=int(second * 1000))


def _shape(made: Callable[[Mail], Event]) -> Callable[[_Mail, float], str]:
    """An event as its text, to be filled in a million times with a mail and when it was reported."""
    blank = json.dumps(made(_BLANK))

    def filled(mail: _Mail, reported: float) -> str:
        text = blank.replace("@MESSAGE@", mail.message).replace("@TENANT@", mail.tenant)
        for there, at in ((_BLANK.sent_at, mail.second), (_REPORTED, reported)):
            for precision in ("milliseconds", "seconds"):
                text = text.replace(_iso(there, precision), _iso(moment(at), precision))
        return text

    return filled


def _iso(at: datetime, precision: str) -> str:
    return at.isoformat(timespec=precision).replace("+00:00", "Z")


_SEND = _shape(events.send)
_BACK = {
    Kind.BOUNCE: _shape(lambda mail: events.bounce(mail, at=_REPORTED)),
    Kind.COMPLAINT: _shape(lambda mail: events.complaint(mail, at=_REPORTED, feedback_id="@MESSAGE@-feedback")),
}
