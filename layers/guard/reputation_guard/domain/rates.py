"""Rates over time: counts cut into pieces of one length, and what the last few of them show."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import groupby

from reputation_guard.domain.counts import DAY_SECONDS, HOUR_SECONDS, SLOT_SECONDS, Counts, layout
from reputation_guard.domain.delays import Delays, weights
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.windows import Window

# 99 % on either side: the bound people read, exp(-4.605) = 1 %.
_NATS_AT_99 = math.log(100)


class Step(Enum):
    """How finely a time is shown: the length of a piece in seconds, and how many of them a rate is taken over."""

    SLOT = (SLOT_SECONDS, 3)
    HOUR = (HOUR_SECONDS, 3)
    DAY = (DAY_SECONDS, 1)

    @property
    def seconds(self) -> int:
        """The length of a piece."""
        return self.value[0]

    @property
    def reach(self) -> int:
        """How many pieces a rate is taken over."""
        return self.value[1]

    @property
    def window(self) -> timedelta:
        """How long a time a rate is taken over."""
        return timedelta(seconds=self.seconds * self.reach)

    @classmethod
    def for_counts(cls, counts: Counts) -> "Step":
        """The finest step in which all of the counts are there."""
        everything = (counts.sends, counts.bounces, counts.complaints)
        if any(any(series.days) for series in everything):
            return cls.DAY
        return cls.HOUR if any(any(series.hours) for series in everything) else cls.SLOT


@dataclass(frozen=True, slots=True)
class Piece:
    """What was sent from `start` (Unix seconds) on for one step, how much of its feedback is due, what came back."""

    start: int
    sends: int
    due: dict[Kind, float]
    feedback: dict[Kind, int]


@dataclass(frozen=True, slots=True)
class Rate:
    """The rate (0..1) of what was sent from `start` to `end` (Unix seconds), and what it lies between with 99 %."""

    start: int
    end: int
    feedback: int
    sends: int
    rate: float
    low: float
    high: float


def pieces(counts: Counts, step: Step, now: datetime, delays: Delays) -> list[Piece]:
    """The counts in pieces of a step, forward in time, from the first one with anything in it."""
    starts = list(_starts(counts))
    due = {kind: weights(delays.of(kind), counts.newest, now.timestamp(), counts.sends) for kind in Kind}
    columns = zip(
        starts,
        counts.sends.numbers,
        *(due[kind] for kind in Kind),
        *(counts.feedback(kind).numbers for kind in Kind),
        strict=True,
    )
    found = []
    for start, rows in groupby(sorted(columns), key=lambda row: row[0] - row[0] % step.seconds):
        of_piece = list(rows)
        found.append(
            Piece(
                start,
                sum(row[1] for row in of_piece),
                {kind: sum(row[1] * row[2 + at] for row in of_piece) for at, kind in enumerate(Kind)},
                {kind: sum(row[2 + len(Kind) + at] for row in of_piece) for at, kind in enumerate(Kind)},
            )
        )
    first = next((at for at, piece in enumerate(found) if piece.sends or any(piece.feedback.values())), len(found))
    return found[first:]


def rates(found: Sequence[Piece], kind: Kind, step: Step, prior: int) -> Iterator[Rate]:
    """The rate after each piece, over the step's window; none where nothing was sent in it.

    The lower bound is the one that decisions are made by, `prior` pseudo-sends among them.
    """
    for at, last in enumerate(found):
        first = last.start - (step.reach - 1) * step.seconds
        inside = [piece for piece in found[max(0, at - step.reach + 1) : at + 1] if piece.start >= first]
        window = Window(
            kind,
            step.window,
            sum(piece.feedback[kind] for piece in inside),
            sum(piece.sends for piece in inside),
            sum(piece.due[kind] for piece in inside),
        )
        if window.due:
            high = most_behind(window.feedback) / window.due
            yield Rate(
                max(first, found[0].start),
                last.start + step.seconds,
                window.feedback,
                window.sends,
                window.rate,
                min(window.bound(prior), window.rate),
                high,
            )


def runs(found: Sequence[Rate], step: Step) -> list[list[Rate]]:
    """The rates in runs of one step after the other: where nothing was sent for a while, a new one begins."""
    parts: list[list[Rate]] = []
    for rate in found:
        if not parts or rate.end - parts[-1][-1].end > step.seconds:
            parts.append([])
        parts[-1].append(rate)
    return parts


def most_behind(feedback: int) -> float:
    """The most that may be expected where so much came, with 99 % confidence: the mirror of `Window.bound`."""
    low, high = float(feedback), feedback + _NATS_AT_99 + math.sqrt(2 * _NATS_AT_99 * feedback) + 4
    for _ in range(40):
        middle = (low + high) / 2
        nats = (feedback * math.log(feedback / middle) if feedback else 0.0) - (feedback - middle)
        low, high = (middle, high) if nats < _NATS_AT_99 else (low, middle)
    return high


def _starts(counts: Counts) -> Iterator[int]:
    """When each number begins (Unix seconds), back in time: slots, hours, days."""
    shape = counts.sends
    parts = zip(layout(counts.newest), (shape.slots, shape.hours, shape.days), strict=True)
    for (stands_for, numbers), seconds in zip(parts, (SLOT_SECONDS, HOUR_SECONDS, DAY_SECONDS), strict=True):
        yield from (place * seconds for place, _ in zip(stands_for, numbers, strict=True))
