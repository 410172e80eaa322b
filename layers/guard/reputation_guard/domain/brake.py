"""The brake (Law 6): the guard pauses so many tenants an hour at most. Past it people decide, not the guard.

Many tenants that turn bad together are seldom many bad tenants: a mailbox provider refuses everybody, an address is on
a blocklist, or the guard itself is wrong.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from reputation_guard.domain.decision import Braked, Decision, Example, Trait
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Standing, Tenant

T = TypeVar("T")

AN_HOUR = timedelta(hours=1)
# Whoever was to decide had a day; then it is judged anew, like any other.
KEPT_FOR = timedelta(days=1)
# A person's release is for the evidence he has seen; what comes of it later is another case.
RELEASE_LASTS = AN_HOUR
_LATEST = 20
_TRAITS = 5
# What fewer of them have in common is no common cause.
_MOST_OF_THEM = 0.5
_REPLY = re.compile(r"\b[45]\d\d[ -]+[45]\.\d{1,3}\.\d{1,3}\b")
_WORDS = 60


@dataclass(frozen=True, slots=True)
class BrakeRules:
    """At most `least`, or a `share` (0..1) of the tenants that sent in the last 24 hours, are paused in an hour."""

    least: int
    share: float

    def allowed(self, senders: int) -> int:
        """How many pauses an hour are the guard's own decision, where so many tenants sent."""
        # Of 30 the tenth part is 3, whatever a binary fraction makes of it.
        return max(self.least, int(senders * self.share + 1e-9))


@dataclass(frozen=True, slots=True)
class Brake:
    """The book's page of the brake: the guard's pauses of the last hour by Unix minute, and the latest tenants.

    `revision` grows with each change: nobody overwrites what he did not read, so no two pauses take one place.
    """

    by_minute: tuple[tuple[int, int], ...] = ()
    latest: tuple[tuple[int, str], ...] = ()
    revision: int = 0

    def paused(self, now: datetime) -> int:
        """How many tenants the guard has paused within the last hour."""
        return sum(number for _, number in _of_last_hour(self.by_minute, now))

    def latest_tenants(self, now: datetime) -> tuple[str, ...]:
        """Some of the tenants that were paused within the last hour, the last one last."""
        return tuple(name for _, name in _of_last_hour(self.latest, now))

    def after_pause(self, tenant: str, now: datetime) -> "Brake":
        """The page once one more is paused."""
        minutes = dict(_of_last_hour(self.by_minute, now))
        minutes[_minute(now)] = minutes.get(_minute(now), 0) + 1
        others = (each for each in _of_last_hour(self.latest, now) if each[1] != tenant)
        latest = (*others, (_minute(now), tenant))[-_LATEST:]
        return replace(self, by_minute=tuple(sorted(minutes.items())), latest=latest)


@dataclass(frozen=True, slots=True)
class Person:
    """Who releases or drops what is kept, why, and when."""

    name: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A pause that was decided past the brake and is not enforced: a person releases or drops it."""

    decision: Decision

    @property
    def tenant(self) -> str:
        """Whose it is."""
        return self.decision.tenant.name

    def is_overtaken(self, record: Tenant | None, now: datetime) -> bool:
        """Whether nobody has to decide any more: it is stopped, gone, exempt or fenced since, or a day has passed."""
        if record is None or record.gone_at or record.standing is Standing.PAUSED:
            return True
        fenced = record.fence is not None and record.fence > self.decision.at
        return fenced or record.mode_at(now, Mode.ENFORCE) is Mode.OBSERVE or now - self.decision.at >= KEPT_FOR


def _minute(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def _of_last_hour(by_minute: Iterable[tuple[int, T]], now: datetime) -> Iterator[tuple[int, T]]:
    # The minute that the hour cuts in two still counts: that makes the guard more careful, never less.
    first = _minute(now - AN_HOUR)
    return (each for each in by_minute if each[0] >= first)


def braked(  # noqa: PLR0913, PLR0917 - what the page tells, each a concept of its own
    brake: Brake,
    kept: Iterable[Kept],
    allowed: int,
    senders: int,
    examples: Mapping[str, Iterable[Example]],
    now: datetime,
) -> Braked:
    """What the page about the brake tells: how many were paused and kept, who, and what they have in common."""
    names = tuple(each.tenant for each in kept)
    return Braked(
        allowed=allowed,
        senders=senders,
        paused=brake.paused(now),
        latest=brake.latest_tenants(now),
        kept=len(names),
        kept_tenants=names[:_LATEST],
        traits=shared_traits(examples),
    )


def shared_traits(examples: Mapping[str, Iterable[Example]]) -> tuple[Trait, ...]:
    """What most of these tenants have in common by their feedback: the most common first.

    Counted by tenant, so that one with much feedback does not speak for all.
    """
    examples = {name: found for name, each in examples.items() if (found := tuple(each))}
    counted = Counter(trait for found in examples.values() for trait in {t for each in found for t in _traits(each)})
    most = [
        (trait, number) for trait, number in counted.items() if number > 1 and number >= len(examples) * _MOST_OF_THEM
    ]
    ranked = sorted(most, key=lambda each: (-each[1], each[0]))
    return tuple(Trait(what, value, number, len(examples)) for (what, value), number in ranked[:_TRAITS])


def _traits(example: Example) -> Iterator[tuple[str, str]]:
    if example.domain:
        yield "recipients at", example.domain
    if example.sending_ip:
        yield "sent from", example.sending_ip
    if example.diagnostic:
        reply = _REPLY.search(example.diagnostic)
        yield "answered", reply.group() if reply else example.diagnostic[:_WORDS]
