"""`python -m bench.counters`: what the counts of a tenant weigh, and what a batch writes, by the real adapter.

It counts 34 days of a tenant's mail into DynamoDB's stand-in, a batch every five minutes, closes its days as the
review does, and weighs what would still be there by DynamoDB's rules for item sizes
(docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html). Exact counts, no times.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto import mock_aws

from reputation_guard.aws.counted import CountsReader
from reputation_guard.aws.counting import CountsWriter
from reputation_guard.aws.counts_keys import LETTER
from reputation_guard.aws.owners import OwnersTable
from reputation_guard.domain.counts import (
    SLOT_SECONDS,
    SLOTS_PER_DAY,
    SLOTS_PER_HOUR,
    HourOfSends,
    Ids,
    Ledger,
    SlotOfFeedback,
    feedback_id,
    slot_start,
)
from reputation_guard.domain.mail import CONFIGURATION_SET_TAG, SES_TENANT_TAG, Bounce, Mail, MailEvent, Recipient, Send
from reputation_guard.domain.policy import Kind
from reputation_guard.usecases.count import CountingRules, count

TABLE, TENANT, CONFIGURATION_SET = "counts", Ledger(tenant="acme"), "acme-mail"
LAST = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAYS, BY_SLOT_DAYS = 34, 6
TARGET_BYTES = 4096
# A hard bounce for every fiftieth mail.
BOUNCES_IN = 50


@dataclass(frozen=True, slots=True)
class Weight:
    """What is kept of one tenant, in bytes: its counters with their names, and whole items with keys and marks."""

    counters: int
    items: int
    number_of_items: int


def weigh(mails_a_day: int) -> Weight:
    """Count a tenant that sends evenly, and weigh what is kept at the end; ids and examples apart."""
    with mock_aws():
        table = _table()
        writer, reader = CountsWriter(table, TABLE), CountsReader(table, TABLE)
        last = int(LAST.timestamp()) // SLOT_SECONDS
        for slot, mails in _slots(mails_a_day, last):
            if slot % SLOTS_PER_DAY == 0:
                # The review closes a day when the one after it is over.
                reader.recount_day(TENANT, slot // SLOTS_PER_DAY - 2)
            _count_slot(writer, reader, slot, mails)
        return _weight(table.query(**_items_of("tenant#acme"))["Items"])


def _slots(mails_a_day: int, last: int) -> Iterator[tuple[int, int]]:
    """The slots with what is sent in each; days whose hours are gone at the end anyway are sent in one slot."""
    first, sent = last - DAYS * SLOTS_PER_DAY + 1, 0
    for number in range(DAYS * SLOTS_PER_DAY):
        if number < (DAYS - BY_SLOT_DAYS) * SLOTS_PER_DAY and (first + number) % SLOTS_PER_DAY:
            continue
        due = mails_a_day * (number + 1) // SLOTS_PER_DAY
        yield first + number, due - sent
        sent = due


def _count_slot(writer: CountsWriter, reader: CountsReader, slot: int, mails: int) -> None:
    if not mails:
        return
    at, second = slot_start(slot), slot * SLOT_SECONDS
    hour, through = slot // SLOTS_PER_HOUR, frozenset({CONFIGURATION_SET})
    writer.add_sends(HourOfSends(TENANT, hour, {slot: mails}, mails, second, second + 299, at, through))
    bounces = mails // BOUNCES_IN or int(slot % BOUNCES_IN == 0)
    if bounces:
        ids = Ids.of(feedback_id(at, str(number)) for number in range(bounces))
        reader.write_feedback([SlotOfFeedback(TENANT, slot, {Kind.BOUNCE: ids}, CONFIGURATION_SET)])


def _weight(items: list[Mapping[str, Any]]) -> Weight:
    kept = [item for item in items if int(item["expires_at"]["N"]) > LAST.timestamp()]
    whole = sum(_bytes(name, value) for item in kept for name, value in item.items())
    letters = {"s", *LETTER.values()}
    counters = sum(
        _bytes(name, value)
        for item in kept
        for name, value in item.items()
        if "N" in value and ((name[0] in letters and name[1:].isdigit()) or item["sk"]["S"].startswith("day#"))
    )
    return Weight(counters, whole, len(kept))


def _bytes(name: str, value: Mapping[str, Any]) -> int:
    """DynamoDB's size of an attribute: its name, and the value; a number takes a byte for two digits, and one more."""
    if "N" in value:
        return len(name) + (len(value["N"].strip("-").replace(".", "").strip("0")) + 1) // 2 + 1
    text = value.get("S")
    return len(name) + (len(text.encode()) if text is not None else sum(len(each) for each in value["SS"]))


def writes_of_a_batch(tenants: int, mails: int, *, bounced: bool) -> Counter[str]:
    """The calls that change the table when a batch of so many mails of so many tenants is counted."""
    with mock_aws():
        table, calls = _table(), Counter[str]()
        table.meta.events.register("before-call.dynamodb", lambda model, **_: calls.update([model.name]))
        events = {str(number): _event(f"tenant-{number % tenants}", number, bounced=bounced) for number in range(mails)}
        count(events, CountsWriter(table, TABLE), OwnersTable(table, TABLE), CountingRules("guard-tenant"), LAST)
        return Counter({name: number for name, number in calls.items() if name not in {"Query", "GetItem"}})


def _event(tenant: str, number: int, *, bounced: bool) -> MailEvent:
    tags = {SES_TENANT_TAG: (tenant,), CONFIGURATION_SET_TAG: (CONFIGURATION_SET,)}
    mail = Mail(f"m-{number}", LAST - timedelta(seconds=30), ("recipient@example.net",), tags)
    return Bounce(mail, "Permanent", "General", (Recipient("recipient@example.net", ""),)) if bounced else Send(mail)


def _table() -> Any:
    connect: Any = boto3.client
    dynamodb = connect("dynamodb")
    keys = {"pk": "HASH", "sk": "RANGE"}
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
    )
    return dynamodb


def _items_of(partition: str) -> dict[str, Any]:
    values = {":pk": {"S": partition}}
    return {"TableName": TABLE, "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": values}


def main() -> int:
    """Print the figures; 1 if a target is missed."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ[name] = "bench"
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    worst = 0
    for mails in (20, 1_000, 100_000, 10_000_000):
        weight = weigh(mails)
        worst = max(worst, weight.counters)
        print(
            f"{mails:>10,} mails a day: {weight.counters:,} bytes of counters, in {weight.number_of_items} items "
            f"of {weight.items:,} bytes with their keys and marks"
        )
    for tenants, mails, bounced in ((1, 500, False), (20, 500, False), (1, 10, True), (5, 10, True)):
        writes = _told(writes_of_a_batch(tenants, mails, bounced=bounced))
        print(f"a batch of {mails} {'bounces' if bounced else 'sends'} of {tenants} tenants: {writes}")
    met = worst <= TARGET_BYTES
    print(f"target: counters of a tenant <= {TARGET_BYTES:,} bytes: {'met' if met else 'MISSED'} ({worst:,} bytes)")
    return 0 if met else 1


def _told(calls: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(calls.items()))


if __name__ == "__main__":
    sys.exit(main())
