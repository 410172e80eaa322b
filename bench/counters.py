"""`python -m bench.counters`: what the counts of a tenant weigh, and what a batch writes, by the real adapter.

It counts 34 days of a tenant's mail into DynamoDB's stand-in, a batch every five minutes, closes its days as the
review does, and weighs what would still be there by DynamoDB's rules for item sizes
(docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html). Exact counts, no times.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto import mock_aws

from bench.figures import Figure, Measured, tell
from bench.sizes import attribute_bytes
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
# Of sends, and of the feedback of a slot: a tenant and batch.
TARGET_WRITES = 1
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
    whole = sum(attribute_bytes(name, value) for item in kept for name, value in item.items())
    letters = {"s", *LETTER.values()}
    counters = sum(
        attribute_bytes(name, value)
        for item in kept
        for name, value in item.items()
        if "N" in value and ((name[0] in letters and name[1:].isdigit()) or item["sk"]["S"].startswith("day#"))
    )
    return Weight(counters, whole, len(kept))


def writes_of_a_batch(tenants: int, mails: int, *, bounced: bool) -> Counter[str]:
    """How often a batch of so many mails of one slot writes to each partition of the table."""
    with mock_aws():
        table, writes = _table(), Counter[str]()

        def note(params: Mapping[str, Any], model: Any, **_: object) -> None:
            if model.name not in {"Query", "GetItem"}:
                writes.update([(params.get("Key") or params["Item"])["pk"]["S"]])

        table.meta.events.register("provide-client-params.dynamodb", note)
        events = {str(number): _event(f"tenant-{number % tenants}", number, bounced=bounced) for number in range(mails)}
        count(events, CountsWriter(table, TABLE), OwnersTable(table, TABLE), CountingRules("guard-tenant"), LAST)
        return writes


def _event(tenant: str, number: int, *, bounced: bool) -> MailEvent:
    tags = {SES_TENANT_TAG: (tenant,), CONFIGURATION_SET_TAG: (CONFIGURATION_SET,)}
    mail = Mail(f"m-{number}", LAST - timedelta(seconds=30), ("recipient@example.net",), tags)
    return Bounce(mail, "Permanent", "General", (Recipient("recipient@example.net", ""),)) if bounced else Send(mail)


def _table() -> Any:
    connect: Any = boto3.client
    dynamodb = connect("dynamodb", region_name="us-east-1")
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


def measure() -> Measured:
    """The bytes of tenants of all sizes, and the writes of batches."""
    weights = [figure for mails in (20, 1_000, 100_000, 10_000_000) for figure in _weight_figures(mails)]
    batches = ((1, 500, False), (20, 500, False), (1, 10, True), (5, 10, True))
    writes = [
        figure for tenants, mails, bounced in batches for figure in _write_figures(tenants, mails, bounced=bounced)
    ]
    how = f"Exact counts, without chance: {DAYS} days of mail, a hard bounce for every {BOUNCES_IN}th."
    return Measured(how, [*weights, *writes])


def _weight_figures(mails: int) -> Iterator[Figure]:
    weight = weigh(mails)
    met = weight.counters <= TARGET_BYTES
    to_reach = f"<= {TARGET_BYTES:,} bytes"
    yield Figure(f"{mails:,} mails a day: counters of a tenant", f"{weight.counters:,} bytes", to_reach, met)
    whole = f"{weight.items:,} bytes in {weight.number_of_items}"
    yield Figure(f"{mails:,} mails a day: items, with keys and marks", whole)


def _write_figures(tenants: int, mails: int, *, bounced: bool) -> Iterator[Figure]:
    what, partition = ("feedback", "feedback#") if bounced else ("sends", "tenant#")
    batch = f"batch of {mails} {'bounces' if bounced else 'sends'} of one slot, tenants: {tenants}"
    writes = writes_of_a_batch(tenants, mails, bounced=bounced)
    of_tenants = [number for name, number in writes.items() if name.startswith(partition)]
    met = len(of_tenants) == tenants and max(of_tenants) <= TARGET_WRITES
    yield Figure(f"{batch}: writes of {what} a tenant", f"{max(of_tenants, default=0)}", f"<= {TARGET_WRITES}", met)
    yield Figure(f"{batch}: all writes", f"{writes.total()}")


if __name__ == "__main__":
    sys.exit(tell("counters", measure))
