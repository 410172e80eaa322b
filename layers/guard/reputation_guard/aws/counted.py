"""Reading the counts table for a judgement: numbers only, however large the tenant, and the ids of two slots."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from reputation_guard.aws.answers import answers
from reputation_guard.aws.counts_keys import (
    ACCOUNT_SENDS,
    CONTRIBUTOR,
    DAY_TOTAL,
    DELAYS,
    KEEP_CONTRIBUTORS_SECONDS,
    KEEP_DAYS_SECONDS,
    KEEP_HOURS_SECONDS,
    LETTER,
    SENDERS,
    WATERMARK,
    by_set,
    day_key,
    delays_key,
    feedback_key,
    hour_key,
    hours_of_sets,
    last_of,
    ledger_key,
    slot_key,
    slot_of_key,
    unseen_in,
    without_set,
)
from reputation_guard.aws.ledger_items import (
    Item,
    delays_from,
    ids_by_set,
    ids_of,
    is_sent_through,
    known_from,
    sets_of_day,
    sets_of_hours,
    sum_of_hours,
)
from reputation_guard.aws.remembered import Remembered
from reputation_guard.domain.account import Contributor
from reputation_guard.domain.counts import (
    DAY_SECONDS,
    HOUR_SECONDS,
    KEPT_DAYS,
    SLOTS_PER_DAY,
    SLOTS_PER_HOUR,
    Ledger,
    SlotOfFeedback,
    slot_of,
)
from reputation_guard.domain.decision import Example
from reputation_guard.domain.learning import DayOfDelays
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.senders import estimated
from reputation_guard.domain.sight import Debt, Edges, Gap, Mark, Watermark
from reputation_guard.ports.counted import Known
from reputation_guard.wire.announcement import contributors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_EXAMPLE_HOURS = 48
_HOURS_OF_SENDERS = 24


class CountsReader:
    """`ports.counted.Counted` on DynamoDB."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._noted = Remembered[str, Contributor]()

    def known(self, ledger: Ledger, now: datetime) -> Known:
        slot = slot_of(now)
        items = self._query(
            ledger_key(ledger), day_key(slot // SLOTS_PER_DAY - KEPT_DAYS), last_of(hour_key(slot // SLOTS_PER_HOUR))
        )
        return known_from(items, slot)

    def edges(self, ledger: Ledger, slots: Iterable[int]) -> Edges:
        return {slot: ids_by_set(self._ids_between(ledger, slot, slot)) for slot in slots}

    def watermark(self) -> Watermark | None:
        items = {item["sk"]["S"]: item for item in self._query(WATERMARK["pk"]["S"], "debt#", WATERMARK["sk"]["S"])}
        item = items.pop(WATERMARK["sk"]["S"], {})
        # Where sends were seen it is since the first of them; mail from before has no sends to be weighed by.
        since = next((_moment(item, name) for name in ("sends_since", "sight_since") if name in item), None)
        if since is None:
            return None
        gaps = (map(datetime.fromisoformat, gap.split("/")) for gap in sorted(item.get("gaps", {}).get("SS", ())))
        return Watermark(
            since=since,
            mark=_mark(item) if "low" in item else None,
            debts=tuple(_debt(debt) for debt in items.values()),
            gaps=tuple(Gap(*ends) for ends in gaps),
        )

    def examples(self, tenant: str, now: datetime) -> tuple[Example, ...]:
        hour = slot_of(now) // SLOTS_PER_HOUR
        items = self._query(f"examples#{tenant}", hour_key(hour - _EXAMPLE_HOURS), hour_key(hour))
        lines = [json.loads(line) for item in reversed(list(items)[-2:]) for line in item["examples"]["SS"]]
        return tuple(
            Example(Kind(line["kind"]), line["domain"], line["diagnostic"], line["sending_ip"]) for line in lines
        )

    def senders(self, now: datetime) -> int:
        hour = slot_of(now) // SLOTS_PER_HOUR
        items = self._query(SENDERS, hour_key(hour - _HOURS_OF_SENDERS), hour_key(hour))
        return estimated(trace for item in items for trace in item["traces"]["BS"])

    def delays(self, kind: Kind, days: range) -> Sequence[DayOfDelays]:
        items = self._query(DELAYS, delays_key(kind, days.start), delays_key(kind, days.stop))
        return [delays_from(item) for item in items]

    def write_feedback(self, feedback: Sequence[SlotOfFeedback]) -> None:
        hours: dict[tuple[Ledger, int, str], dict[str, int]] = defaultdict(dict)
        for each in feedback:
            numbers = hours[each.ledger, each.slot // SLOTS_PER_HOUR, each.through]
            numbers |= {
                f"{LETTER[kind]}{each.slot % SLOTS_PER_HOUR}": each.ledger.count_of(ids)
                for kind, ids in each.ids.items()
            }
        for (ledger, hour, through), numbers in hours.items():
            expires_at = hour * HOUR_SECONDS + KEEP_HOURS_SECONDS
            self._set(ledger_key(ledger), by_set(hour_key(hour), through), numbers, expires_at)

    def recount_day(self, ledger: Ledger, day: int) -> None:
        first = day * SLOTS_PER_DAY
        # A day's feedback is worth nothing without its sends.
        self.close_day(ledger, day)
        sets = sets_of_day(self._query(ledger_key(ledger), day_key(day), day_key(day)))
        totals: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(DAY_TOTAL.values(), 0))
        for item in self._ids_between(ledger, first, first + SLOTS_PER_DAY - 1):
            key, through = without_set(item["sk"]["S"])
            numbers, hour = totals[through], (slot_of_key(key) - first) // SLOTS_PER_HOUR
            for kind, ids in ids_of(item).items():
                name = DAY_TOTAL[kind] if is_sent_through(sets, through, hour) else unseen_in(hour, kind)
                numbers[name] = numbers.get(name, 0) + ledger.count_of(ids)
        for through, numbers in totals.items():
            key, expires_at = by_set(day_key(day), through), day * DAY_SECONDS + KEEP_DAYS_SECONDS
            # Whose sends came since it was counted the last time is no more apart.
            gone = {unseen_in(hour, kind) for hour in range(24) for kind in Kind} - numbers.keys() if through else ()
            self._set(ledger_key(ledger), key, numbers, expires_at, remove=gone)

    def close_day(self, ledger: Ledger, day: int) -> None:
        hours = list(self._query(ledger_key(ledger), hour_key(day * 24), last_of(hour_key(day * 24 + 23))))
        if not hours:
            return
        add = hours_of_sets(sets_of_hours(hours))
        values: dict[str, Any] = {
            ":sends": {"N": str(sum_of_hours(hours)["sends"])},
            ":expires_at": {"N": str(day * DAY_SECONDS + KEEP_DAYS_SECONDS)},
            **{f":{name}": value for name, value in add.items()},
        }
        # The sum once: late sends are added beside it.
        update = "SET sends = if_not_exists(sends, :sends), expires_at = :expires_at"
        with answers():
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"pk": {"S": ledger_key(ledger)}, "sk": {"S": day_key(day)}},
                UpdateExpression=" ".join([update, *(f"ADD {name} :{name}" for name in add)]),
                ExpressionAttributeValues=values,
            )

    def note_contributor(self, contributor: Contributor) -> None:
        before = self._noted.get(contributor.tenant)
        if before and contributor.is_as_before(before):
            return
        expires_at = int(contributor.at.timestamp()) + KEEP_CONTRIBUTORS_SECONDS
        with answers():
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"pk": {"S": ACCOUNT_SENDS}, "sk": {"S": f"{CONTRIBUTOR}{contributor.tenant}"}},
                UpdateExpression="SET contributor = :contributor, expires_at = :expires_at",
                ExpressionAttributeValues={
                    ":contributor": {"S": contributors().dump_json(contributor).decode()},
                    ":expires_at": {"N": str(expires_at)},
                },
            )
        self._noted[contributor.tenant] = contributor

    def contributors(self) -> Sequence[Contributor]:
        found = self._query(ACCOUNT_SENDS, CONTRIBUTOR, f"{CONTRIBUTOR}~")
        return [contributors().validate_json(item["contributor"]["S"]) for item in found]

    def _set(
        self, pk: str, sk: str, numbers: Mapping[str, int], expires_at: int, *, remove: Collection[str] = ()
    ) -> None:
        sets = [f"{name} = :{name}" for name in numbers]
        removed = f" REMOVE {', '.join(sorted(remove))}" if remove else ""
        with answers():
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"pk": {"S": pk}, "sk": {"S": sk}},
                UpdateExpression=f"SET {', '.join([*sets, 'expires_at = :expires_at'])}{removed}",
                ExpressionAttributeValues={
                    ":expires_at": {"N": str(expires_at)},
                    **{f":{name}": {"N": str(count)} for name, count in numbers.items()},
                },
            )

    def _ids_between(self, ledger: Ledger, first: int, last: int) -> Iterator[Item]:
        return self._query(feedback_key(ledger), slot_key(first), last_of(slot_key(last)))

    def _query(self, pk: str, first: str, last: str) -> Iterator[Item]:
        """The items of a partition between two sort keys, in their order, as they are this very moment."""
        paginator = self._dynamodb.get_paginator("query")
        with answers():
            for page in paginator.paginate(
                TableName=self._table,
                ConsistentRead=True,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues={":pk": {"S": pk}, ":first": {"S": first}, ":last": {"S": last}},
            ):
                yield from page["Items"]


def _mark(item: Item) -> Mark:
    low, high, counted_at = (_moment(item, name) for name in ("low", "high", "counted_at"))
    return Mark(low, high, counted_at, timedelta(seconds=float(item["waited"]["N"])))


def _debt(item: Item) -> Debt:
    return Debt(_moment(item, "low"), _moment(item, "until"), item.get("tenant", {}).get("S", ""))


def _moment(item: Item, name: str) -> datetime:
    return datetime.fromtimestamp(float(item[name]["N"]), UTC)
