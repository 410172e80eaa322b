"""The course of a tenant, minute by minute: how much mail it means to send, and how much of it comes back.

An ordinary course is drawn first, then a bad scenario spoils it from its onset on.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from bench.quality.scenarios import PAUSE_LIMIT_BOUNCES, PAUSE_LIMIT_COMPLAINTS, Scenario, Twist

MINUTES_A_DAY = 1440
LEAST_MAILS_A_DAY, MOST_MAILS_A_DAY = 20, 20_000
MOST_MAILS_OF_LOW_VOLUME = 300
_CLUMP_MINUTES = 30
_BURST_MINUTES, _BURST_MAILS, _BURST_BOUNCES = 5, 2000, 0.40
# A bad tenant is over the limit for at least this share of the trace: else there is nothing to find.
_LEAST_BAD_SHARE = 0.2
_JUST_OVER = 1.1


@dataclass(slots=True)
class Course:
    """Expected mails a minute, steady and of campaigns, and the true rates (0..1); `onset` and `end` are minutes."""

    steady: list[float]
    campaigns: list[float]
    bounces: list[float]
    complaints: list[float]
    usual_bounces: float
    end: int
    onset: int | None = None

    @property
    def minutes(self) -> int:
        """How long it is."""
        return len(self.steady)


def course(chance: Random, scenario: Scenario, days: int, twist: Twist) -> Course:
    """Draw the course of a tenant over some days."""
    drawn = _ordinary(chance, scenario, days)
    if spoil := _SPOILERS.get(scenario):
        drawn.onset = int(chance.uniform(0.2, 0.6) * drawn.minutes)
        spoil(chance, drawn, twist)
    return drawn


def log_uniform(chance: Random, least: float, most: float) -> float:
    """Draw so that each order of magnitude is equally likely."""
    return math.exp(chance.uniform(math.log(least), math.log(most)))


def _ordinary(chance: Random, scenario: Scenario, days: int) -> Course:
    most = MOST_MAILS_OF_LOW_VOLUME if scenario is Scenario.LOW_VOLUME else MOST_MAILS_A_DAY
    volume = log_uniform(chance, LEAST_MAILS_A_DAY, most)
    share_steady = chance.uniform(0.1, 1.0)
    steady = _steady(chance, share_steady * volume, days)
    campaigns, running, number = _campaigns(chance, (1 - share_steady) * volume, days)
    bounces = min(0.03, max(0.005, chance.betavariate(2.2, 160)))
    complaints = log_uniform(chance, 0.0002, 0.0005)
    high_bounces = scenario is Scenario.BORDERLINE and chance.random() < 1 / 2
    high_complaints = scenario is Scenario.BORDERLINE and not high_bounces
    if high_bounces:
        bounces = chance.uniform(0.05, 0.08)
        bounce_path = _rates(chance, bounces, running, number, _Spread(0.15, 0.1, most=0.095))
    else:
        bounce_path = _rates(chance, bounces, running, number, _Spread(0.4, 0.25, most=0.08))
    if high_complaints:
        complaints = chance.uniform(0.001, 0.0035)
        complaint_path = _rates(chance, complaints, running, number, _Spread(0.15, 0.1, most=0.0045))
    else:
        complaint_path = _rates(chance, complaints, running, number, _Spread(0.4, 0.25, most=0.0015))
    return Course(steady, campaigns, bounce_path, complaint_path, bounces, end=len(steady))


def _steady(chance: Random, mails_a_day: float, days: int) -> list[float]:
    """Mail that follows the day and rests at weekends."""
    swing, phase = chance.uniform(0.3, 0.9), chance.uniform(0, 2 * math.pi)
    weekend = chance.uniform(0.3, 1.0)
    day = [
        mails_a_day / MINUTES_A_DAY * (1 + swing * math.sin(2 * math.pi * minute / MINUTES_A_DAY + phase))
        for minute in range(MINUTES_A_DAY)
    ]
    quiet = [mails * weekend for mails in day]
    return [mails for number in range(days) for mails in (quiet if number % 7 >= 5 else day)]  # noqa: PLR2004 - Saturday


def _campaigns(chance: Random, mails_a_day: float, days: int) -> tuple[list[float], list[int], int]:
    """Campaigns of some minutes to hours: the mail they add, which one runs in each minute (or -1), how many."""
    minutes = days * MINUTES_A_DAY
    mails, running = [0.0] * minutes, [-1] * minutes
    a_week = chance.uniform(0.5, 7)
    starts = []
    moment = chance.expovariate(a_week / (7 * MINUTES_A_DAY))
    while moment < minutes:
        starts.append(int(moment))
        moment += chance.expovariate(a_week / (7 * MINUTES_A_DAY))
    for number, start in enumerate(starts):
        size = mails_a_day * 7 / a_week * chance.lognormvariate(-0.18, 0.6)
        length = int(min(600, max(3, chance.lognormvariate(math.log(40), 0.9))))
        for minute in range(start, min(minutes, start + length)):
            mails[minute] += size / length
            running[minute] = number
    return mails, running, len(starts)


@dataclass(frozen=True, slots=True)
class _Spread:
    """How a rate varies: sigma from campaign to campaign, sigma from half hour to half hour; `most` caps it."""

    campaign: float
    clump: float
    most: float


def _rates(chance: Random, base: float, running: list[int], campaigns: int, spread: _Spread) -> list[float]:
    # Log-normal factors of mean 1; minutes outside of campaigns (-1) read the last factor, which is 1.
    factors = [chance.lognormvariate(-(spread.campaign**2) / 2, spread.campaign) for _ in range(campaigns)] + [1.0]
    rates = []
    for start in range(0, len(running), _CLUMP_MINUTES):
        clump = base * chance.lognormvariate(-(spread.clump**2) / 2, spread.clump)
        rates += [min(spread.most, clump * factors[number]) for number in running[start : start + _CLUMP_MINUTES]]
    return rates


def _from_onset(course: Course, rates: list[float], rate: float) -> None:
    rates[_onset(course) :] = [rate] * (course.minutes - _onset(course))


def _grow(course: Course, factor: float) -> None:
    onset = _onset(course)
    course.steady[onset:] = [mails * factor for mails in course.steady[onset:]]


def _onset(course: Course) -> int:
    return course.onset or 0


def _list_bomb(chance: Random, course: Course, twist: Twist) -> None:
    """An old or bought list: 15-60 % bounce, and the steady mail grows."""
    _from_onset(course, course.bounces, chance.uniform(0.15, 0.60) * twist.severity)
    _grow(course, chance.uniform(1, 3) * twist.volume)


def _spammer(chance: Random, course: Course, twist: Twist) -> None:
    """Mail nobody asked for: 0.6-3 % complain, and there is 2 to 10 times as much."""
    rate = max(_JUST_OVER * PAUSE_LIMIT_COMPLAINTS, log_uniform(chance, 0.006, 0.03) * twist.severity)
    _from_onset(course, course.complaints, rate)
    _grow(course, chance.uniform(2, 10) * twist.volume)


def _slow_decay(chance: Random, course: Course, twist: Twist) -> None:
    """A list that ages: in 3-10 days the bounces climb to 13-25 %. The onset is where they cross the limit."""
    worst = chance.uniform(0.13, 0.25) * twist.severity
    length = chance.uniform(3, 10) * MINUTES_A_DAY
    climb = worst - course.usual_bounces
    until_over = math.ceil(length * (PAUSE_LIMIT_BOUNCES - course.usual_bounces) / climb)
    latest = int((1 - _LEAST_BAD_SHARE) * course.minutes)
    over = min(latest, _onset(course) + until_over)
    for minute in range(max(0, over - until_over), course.minutes):
        since = minute - over + until_over
        decayed = course.usual_bounces + climb * min(1, since / length)
        course.bounces[minute] = max(course.bounces[minute], decayed)
    course.onset = over


def _burst(_: Random, course: Course, twist: Twist) -> None:
    """2,000 mails in 5 minutes, 40 % of which bounce; then it is over."""
    onset = _onset(course)
    course.end = onset + _BURST_MINUTES
    extra = _BURST_MAILS / _BURST_MINUTES
    for minute in range(onset, course.end):
        share = extra / (extra + course.steady[minute] + course.campaigns[minute])
        ordinary = course.bounces[minute]
        course.bounces[minute] = ordinary + (_BURST_BOUNCES * twist.severity - ordinary) * share
        course.campaigns[minute] += extra


def _new_bad(chance: Random, course: Course, twist: Twist) -> None:
    """A tenant that never sent before, and both bounces and complaints are over their limits or near."""
    onset = _onset(course)
    course.steady[:onset] = course.campaigns[:onset] = [0.0] * onset
    _grow(course, 3 * twist.volume)
    _from_onset(course, course.bounces, chance.uniform(0.15, 0.40) * twist.severity)
    _from_onset(course, course.complaints, log_uniform(chance, 0.002, 0.02))


def _just_over_bounces(chance: Random, course: Course, _: Twist) -> None:
    """12-14 % bounce: hard to tell from the limit."""
    _from_onset(course, course.bounces, chance.uniform(0.12, 0.14))


def _just_over_complaints(chance: Random, course: Course, _: Twist) -> None:
    """0.65-0.9 % complain: hard to tell from the limit."""
    _from_onset(course, course.complaints, chance.uniform(0.0065, 0.009))


def _low_volume(chance: Random, course: Course, twist: Twist) -> None:
    """20-300 mails a day, of which 20-60 % bounce or 2-6 % are complained about."""
    if chance.random() < 0.7:  # noqa: PLR2004 - the share of those that bounce
        _from_onset(course, course.bounces, chance.uniform(0.2, 0.6) * twist.severity)
    else:
        _from_onset(course, course.complaints, chance.uniform(0.02, 0.06) * twist.severity)


_SPOILERS: Mapping[Scenario, Callable[[Random, Course, Twist], None]] = MappingProxyType(
    {
        Scenario.LIST_BOMB: _list_bomb,
        Scenario.SPAMMER: _spammer,
        Scenario.SLOW_DECAY: _slow_decay,
        Scenario.BURST: _burst,
        Scenario.NEW_BAD: _new_bad,
        Scenario.JUST_OVER_BOUNCES: _just_over_bounces,
        Scenario.JUST_OVER_COMPLAINTS: _just_over_complaints,
        Scenario.LOW_VOLUME: _low_volume,
    }
)
