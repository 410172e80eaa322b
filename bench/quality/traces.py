"""A tenant's trace: the mail it would send, the feedback that would come back, and the truth about both.

All moments are Unix seconds. Mails are kept by the grain of 10 seconds they were sent in.
"""

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

from bench.quality.scenarios import Label, Scenario
from reputation_guard.domain.counts import DAY_SECONDS

# A Monday, so that the last two days of each simulated week are a weekend.
START = 1_780_272_000  # 2026-06-01T00:00:00Z
GRAIN_SECONDS = 10


class Kind(StrEnum):
    """What mailbox providers answer; soft bounces are noise that must not count."""

    HARD_BOUNCE = "hard bounce"
    SOFT_BOUNCE = "soft bounce"
    COMPLAINT = "complaint"


class Feedback(NamedTuple):
    """One answer to a mail; the same `id` twice is a duplicate."""

    arrived: float
    sent: float
    kind: Kind
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A tenant and everything about it. `grains` begin at these seconds, and `mails` were sent in each.

    From `onset` to `ends` a bad tenant is over the pause limit; `risk` is each minute's true share (0..1) of mails that
    bounce or are complained about, for bad tenants only.
    """

    name: str
    scenario: Scenario
    twist: str
    ends: float
    onset: float = math.inf
    grains: "array[int]"
    mails: "array[int]"
    feedback: tuple[Feedback, ...]
    risk: "array[float]"

    @property
    def label(self) -> Label:
        """Whether it is good, borderline or bad."""
        return self.scenario.label


class Harm:
    """How much a bad tenant sends between two moments, looked up in running totals."""

    def __init__(self, trace: Trace) -> None:
        self._grains = trace.grains
        self._mails = [0, *accumulate(trace.mails)]
        risks = (trace.risk[(grain - START) // 60] for grain in trace.grains)
        harm = (mails * risk for mails, risk in zip(trace.mails, risks, strict=True))
        self._bad = [0.0, *accumulate(harm)]

    def between(self, begins: float, ends: float) -> tuple[int, float]:
        """Mails, and the bad ones to be expected among them, in the grains that begin in this stretch."""
        first, last = bisect_left(self._grains, begins), bisect_left(self._grains, max(begins, ends))
        return self._mails[last] - self._mails[first], self._bad[last] - self._bad[first]


class Event(NamedTuple):
    """A line of the replay protocol: when it is read, which trace it is of, when its mail was sent."""

    at: float
    trace: int
    sent: float
    line: str


def events(traces: list[Trace], days: int) -> Iterator[Event]:
    """All events of all traces in the order of time, laid out a day at a time to stay small in memory."""
    for day in range(days):
        begins, ends = START + day * DAY_SECONDS, START + (day + 1) * DAY_SECONDS
        of_the_day = [event for i, trace in enumerate(traces) for event in _events_between(i, trace, begins, ends)]
        of_the_day.sort()
        yield from of_the_day


def _events_between(number: int, trace: Trace, begins: int, ends: int) -> Iterator[Event]:
    first, last = bisect_left(trace.grains, begins), bisect_left(trace.grains, ends)
    for grain, mails in zip(trace.grains[first:last], trace.mails[first:last], strict=True):
        # The mails of a grain are told of at its middle.
        at = grain + GRAIN_SECONDS / 2
        yield Event(at, number, at, f'{{"ts":{at:.1f},"tenant":"{trace.name}","kind":"Sent","n":{mails}}}\n')
    first, last = (bisect_left(trace.feedback, (moment,)) for moment in (begins, ends))
    for item in trace.feedback[first:last]:
        yield Event(item.arrived, number, item.sent, _feedback_line(trace.name, item))


def _feedback_line(tenant: str, item: Feedback) -> str:
    head = f'{{"ts":{item.arrived:.1f},"tenant":"{tenant}","kind":'
    tail = f'"id":{item.id},"sent_ts":{item.sent:.1f}'
    if item.kind is Kind.COMPLAINT:
        return f'{head}"Complaint",{tail}}}\n'
    kind = "Permanent" if item.kind is Kind.HARD_BOUNCE else "Transient"
    return f'{head}"Bounce",{tail},"bounceType":"{kind}"}}\n'
