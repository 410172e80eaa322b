"""Tenants that go bad: what each sent, the one event that tells, and how long until SES stops it."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from typing import Any

from bench.latency.assumed import INSTANT, USUAL, Assumed
from bench.latency.functions import Processors
from bench.latency.timeline import BEGAN
from bench.latency.world import Told, World
from tests.chaos.tables import Tables
from tests.template.stack import EVENTS

# Lambda keeps for a function whose events come all the time what it used last; the others begin anew. Each feedback
# wakes `evaluate` twice, in its tenant's lane and in the account's.
WARM = {"ingest": 5, "evaluate": 2, "review": 1}
HEALTHY = "healthy"
# SES takes so many recipients a mail: one event tells of a bad tenant all that is needed.
BOUNCED = 50
_LEAST_SENDS, _SENDS_OF_HEALTHY = 100, 400
_SENT_SECONDS_AGO = 600
_STARTS_AT_SECONDS = 60.0
_MOST_SECONDS = 3600.0
SETTINGS = {"BRAKE_LEAST": "1000"}


@dataclass(frozen=True, slots=True)
class Case:
    """Tenants that go bad at once, `fresh`: by mail of a second ago, whose sends are still on their way."""

    tenants: int
    assumed: Assumed = USUAL
    processors: Processors = field(default_factory=Processors)
    warm: Mapping[str, int] = field(default_factory=lambda: WARM)
    fresh: bool = False


ONE = Case(1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How long each tenant's pause took, the fastest sender first, and what happened on the way."""

    seconds: tuple[float, ...]
    trace: tuple[Told, ...]
    world: World

    @property
    def order(self) -> list[int]:
        """The tenants in the order in which they were paused, by how fast they send, 0 for the fastest."""
        return sorted(range(len(self.seconds)), key=lambda each: self.seconds[each])


def play(case: Case, seed: int, client: Callable[[World, str], Any] | None = None) -> Outcome:
    """Let them go bad, and wait until SES has stopped the last one."""
    world, names = World(case.assumed, case.processors, seed, case.warm), _names(case.tenants)
    world.know(names)
    world.take_over(_sent(case.tenants))
    with world.at_work(SETTINGS, client):
        world.timeline.now = _STARTS_AT_SECONDS
        if case.fresh:
            _send_on(world, names)
        sent_at = _STARTS_AT_SECONDS - 1 if case.fresh else _STARTS_AT_SECONDS - _SENT_SECONDS_AGO
        for name in random.Random(seed).sample(names, len(names)):
            world.timeline.after(0, partial(world.say, _bounce(name, sent_at)))
        world.review_every_minute()
        world.timeline.run(lambda: len(world.paused) == len(names), _STARTS_AT_SECONDS + _MOST_SECONDS)
    seconds = tuple(world.paused.get(name, float("inf")) - _STARTS_AT_SECONDS for name in names)
    return Outcome(seconds, tuple((at - _STARTS_AT_SECONDS, what) for at, what in world.trace), world)


def _send_on(world: World, names: Sequence[str]) -> None:
    """The bad ones sent a second ago, and a healthy one sends all the time."""
    for name in names:
        for event in _sends(name, _LEAST_SENDS, _STARTS_AT_SECONDS - 1, "fresh"):
            world.timeline.after(-1, partial(world.say, event))
    for second in range(-5, 60):
        (event,) = _sends(HEALTHY, 1, _STARTS_AT_SECONDS + second, f"second-{second}")
        world.timeline.after(second, partial(world.say, event))


def _names(tenants: int) -> list[str]:
    """The fastest sender first."""
    return [f"bad-{number:03}" for number in range(tenants)]


@cache
def _sent(tenants: int) -> Tables:
    """What is counted before: each tenant's mail of ten minutes ago, by the real `ingest`, without any delay."""
    world = World(INSTANT, Processors(), 0, WARM)
    fleet = {name: _LEAST_SENDS + tenants - place for place, name in enumerate(_names(tenants))}
    with world.at_work(SETTINGS):
        world.timeline.now = _STARTS_AT_SECONDS - _SENT_SECONDS_AGO + 1
        for name, number in {HEALTHY: _SENDS_OF_HEALTHY, **fleet}.items():
            for event in _sends(name, number, _STARTS_AT_SECONDS - _SENT_SECONDS_AGO, "old"):
                world.say(event)
        world.timeline.run(lambda: False, _STARTS_AT_SECONDS)
    return world.tables


def _sends(tenant: str, number: int, at: float, kind: str) -> Iterator[dict[str, Any]]:
    for each in range(number):
        yield _event("send-of-tagged-tenant", tenant, f"{tenant}-{kind}-{each}", at)


def _bounce(tenant: str, at: float) -> dict[str, Any]:
    event = _event("bounce-hard", tenant, f"{tenant}-bounced", at)
    usual = event["detail"]["bounce"]["bouncedRecipients"][0]
    bounced = [{**usual, "emailAddress": f"recipient-{number}@example.net"} for number in range(BOUNCED)]
    event["detail"]["bounce"]["bouncedRecipients"] = bounced
    return event


def _event(name: str, tenant: str, message: str, at: float) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(_example(name))
    sent = (BEGAN + timedelta(seconds=at)).isoformat()
    event["detail"]["mail"] |= {"messageId": message, "timestamp": sent, "headers": []}
    event["detail"]["mail"]["tags"]["ses:tenant-name"] = [tenant]
    event["time"] = sent
    return event


@cache
def _example(name: str) -> str:
    return (EVENTS / f"{name}.json").read_text(encoding="utf-8")


def quantile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
