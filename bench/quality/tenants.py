"""Simulated tenants: their courses, made into mails and feedback by chance that a seed repeats."""

import math
from array import array
from collections import Counter
from collections.abc import Iterator
from operator import add
from random import Random

from bench.quality.courses import Course, course
from bench.quality.delays import DelayLaw
from bench.quality.scenarios import Group, Scenario, Twist
from bench.quality.traces import GRAIN_SECONDS, START, Feedback, Kind, Trace

_SOFT_BOUNCES = 0.015
_DUPLICATES = 0.01
_SECONDS_TO_DUPLICATE = 60
_SECONDS_TO_CATCH_UP = 120
_IDS_OF_A_TENANT = 10**8


def traces(group: Group, seed: int, days: int) -> Iterator[Trace]:
    """The traces of a set, one after the other; the same for the same seed and days."""
    for number, (scenario, twist) in enumerate(group.tenants):
        yield trace(f"{group.name}/{seed}/{number}", number, scenario, days, twist)


def trace(seed: str, number: int, scenario: Scenario, days: int, twist: Twist) -> Trace:
    """One tenant's trace; `number` makes its name and the ids of its feedback."""
    chance = Random(seed)
    drawn = course(chance, scenario, days, twist)
    sent = Counter[int]()
    feedback: list[Feedback] = []
    for moment, kind in _mails(chance, drawn):
        sent[int(moment) // GRAIN_SECONDS] += 1
        if kind:
            law = twist.delays.complaint if kind is Kind.COMPLAINT else twist.delays.bounce
            feedback += _answers(chance, START + moment, kind, law, number * _IDS_OF_A_TENANT + len(feedback))
    feedback = [_stalled(chance, item, twist.stall) for item in feedback]
    over = START + drawn.minutes * 60
    onset, ends = drawn.onset, START + drawn.end * 60
    risk = map(add, drawn.bounces, drawn.complaints) if onset is not None else ()
    return Trace(
        name=f"t{number:04d}",
        scenario=scenario,
        twist=twist.name,
        onset=math.inf if onset is None else START + onset * 60,
        ends=ends,
        grains=array("q", (START + grain * GRAIN_SECONDS for grain in sent)),
        mails=array("l", sent.values()),
        feedback=tuple(sorted(item for item in feedback if item.arrived < over)),
        risk=array("f", risk),
    )


def _mails(chance: Random, drawn: Course) -> Iterator[tuple[float, Kind | None]]:
    """Each mail in the order of time, seconds from the start, and what will come back for it, if anything.

    A Poisson process: the gaps between mails, counted in expected mails, are exponential.
    """
    draw, log = chance.random, math.log
    gap = -log(1 - draw())
    minutes = zip(map(add, drawn.steady, drawn.campaigns), drawn.bounces, drawn.complaints, strict=True)
    for minute, (expected, bounces, complaints) in enumerate(minutes):
        done = 0.0
        while done + gap < expected:
            done += gap
            gap = -log(1 - draw())
            fate = draw()
            kind = None
            if fate < bounces:
                kind = Kind.HARD_BOUNCE
            elif fate < bounces + complaints:
                kind = Kind.COMPLAINT
            elif fate > 1 - _SOFT_BOUNCES:
                kind = Kind.SOFT_BOUNCE
            yield (minute + done / expected) * 60, kind
        gap -= expected - done


def _answers(chance: Random, sent: float, kind: Kind, law: DelayLaw, number: int) -> Iterator[Feedback]:
    """The feedback of a mail, now and then twice: SES delivers at least once."""
    first = Feedback(sent + law.draw(chance), sent, kind, number)
    yield first
    if chance.random() < _DUPLICATES:
        yield first._replace(arrived=first.arrived + chance.expovariate(1 / _SECONDS_TO_DUPLICATE))


def _stalled(chance: Random, item: Feedback, stall: tuple[float, float] | None) -> Feedback:
    """What arrives while the way of feedback stalls comes when it flows again, within two minutes."""
    if stall is None or not stall[0] <= item.arrived - START < stall[1]:
        return item
    return item._replace(arrived=START + stall[1] + chance.random() * _SECONDS_TO_CATCH_UP)
