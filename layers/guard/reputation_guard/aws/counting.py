"""Adding to the counts table: one UpdateItem a ledger and hour or slot, the same however often it comes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reputation_guard.aws.answers import answers, code_of
from reputation_guard.aws.counts_keys import (
    KEEP_DAYS_SECONDS,
    KEEP_HOURS_SECONDS,
    WATERMARK,
    day_key,
    feedback_key,
    hour_key,
    ledger_key,
    slot_key,
)
from reputation_guard.domain.counts import (
    DAY_SECONDS,
    EXACT_IDS,
    HOUR_SECONDS,
    SLOT_SECONDS,
    SLOTS_PER_HOUR,
    HourOfSends,
    Ids,
    Ledger,
    SlotOfFeedback,
)
from reputation_guard.domain.decision import Example
from reputation_guard.domain.policy import Kind

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_EXAMPLES_AN_HOUR = 20


class CountsWriter:
    """`ports.Counting` on DynamoDB."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._enough_examples: set[tuple[str, int]] = set()

    def add_sends(self, sends: HourOfSends) -> None:
        adds = {f"s{slot % SLOTS_PER_HOUR}": count for slot, count in sends.by_slot.items()}
        if sends.named_by_ses:
            adds["named_by_ses"] = sends.named_by_ses
        key = {"pk": {"S": ledger_key(sends.ledger)}, "sk": {"S": hour_key(sends.hour)}}
        kept = self._update(
            key,
            add={name: {"N": str(count)} for name, count in adds.items()},
            expires_at=sends.hour * HOUR_SECONDS + KEEP_HOURS_SECONDS,
            first_second=sends.first,
        )
        if kept and int(kept["first_second"]["N"]) > sends.first:
            # Batches come in any order (Law 3): the earliest send is the first one, even if its batch was not.
            self._conditional(
                Key=key,
                UpdateExpression="SET first_second = :first",
                ConditionExpression="first_second > :first",
                ExpressionAttributeValues={":first": {"N": str(sends.first)}},
            )

    def add_late_sends(self, ledger: Ledger, day: int, sends: int) -> None:
        self._update(
            {"pk": {"S": ledger_key(ledger)}, "sk": {"S": day_key(day)}},
            add={"late_sends": {"N": str(sends)}},
            expires_at=day * DAY_SECONDS + KEEP_DAYS_SECONDS,
        )

    def add_feedback(self, feedback: SlotOfFeedback) -> None:
        if self._add_ids(feedback, feedback.ids):
            return
        # At least one kind has its thousand ids: that one gets the sample only.
        for kind, ids in feedback.ids.items():
            if not self._add_ids(feedback, {kind: ids}) and ids.sample:
                self._add_ids(feedback, {kind: Ids(sample=ids.sample)})

    def _add_ids(self, feedback: SlotOfFeedback, ids: Mapping[Kind, Ids]) -> bool:
        sets = {str(kind): each.exact for kind, each in ids.items() if each.exact}
        room = " AND ".join(f"(attribute_not_exists({name}) OR size({name}) < :room)" for name in sets)
        sets |= {f"{kind}_sample": each.sample for kind, each in ids.items() if each.sample}
        add: dict[str, Any] = {name: {"BS": sorted(members)} for name, members in sets.items()}
        if feedback.configuration_sets:
            add["configuration_sets"] = {"SS": sorted(feedback.configuration_sets)}
        added = self._update(
            {"pk": {"S": feedback_key(feedback.ledger)}, "sk": {"S": slot_key(feedback.slot)}},
            add=add,
            expires_at=feedback.slot * SLOT_SECONDS + KEEP_DAYS_SECONDS,
            condition=room,
            values={":room": {"N": str(EXACT_IDS)}} if room else {},
        )
        return added is not None

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
            self._enough_examples.add((tenant, hour))

    def advance_watermark(self, low: datetime, high: datetime, now: datetime) -> None:
        self._conditional(
            Key=WATERMARK,
            UpdateExpression="SET low = :low, high = :high, counted_at = :now, since = if_not_exists(since, :low)",
            ConditionExpression="attribute_not_exists(high) OR high < :high",
            ExpressionAttributeValues={
                name: {"N": repr(moment.timestamp())}
                for name, moment in ((":low", low), (":high", high), (":now", now))
            },
        )

    def _update(  # noqa: PLR0913 - the parts of one UpdateItem
        self,
        key: Mapping[str, Any],
        *,
        add: Mapping[str, Any],
        expires_at: int,
        first_second: int | None = None,
        condition: str = "",
        values: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any] | None:
        """ADD these values; the item as it is now, if `first_second` is given, and None where the condition fails."""
        sets, more = ["expires_at = :expires_at"], dict(values or {})
        if first_second is not None:
            sets.append("first_second = if_not_exists(first_second, :first)")
            more[":first"] = {"N": str(first_second)}
        return self._conditional(
            Key=key,
            UpdateExpression=f"SET {', '.join(sets)} ADD {', '.join(f'{name} :{name}' for name in add)}",
            ExpressionAttributeValues={
                ":expires_at": {"N": str(expires_at)},
                **{f":{name}": value for name, value in add.items()},
                **more,
            },
            **({"ConditionExpression": condition} if condition else {}),
            **({"ReturnValues": "ALL_NEW"} if first_second is not None else {}),
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
