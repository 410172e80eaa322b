"""From the items of a ledger to the domain's counts, and from a stream image to the feedback of a slot."""

import base64
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from reputation_guard.aws.counts_keys import (
    ACCOUNT_FEEDBACK,
    DAY_TOTAL,
    FEEDBACK,
    LETTER,
    day_of,
    delays_of_key,
    hour_of,
    slot_of_key,
)
from reputation_guard.domain.counts import (
    ACCOUNT_LEDGER,
    SLOTS_PER_DAY,
    SLOTS_PER_HOUR,
    Counts,
    Ids,
    Ledger,
    Series,
    SlotOfFeedback,
    layout,
)
from reputation_guard.domain.learning import BINS, DayOfDelays
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.sight import Mark
from reputation_guard.ports import Known

Item = Mapping[str, Any]
# The name of a number in an hour (with the slot behind it) and in a day.
_NAMES = {"sends": ("s", "sends"), **{str(kind): (LETTER[kind], DAY_TOTAL[kind]) for kind in Kind}}


class Numbers(NamedTuple):
    """What was counted of one ledger in one slot or one day."""

    sends: int
    bounces: int
    complaints: int


def number(item: Item, name: str) -> int:
    """A number of an item, 0 where it is not there."""
    return int(item[name]["N"]) if name in item else 0


def ids_of(item: Item) -> dict[Kind, Ids]:
    """The ids in an item of feedback."""
    return {
        kind: Ids(_binaries(item, kind), _binaries(item, f"{kind}_sample"))
        for kind in Kind
        if kind in item or f"{kind}_sample" in item
    }


def feedback_of(image: Item) -> SlotOfFeedback:
    """The feedback of a slot, as a stream's image shows it."""
    partition = image["pk"]["S"]
    return SlotOfFeedback(
        ledger=ACCOUNT_LEDGER if partition == ACCOUNT_FEEDBACK else Ledger(tenant=partition.removeprefix(FEEDBACK)),
        slot=slot_of_key(image["sk"]["S"]),
        ids=ids_of(image),
        configuration_sets=frozenset(image.get("configuration_sets", {}).get("SS", ())),
    )


def delays_from(item: Item) -> DayOfDelays:
    """How long the feedback of a day and a group of tenants took."""
    kind, day, group = delays_of_key(item["sk"]["S"])
    numbers = {at: number(item, f"d{at}") for at in range(BINS)}
    return DayOfDelays(kind, day, group, {at: feedback for at, feedback in numbers.items() if feedback})


def sum_of_hours(hours: Iterable[Item]) -> dict[str, int]:
    """The totals of a day from its hours."""
    totals = dict.fromkeys((of_day for _, of_day in _NAMES.values()), 0)
    for item in hours:
        for of_slot, of_day in _NAMES.values():
            totals[of_day] += _of_hour(of_slot, item)
    return totals


def known_from(items: Iterable[Item], newest: int) -> Known:
    """What is known of a ledger when the slot `newest` is running, from its days and hours."""
    days: dict[int, Item] = {}
    hours: dict[int, Item] = {}
    for item in items:
        key = item["sk"]["S"]
        if key.startswith("day#"):
            days[day_of(key)] = item
        else:
            hours[hour_of(key)] = item
    firsts = [number(item, "first_second") for item in hours.values() if "first_second" in item]
    series = {
        name: Series(
            _slots(of_slot, hours, newest),
            _days(of_day, days, hours, newest),
            _hours(of_slot, hours, newest),
        )
        for name, (of_slot, of_day) in _NAMES.items()
    }
    return Known(
        counts=Counts(newest, series["sends"], series[Kind.BOUNCE], series[Kind.COMPLAINT]),
        first_seen=datetime.fromtimestamp(min(firsts), UTC) if firsts else None,
        named_by_ses=any("named_by_ses" in item for item in hours.values()),
        mark=_mark_of(hours),
    )


def slots_and_days(items: Iterable[Item]) -> tuple[dict[int, Numbers], dict[int, Numbers]]:
    """All that is kept of a ledger: by slot where all hours of a day are there, else its closed days (Unix days).

    Nothing is in both. Sends that came after their day was closed have no slot on record: they are added to the last
    slot of their day that has sends.
    """
    days: dict[int, Item] = {}
    hours: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        key = item["sk"]["S"]
        if key.startswith("day#"):
            days[day_of(key)] = item
        else:
            hours[hour_of(key) // 24].append(item)
    slots: dict[int, Numbers] = {}
    closed: dict[int, Numbers] = {}
    for day in sorted(days.keys() | hours.keys()):
        item, late = days.get(day, {}), number(days.get(day, {}), "late_sends")
        of_day = dict(numbered for hour in hours[day] for numbered in _numbered(hour))
        # Hours expire one by one: what is left of a day is not the day.
        if of_day and sum(each.sends for each in of_day.values()) >= number(item, "sends"):
            if late:
                last = max((slot for slot, each in of_day.items() if each.sends), default=day * SLOTS_PER_DAY)
                here = of_day.get(last, Numbers(0, 0, 0))
                of_day[last] = here._replace(sends=here.sends + late)
            slots |= of_day
        elif "sends" in item:
            total = {name: number(item, of) for name, (_, of) in _NAMES.items()}
            closed[day] = Numbers(total["sends"] + late, total[Kind.BOUNCE], total[Kind.COMPLAINT])
    return slots, closed


def _numbered(hour: Item) -> Iterator[tuple[int, Numbers]]:
    """The slots of an hour with anything in them."""
    first = hour_of(hour["sk"]["S"]) * SLOTS_PER_HOUR
    for index in range(SLOTS_PER_HOUR):
        found = Numbers(*(number(hour, f"{of_slot}{index}") for of_slot, _ in _NAMES.values()))
        if any(found):
            yield first + index, found


def _mark_of(hours: Mapping[int, Item]) -> Mark | None:
    """The ledger's own last batch, from the latest hour that has one."""
    marked = [hour for hour, item in hours.items() if "last_second" in item]
    if not marked:
        return None
    item = hours[max(marked)]
    names = ("batch_first", "last_second", "counted_at")
    return Mark(*(datetime.fromtimestamp(float(item[name]["N"]), UTC) for name in names))


def _slots(name: str, hours: Mapping[int, Item], newest: int) -> tuple[int, ...]:
    """One number a slot."""
    slots, _, _ = layout(newest)
    return tuple(number(hours.get(slot // SLOTS_PER_HOUR, {}), f"{name}{slot % SLOTS_PER_HOUR}") for slot in slots)


def _hours(name: str, hours: Mapping[int, Item], newest: int) -> tuple[int, ...]:
    """One number an hour, from before the slots on."""
    _, hours_back, _ = layout(newest)
    return tuple(_of_hour(name, hours.get(hour, {})) for hour in hours_back)


def _of_hour(name: str, item: Item) -> int:
    return sum(number(item, f"{name}{index}") for index in range(SLOTS_PER_HOUR))


def _days(name: str, days: Mapping[int, Item], hours: Mapping[int, Item], newest: int) -> tuple[int, ...]:
    """One number a closed day; a day nobody has summed up yet is summed up from its hours."""
    numbers = []
    _, _, closed = layout(newest)
    for day in closed:
        item = days.get(day, {})
        of_day = [each for hour, each in hours.items() if hour // 24 == day]
        if "sends" not in item and not of_day:
            # Its sends are gone: what came back of them cannot be weighed.
            numbers.append(0)
            continue
        total = number(item, name) if name in item else sum_of_hours(of_day)[name]
        numbers.append(total + (number(item, "late_sends") if name == "sends" else 0))
    return tuple(numbers)


def _binaries(item: Item, name: str) -> frozenset[bytes]:
    """A set of ids: a stream hands binaries over in base 64, the SDK as bytes."""
    members = item.get(name, {}).get("BS", ())
    return frozenset(base64.b64decode(member) if isinstance(member, str) else bytes(member) for member in members)
