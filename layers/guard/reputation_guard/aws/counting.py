"""Adding to the counts table: one UpdateItem a ledger and hour or slot, the same however often it comes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reputation_guard.aws.answers import answers, code_of
from reputation_guard.aws.counts_keys import (
    DELAYS,
    KEEP_DAYS_SECONDS,
    KEEP_DELAYS_SECONDS,
    KEEP_HOURS_SECONDS,
    KEEP_SENDERS_SECONDS,
    SENDERS,
    WATERMARK,
    by_set,
    day_key,
    debt_key,
    delays_key,
    feedback_key,
    hour_key,
    hours_of_sets,
    ledger_key,
    sent_through,
    slot_key,
)
from reputation_guard.aws.remembered import Remembered
from reputation_guard.domain.counts import (
    DAY_SECONDS,
    EXACT_IDS,
    HOUR_SECONDS,
    NO_SETS,
    SLOT_SECONDS,
    SLOTS_PER_HOUR,
    HourOfSends,
    HoursOfSets,
    Ids,
    Ledger,
    SlotOfFeedback,
)
from reputation_guard.domain.decision import Example
from reputation_guard.domain.learning import DayOfDelays
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.sight import Debt, Gap, Mark

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_EXAMPLES_AN_HOUR = 20


class CountsWriter:
    """`ports.counting.Counting` on DynamoDB."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._enough_examples = Remembered[tuple[str, int], None]()
        # A set of ids never shrinks, so what was full once stays full.
        self._full = Remembered[tuple[tuple[str, str], Kind], None]()
        self._sight_noted = False
        # What this process has noted already: mostly the same tenants send.
        self._traces: tuple[int, frozenset[bytes]] = (0, frozenset())

    def add_sends(self, sends: HourOfSends) -> None:
        adds = {f"s{slot % SLOTS_PER_HOUR}": count for slot, count in sends.by_slot.items()}
        if sends.named_by_ses:
            adds["named_by_ses"] = sends.named_by_ses
        add = {name: {"N": str(count)} for name, count in adds.items()} | sent_through(sends.through)
        latest = {"last_second": sends.last, "batch_first": sends.first, "counted_at": sends.counted_at.timestamp()}
        key = {"pk": {"S": ledger_key(sends.ledger)}, "sk": {"S": hour_key(sends.hour)}}
        before = self._update(
            key,
            add=add,
            expires_at=sends.hour * HOUR_SECONDS + KEEP_HOURS_SECONDS,
            sets={name: {"N": repr(number)} for name, number in latest.items()},
            first_second=sends.first,
        )
        # Batches come in any order (Law 3): the earliest send is the first one, and the latest the last.
        if before and "first_second" in before and int(before["first_second"]["N"]) > sends.first:
            self._correct(key, "first_second", sends.first, "first_second > :right")
        if before and "last_second" in before and int(before["last_second"]["N"]) > sends.last:
            self._correct(key, "last_second", int(before["last_second"]["N"]), "last_second < :right")

    def _correct(self, key: Mapping[str, Any], name: str, right: int, condition: str) -> None:
        self._conditional(
            Key=key,
            UpdateExpression=f"SET {name} = :right",
            ConditionExpression=condition,
            ExpressionAttributeValues={":right": {"N": str(right)}},
        )

    def add_late_sends(self, ledger: Ledger, day: int, sends: int, through: HoursOfSets = NO_SETS) -> None:
        self._update(
            {"pk": {"S": ledger_key(ledger)}, "sk": {"S": day_key(day)}},
            add={"late_sends": {"N": str(sends)}} | hours_of_sets(through),
            expires_at=day * DAY_SECONDS + KEEP_DAYS_SECONDS,
        )

    def add_feedback(self, feedback: SlotOfFeedback) -> None:
        if self._add_ids(feedback, feedback.ids):
            return
        # At least one kind has its thousand ids: that one gets the sample only.
        for kind, ids in feedback.ids.items():
            if not self._add_ids(feedback, {kind: ids}):
                self._full[_key_of(feedback), kind] = None
                self._add_ids(feedback, {kind: ids})

    def _add_ids(self, feedback: SlotOfFeedback, ids: Mapping[Kind, Ids]) -> bool:
        """Add what there is room for; False where a kind turns out to be full."""
        full = {kind for kind in ids if (_key_of(feedback), kind) in self._full}
        ids = {kind: Ids(sample=each.sample) if kind in full else each for kind, each in ids.items()}
        if not any(each.exact or each.sample for each in ids.values()):
            return True
        sets = {str(kind): each.exact for kind, each in ids.items() if each.exact}
        room = " AND ".join(f"(attribute_not_exists({name}) OR size({name}) < :room)" for name in sets)
        sets |= {f"{kind}_sample": each.sample for kind, each in ids.items() if each.sample}
        add = {name: {"BS": sorted(members)} for name, members in sets.items()}
        pk, sk = _key_of(feedback)
        added = self._update(
            {"pk": {"S": pk}, "sk": {"S": sk}},
            add=add,
            expires_at=feedback.slot * SLOT_SECONDS + KEEP_DAYS_SECONDS,
            condition=room,
            values={":room": {"N": str(EXACT_IDS)}} if room else {},
        )
        return added is not None

    def add_delays(self, delays: DayOfDelays) -> None:
        self._update(
            {"pk": {"S": DELAYS}, "sk": {"S": delays_key(delays.kind, delays.day, delays.group)}},
            add={f"d{at}": {"N": str(feedback)} for at, feedback in delays.by_bin.items()},
            expires_at=delays.day * DAY_SECONDS + KEEP_DELAYS_SECONDS,
        )

    def add_examples(self, tenant: str, hour: int, examples: Sequence[tuple[bytes, Example]]) -> None:
        if not examples or (tenant, hour) in self._enough_examples:
            return
        lines = [json.dumps({"id": ident.hex(), **asdict(example)}, sort_keys=True) for ident, example in examples]
        added = self._update(
            {"pk": {"S": f"examples#{tenant}"}, "sk": {"S": hour_key(hour)}},
            add={"examples": {"SS": sorted(set(lines))}},
            expires_at=hour * HOUR_SECONDS + KEEP_HOURS_SECONDS,
            condition="attribute_not_exists(examples) OR size(examples) < :enough",
            values={":enough": {"N": str(_EXAMPLES_AN_HOUR)}},
        )
        if added is None:
            self._enough_examples[tenant, hour] = None

    def note_senders(self, hour: int, traces: frozenset[bytes]) -> None:
        known = self._traces[1] if self._traces[0] == hour else frozenset()
        if traces <= known:
            return
        self._update(
            {"pk": {"S": SENDERS}, "sk": {"S": hour_key(hour)}},
            add={"traces": {"BS": sorted(traces - known)}},
            expires_at=hour * HOUR_SECONDS + KEEP_SENDERS_SECONDS,
        )
        self._traces = (hour, known | traces)

    def note_sight(self, now: datetime) -> None:
        if not self._sight_noted:
            self._set_mark("SET sight_since = if_not_exists(sight_since, :now)", {":now": _number(now)})
            self._sight_noted = True

    def open_debt(self, debt: Debt) -> None:
        item = {**debt_key(debt), "low": _number(debt.low), "until": _number(debt.until)}
        if debt.tenant:
            item["tenant"] = {"S": debt.tenant}
        expires_at = {"N": str(int(debt.until.timestamp()) + DAY_SECONDS)}
        with answers():
            self._dynamodb.put_item(TableName=self._table, Item={**item, "expires_at": expires_at})

    def close_debt(self, debt: Debt) -> None:
        with answers():
            self._dynamodb.delete_item(TableName=self._table, Key=debt_key(debt))

    def note_gap(self, gap: Gap) -> None:
        interval = f"{gap.start.isoformat()}/{gap.end.isoformat()}"
        self._set_mark("ADD gaps :gap", {":gap": {"SS": [interval]}})

    def advance_watermark(self, mark: Mark) -> None:
        self._set_mark(
            "SET low = :low, high = :high, counted_at = :counted, waited = :waited, "
            "sends_since = if_not_exists(sends_since, :low)",
            {
                ":low": _number(mark.low),
                ":high": _number(mark.high),
                ":counted": _number(mark.counted_at),
                ":waited": {"N": repr(mark.waited.total_seconds())},
            },
            ConditionExpression="attribute_not_exists(high) OR high <= :high",
        )

    def _set_mark(self, update: str, values: Mapping[str, Any], **condition: str) -> None:
        self._conditional(Key=WATERMARK, UpdateExpression=update, ExpressionAttributeValues=values, **condition)

    def _update(  # noqa: PLR0913 - the parts of one UpdateItem
        self,
        key: Mapping[str, Any],
        *,
        add: Mapping[str, Any],
        expires_at: int,
        sets: Mapping[str, Any] | None = None,
        first_second: int | None = None,
        condition: str = "",
        values: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any] | None:
        """ADD these values and SET those; the item as it was, and None where the condition fails."""
        all_sets = {"expires_at": {"N": str(expires_at)}, **(sets or {})}
        texts, more = [f"{name} = :{name}" for name in all_sets], dict(values or {})
        if first_second is not None:
            texts.append("first_second = if_not_exists(first_second, :first)")
            more[":first"] = {"N": str(first_second)}
        return self._conditional(
            Key=key,
            UpdateExpression=f"SET {', '.join(texts)} ADD {', '.join(f'{name} :{name}' for name in add)}",
            ExpressionAttributeValues={f":{name}": value for name, value in {**all_sets, **add}.items()} | more,
            **({"ConditionExpression": condition} if condition else {}),
            **({"ReturnValues": "ALL_OLD"} if first_second is not None else {}),
        )

    def _conditional(self, **update: Any) -> Mapping[str, Any] | None:
        """What the update returns; None where its condition did not hold."""
        with answers():
            try:
                return self._dynamodb.update_item(TableName=self._table, **update).get("Attributes", {})
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
                return None


def _key_of(feedback: SlotOfFeedback) -> tuple[str, str]:
    return feedback_key(feedback.ledger), by_set(slot_key(feedback.slot), feedback.through)


def _number(moment: datetime) -> dict[str, str]:
    return {"N": repr(moment.timestamp())}
