"""What the guard has written down, as plain values: records, decisions, incidents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reputation_guard.aws.book_items import partition_of
from reputation_guard.aws.items import from_item
from tests.aws.tables import BOOK
from tests.chaos.world import World


def record(world: World, tenant: str) -> Mapping[str, Any]:
    """A tenant's record, or the account's."""
    found: Mapping[str, Any] = from_item(world.tables.item(BOOK, partition_of(tenant), "tenant")).get("tenant", {})
    return found


def decisions(world: World) -> list[dict[str, Any]]:
    """Every decision with what became of it, under its id."""
    found = []
    for item in world.tables.of(BOOK):
        if item["sk"]["S"].startswith("decision#"):
            plain = from_item(item)
            before = plain["decision"]["tenant"]
            name = before["name"]
            found.append({**plain, "tenant": name, "id": f"{name}.{before.get('version', 0) + 1}"})
    return found


def is_a_pause(decision: Mapping[str, Any]) -> bool:
    """Whether it is an order to pause."""
    wanted = decision["decision"]
    return bool(decision["announces"] == "TenantPaused" and not wanted.get("adopted"))


def is_of_the_guard(decision: Mapping[str, Any]) -> bool:
    """Whether no person gave it."""
    return bool(decision["decision"].get("owner", "guard") == "guard")


def incidents(world: World) -> dict[str, Mapping[str, Any]]:
    """Every incident by its id."""
    items = [
        from_item(item)["incident"]
        for item in world.tables.of(BOOK)
        if item["pk"]["S"].startswith("incident#") and item["sk"]["S"] == "incident"
    ]
    return {each["id"]: each for each in items}
