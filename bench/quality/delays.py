"""The laws of the delay from a send to its feedback, as the simulated mailbox providers follow them."""

import math
from dataclasses import dataclass
from random import Random

HOUR = 3600.0
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Part:
    """A log-normal part of a law: its share of the feedback, its median in seconds, its sigma."""

    share: float
    median: float
    sigma: float


@dataclass(frozen=True, slots=True)
class DelayLaw:
    """A mixture of log-normal parts, whose shares add up to 1; nothing takes longer than `cap` seconds."""

    parts: tuple[Part, ...]
    cap: float

    def draw(self, chance: Random) -> float:
        """One delay in seconds."""
        place = chance.random()
        for part in self.parts:
            place -= part.share
            if place < 0:
                break
        return min(self.cap, part.median * math.exp(part.sigma * chance.gauss(0, 1)))


@dataclass(frozen=True, slots=True)
class Delays:
    """The laws of both kinds of feedback."""

    bounce: DelayLaw
    complaint: DelayLaw


# The start values of the rule (docs/policies.md), stated here anew: the generator shares no code with what it measures.
EXPECTED = Delays(
    bounce=DelayLaw((Part(0.9, 10, 1.0), Part(0.1, 1800, 1.6)), cap=DAY),
    complaint=DelayLaw((Part(1.0, 2 * HOUR, 1.6),), cap=14 * DAY),
)
# What the rule does not assume: the set `robust` is played with these.
SLOW = Delays(
    bounce=DelayLaw((Part(0.75, 30, 1.2), Part(0.25, 1.5 * HOUR, 1.6)), cap=2 * DAY),
    complaint=DelayLaw((Part(1.0, 6 * HOUR, 1.8),), cap=14 * DAY),
)
FAST = Delays(
    bounce=DelayLaw((Part(0.98, 5, 0.8), Part(0.02, 600, 1.2)), cap=DAY),
    complaint=DelayLaw((Part(1.0, 0.5 * HOUR, 1.4),), cap=14 * DAY),
)
