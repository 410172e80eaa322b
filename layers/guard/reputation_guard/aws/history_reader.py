"""Reading all that was ever counted, as an export does: every ledger with all of its slots and days, page by page."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from reputation_guard.aws.counts_keys import day_key, ledger_in, ledger_key
from reputation_guard.aws.ledger_items import Item, Numbers, slots_and_days
from reputation_guard.aws.pages import pages
from reputation_guard.domain.counts import SLOTS_PER_DAY, Ledger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Behind the last hour; days come before hours.
_LAST = "hour#~"


@dataclass(frozen=True, slots=True)
class LedgerHistory:
    """What is kept of one ledger: numbers by slot, and by closed day (Unix days) where the slots are gone."""

    ledger: Ledger
    slots: Mapping[int, Numbers]
    days: Mapping[int, Numbers]


class HistoryReader:
    """The counts of every ledger. `looked_at` is told how many items each page took, and may wait there."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, looked_at: Callable[[int], None]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._looked_at = looked_at

    def ledgers(self, first_day: int) -> Iterator[LedgerHistory]:
        """Every tenant's ledger and every configuration set's, from a day (Unix days) on; in no order."""
        # A scan gives the items of a partition together, in the order of their sort keys.
        items = self._read(
            "scan",
            FilterExpression="begins_with(pk, :tenant) OR begins_with(pk, :set)",
            ExpressionAttributeValues={":tenant": {"S": "tenant#"}, ":set": {"S": "unattributed#"}},
        )
        for partition, of_ledger in groupby(items, key=lambda item: str(item["pk"]["S"])):
            yield _history(ledger_in(partition), of_ledger, first_day)

    def ledger(self, ledger: Ledger, first_day: int) -> LedgerHistory:
        """One ledger, from a day (Unix days) on."""
        values = {":pk": {"S": ledger_key(ledger)}, ":first": {"S": day_key(first_day)}, ":last": {"S": _LAST}}
        condition = "pk = :pk AND sk BETWEEN :first AND :last"
        items = self._read("query", KeyConditionExpression=condition, ExpressionAttributeValues=values)
        return _history(ledger, items, first_day)

    def _read(self, operation: str, **asked: Any) -> Iterator[Item]:
        return pages(self._dynamodb, operation, self._looked_at, TableName=self._table, **asked)


def _history(ledger: Ledger, items: Iterator[Item], first_day: int) -> LedgerHistory:
    slots, days = slots_and_days(items)
    return LedgerHistory(
        ledger,
        {slot: each for slot, each in slots.items() if slot >= first_day * SLOTS_PER_DAY},
        {day: each for day, each in days.items() if day >= first_day},
    )
