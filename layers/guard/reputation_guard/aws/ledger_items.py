"""From the items of a ledger to the domain's counts, and from a stream image to the feedback of a slot."""

import base64
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from reputation_guard.aws.counts_keys import (
    ACCOUNT_FEEDBACK,
    DAY_TOTAL,
    FEEDBACK,
    LETTER,
    SENT_THROUGH,
    day_of,
    delays_of_key,
    hour_of,
    slot_of_key,
    unseen_in,
    without_set,
)
from reputation_guard.domain.counts import (
    ACCOUNT_LEDGER,
    ANY_SET,
    SLOTS_PER_DAY,
    SLOTS_PER_HOUR,
    Counts,
    HoursOfSets,
    Ids,
    Ledger,
    Series,
    SlotOfFeedback,
    first_open_day,
    layout,
)
from reputation_guard.domain.learning import BINS, DayOfDelays
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.sight import Mark
from reputation_guard.ports.counted import Known

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


def ids_by_set(items: Iterable[Item]) -> dict[str, dict[Kind, Ids]]:
    """The ids in the items of one slot's feedback, by the configuration set the mail was sent through."""
    return {without_set(item["sk"]["S"])[1]: ids_of(item) for item in items}


def _sent_through(item: Item) -> frozenset[str]:
    return frozenset(item.get(SENT_THROUGH, {}).get("SS", ()))


def sets_of_hours(hours: Iterable[Item]) -> dict[str, int]:
    """The configuration sets that the sends of a day's hours went through, with the hours of each as bits."""
    sets: dict[str, int] = defaultdict(int)
    for item in hours:
        for name in _sent_through(item):
            sets[name] |= 1 << hour_of(without_set(item["sk"]["S"])[0]) % 24
    return sets


def sets_of_day(day: Iterable[Item]) -> dict[str, int]:
    """The same, of a day that is closed."""
    sets: dict[str, int] = defaultdict(int)
    for item in day:
        for each in _sent_through(item):
            bits, _, name = each.partition("#")
            sets[name] |= int(bits, 16)
    return sets


def feedback_of(image: Item) -> SlotOfFeedback:
    """The feedback of a slot, as a stream's image shows it."""
    partition = image["pk"]["S"]
    key, through = without_set(image["sk"]["S"])
    return SlotOfFeedback(
        ledger=ACCOUNT_LEDGER if partition == ACCOUNT_FEEDBACK else Ledger(tenant=partition.removeprefix(FEEDBACK)),
        slot=slot_of_key(key),
        ids=ids_of(image),
        through=through,
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


def is_sent_through(sets: HoursOfSets, through: str, hour: int) -> bool:
    """Whether sends through a set are on record in an hour (0..23) of a closed day, or may be."""
    return not through or bool((sets.get(through, 0) | sets.get(ANY_SET, 0)) >> hour & 1)


def _seen_of_day(sends: Item, feedback: Item, through: str) -> Item:
    """The feedback of a closed day through one set; sends that came since it was counted let more of it be seen."""
    sets, seen = sets_of_day([sends]), dict(feedback)
    for kind, total in DAY_TOTAL.items():
        hours = (hour for hour in range(24) if is_sent_through(sets, through, hour))
        more = sum(number(feedback, unseen_in(hour, kind)) for hour in hours)
        seen[total] = {"N": str(number(feedback, total) + more)}
    return seen


@dataclass(slots=True)
class _Sheet:
    """Numbers by closed day (Unix days) and by hour (Unix hours)."""

    days: dict[int, Item] = field(default_factory=dict)
    hours: dict[int, Item] = field(default_factory=dict)

    def at(self, key: str) -> tuple[dict[int, Item], int]:
        """Where an item of this sort key lies."""
        return (self.days, day_of(key)) if key.startswith("day#") else (self.hours, hour_of(key))

    def since(self, first_hour: int) -> "_Sheet":
        """The hours from this one on."""
        return _Sheet(hours={hour: item for hour, item in self.hours.items() if hour >= first_hour})

    def counts(self, newest: int) -> Counts:
        """The counts when the slot `newest` is running."""
        sends, bounces, complaints = (
            Series(
                _slots(of_slot, self.hours, newest),
                _days(of_day, self.days, self.hours, newest),
                _hours(of_slot, self.hours, newest),
            )
            for of_slot, of_day in _NAMES.values()
        )
        return Counts(newest, sends, bounces, complaints)


def _sheets(items: Iterable[Item]) -> tuple[_Sheet, dict[str, _Sheet]]:
    """A ledger's numbers, and by set those of feedback in open hours in which no send went through it."""
    seen, unseen = _Sheet(), defaultdict[str, _Sheet](_Sheet)
    # In the order of their keys sends come before the feedback of their hour or day.
    for item in sorted(items, key=lambda item: str(item["sk"]["S"])):
        key, through = without_set(item["sk"]["S"])
        numbers, at = seen.at(key)
        sends = numbers.get(at, {})
        through_hour = _sent_through(sends)
        if through and numbers is seen.days:
            numbers[at] = _summed(sends, _seen_of_day(sends, item, through))
        elif not through or through in through_hour or ANY_SET in through_hour:
            numbers[at] = _summed(sends, item)
        else:
            unseen[through].hours[at] = item
    return seen, unseen


def _summed(sends: Item, feedback: Item) -> Item:
    """An hour's or a day's numbers with the feedback that came through one more of its sets."""
    both = (sends.keys() & feedback.keys()) - {"pk", "sk", "expires_at"}
    return {**feedback, **sends, **{name: {"N": str(number(sends, name) + number(feedback, name))} for name in both}}


def known_from(items: Iterable[Item], newest: int) -> Known:
    """What is known of a ledger when the slot `newest` is running, from its days and hours."""
    seen, unseen = _sheets(items)
    hours = seen.hours
    firsts = [number(item, "first_second") for item in hours.values() if "first_second" in item]
    return Known(
        counts=seen.counts(newest),
        first_seen=datetime.fromtimestamp(min(firsts), UTC) if firsts else None,
        named_by_ses=any("named_by_ses" in item for item in hours.values()),
        mark=_mark_of(hours),
        through={hour: _sent_through(item) for hour, item in hours.items()},
        unseen={through: sheet.since(first_open_day(newest) * 24).counts(newest) for through, sheet in unseen.items()},
    )


def slots_and_days(items: Iterable[Item]) -> tuple[dict[int, Numbers], dict[int, Numbers]]:
    """What is kept of a ledger and may be weighed: by slot where all hours of a day are there, else by closed day.

    Days are Unix days; nothing is in both. Sends that came after their day was closed have no slot on record: they are
    added to the last slot of their day that has sends. Feedback through sets without sends is left out, but for a
    tenant none of whose sends were ever seen: there it is held against no other sends.
    """
    seen, unseen = _sheets(items)
    if not any(number(day, "sends") for day in seen.days.values()) and not sum_of_hours(seen.hours.values())["sends"]:
        for sheet in unseen.values():
            for hour, item in sheet.hours.items():
                seen.hours[hour] = _summed(seen.hours.get(hour, {}), item)
    days, hours = seen.days, defaultdict[int, list[tuple[int, Item]]](list)
    for hour, item in seen.hours.items():
        hours[hour // 24].append((hour, item))
    slots: dict[int, Numbers] = {}
    closed: dict[int, Numbers] = {}
    for day in sorted(days.keys() | hours.keys()):
        item, late = days.get(day, {}), number(days.get(day, {}), "late_sends")
        of_day = dict(numbered for hour, numbers in hours[day] for numbered in _numbered(hour, numbers))
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


def _numbered(hour: int, item: Item) -> Iterator[tuple[int, Numbers]]:
    """The slots of an hour with anything in them."""
    first = hour * SLOTS_PER_HOUR
    for index in range(SLOTS_PER_HOUR):
        found = Numbers(*(number(item, f"{of_slot}{index}") for of_slot, _ in _NAMES.values()))
        if any(found):
            yield first + index, found


def _mark_of(hours: Mapping[int, Item]) -> Mark | None:
    """The ledger's own last batch, from the latest hour that has one."""
    marked = [hour for hour, item in hours.items() if "last_second" in item]
    if not marked:
        return None
    item = hours[max(marked)]
    low, high, counted_at = (
        datetime.fromtimestamp(float(item[name]["N"]), UTC) for name in ("batch_first", "last_second", "counted_at")
    )
    return Mark(low, high, counted_at)


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
