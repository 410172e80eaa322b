"""The brake: what people do with the pauses it keeps, and what must hold of it, whatever races."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from reputation_guard import wiring
from reputation_guard.aws.items import from_item
from reputation_guard.domain.brake import Person
from reputation_guard.domain.tenant import ACCOUNT
from reputation_guard.usecases.brake import NotKeptError, drop, release
from tests.aws.tables import BOOK
from tests.chaos.book import decisions, is_a_pause, is_of_the_guard, record
from tests.chaos.ses import DISABLED
from tests.chaos.world import World

Found = Iterator[tuple[str, str]]
_VERBS = {"release": release, "drop": drop}
_OUTCOMES = {"released", "dropped", "superseded"}
_AN_HOUR = timedelta(hours=1)
_LOST = "the guard's pause was lost"


def guard_brake(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """`guard brake release` or `drop` of everybody, as the command does it."""
    person = Person("Paula", "chaos", wiring.now())
    for kept in wiring.brake().kept():
        try:
            _VERBS[event["verb"]](kept.tenant, person, wiring.brake(), wiring.book())
        except NotKeptError:
            continue  # another was quicker, or this one before it crashed
    return {}


def was_kept(world: World, tenant: str) -> bool:
    """Whether a pause of it was ever kept."""
    return _is_kept(world, tenant) or bool(_ended(world, tenant))


def _is_kept(world: World, tenant: str) -> bool:
    return bool(world.tables.item(BOOK, "kept", tenant))


def _ended(world: World, tenant: str) -> list[Mapping[str, Any]]:
    of_tenant = world.tables.items[BOOK][f"tenant#{tenant}"]
    return [from_item(item) for key, item in of_tenant.items() if key.startswith("kept#")]


def the_brake_holds(world: World) -> Found:
    """Law 6: no more pauses in an hour than it allows; what is past it is kept, not made, and it is told once."""
    found = decisions(world)
    yield from _never_too_many(world, found)
    yield from _nothing_kept_is_made(world, found)
    names = {each["tenant"] for each in found} | set(world.ses.entities)
    waiting = [name for name in names if _is_kept(world, name)]
    for name in names:
        for ended in _ended(world, name):
            fine = ended["outcome"] in _OUTCOMES and ended["reason"]
            yield "what the brake keeps is kept until it is ended for a reason", "" if fine else f"{name}: {ended}"
    on = bool(record(world, ACCOUNT).get("braked_at"))
    yield (
        "people know whether the brake is on",
        f"{waiting} kept, and it is said to be {on}" if on != bool(waiting) else "",
    )
    of_brake = [each for each in sorted(found, key=_when) if each["announces"].startswith("Brake")]
    told = [each["announces"] for each in of_brake]
    for one, other in pairwise(of_brake):
        # What is kept after people were told is told of an hour later.
        again = one["announces"] == other["announces"] and _when(other) - _when(one) < _AN_HOUR
        yield "people hear of the brake once", f"{told}" if again else ""
    ever = any(was_kept(world, name) for name in names)
    yield "people hear of the brake once", "nobody heard of it" if ever and told[:1] != ["BrakeEngaged"] else ""


def _when(decision: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(decision["decision"]["at"])


def _never_too_many(world: World, found: list[dict[str, Any]]) -> Found:
    """A pause that a person released, or that SES lost, is not the guard's to count."""
    of_the_guard = [each for each in found if is_a_pause(each) and is_of_the_guard(each)]
    counted = sorted(_when(each) for each in of_the_guard if not _is_released(each) and _reason(each) != _LOST)
    for first, last in zip(counted, counted[world.brake :], strict=False):
        yield "the brake holds", f"{world.brake + 1} pauses from {first} to {last}" if last - first < _AN_HOUR else ""


def _is_released(decision: Mapping[str, Any]) -> bool:
    until = decision["decision"]["tenant"].get("released_until")
    return bool(until) and _when(decision) < datetime.fromisoformat(until)


def _reason(decision: Mapping[str, Any]) -> str:
    return str(decision["decision"].get("reason", ""))


def _nothing_kept_is_made(world: World, found: list[dict[str, Any]]) -> Found:
    for name in world.ses.entities:
        decided = sum(is_a_pause(each) and each["tenant"] == name for each in found)
        made = sum(
            each.tenant == name and each.status == DISABLED != each.before and each.by.startswith("enforce:")
            for each in world.ses.changes
        )
        yield (
            "what the brake keeps is not made",
            f"{name}: {made} pauses made, {decided} decided" if made > decided else "",
        )
