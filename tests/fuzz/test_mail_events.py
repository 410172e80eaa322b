"""SES's mail events at the border of ingest: whatever one record is, its neighbours are counted as without it."""

import json
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reputation_guard import wiring
from reputation_guard.aws.counted import CountsReader
from reputation_guard.domain.counts import Ledger, slot_of
from reputation_guard.domain.policy import Kind
from reputation_guard.wire import MalformedError
from reputation_guard.wire.mail import parse_mail_event
from tests.aws.tables import COUNTS
from tests.functions.conftest import ARRIVED, Lines, client, failures, from_queue, handler_of
from tests.functions.conftest import example as shape
from tests.fuzz.shapes import VALUES, mutated, of_events, tried, written

MAIL = of_events("send-*", "bounce-*", "complaint*", "unread-*")
BODIES = written(mutated(MAIL) | VALUES)
SLOT = slot_of(ARRIVED.replace(hour=8, minute=41))
NUMBERS = count()


def of_tenant(name: str, tenant: str) -> dict[str, Any]:
    event = shape(name)
    event["detail"]["mail"]["tags"]["ses:tenant-name"] = [tenant]
    return event


def counted(tenant: str) -> tuple[int, int]:
    """The sends and hard bounces of the slot in which the examples were sent."""
    reader, ledger = CountsReader(client("dynamodb"), COUNTS), Ledger(tenant=tenant)
    ids = reader.edges(ledger, [SLOT])[SLOT].values()
    sends = reader.known(ledger, ARRIVED).counts.sends.slots[slot_of(ARRIVED) - SLOT]
    return sends, sum(each[Kind.BOUNCE].count() for each in ids if Kind.BOUNCE in each)


def with_tag(name: str, value: str) -> str:
    event = shape("bounce-hard")
    event["detail"]["mail"]["tags"] = {name: [value], "ses:configuration-set": [value]}
    return json.dumps(event)


def is_malformed(body: str) -> bool:
    try:
        parse_mail_event(body, ARRIVED)
    except MalformedError as error:
        assert error.field
        assert error.problem
        assert len(error.field) + len(error.problem) < 1_000
        return True
    return False


@tried(25)
@given(st.lists(BODIES, min_size=1, max_size=3))
@example([with_tag("guard-tenant", "\x00")])
@example([with_tag("ses:tenant-name", "a#b~")])
def test_good_neighbours_are_counted_whatever_comes_beside_them(log: Lines, bodies: list[str]) -> None:
    """Law 11. Every record is counted, ignored as documented, or goes back to the queue by itself."""
    good = f"Good{next(NUMBERS)}"
    beside = {f"bad{number}": body for number, body in enumerate(bodies)}
    batch = {"first": of_tenant("send-of-tagged-tenant", good), **beside, "last": of_tenant("bounce-hard", good)}
    log.records.clear()
    failed = set(failures(handler_of("ingest")(from_queue(**batch), None)))
    assert counted(good) == (1, 1)
    malformed = {name for name, body in beside.items() if is_malformed(body)}
    refused = {line["record"] for line in log.of("not counted")}
    assert failed == malformed | refused
    assert {line["record"] for line in log.of("malformed record")} == malformed


@tried(250)
@given(BODIES)
def test_a_body_is_read_or_refused_by_its_field(body: str) -> None:
    is_malformed(body)


@pytest.mark.parametrize(
    ("sent_at", "counts"),
    [
        ("0001-01-01T00:00:00+14:00", 0),
        ("1969-12-31T23:59:59Z", 0),
        ("2026-11-24T08:41:02.669123456Z", 1),
        ("2026-11-24T08:54:59Z", 1),
    ],
)
def test_mail_older_than_anything_is_counted_as_too_old_and_harms_nobody(sent_at: str, counts: int) -> None:
    event = shape("send-of-tagged-tenant")
    event["detail"]["mail"]["timestamp"] = sent_at
    assert failures(handler_of("ingest")(from_queue(old=event), None)) == []
    known = wiring.counted().known(Ledger(tenant="CustomerA"), ARRIVED + timedelta(minutes=10)).counts.sends
    assert sum(known.slots) == counts


def test_fifty_recipients_in_capitals_are_fifty_sends_and_each_bounces_once() -> None:
    people = [f"Person.{number}@Example.NET" for number in range(50)]
    send, bounced = of_tenant("send-of-tagged-tenant", "Fifty"), of_tenant("bounce-hard", "Fifty")
    send["detail"]["mail"]["destination"] = bounced["detail"]["mail"]["destination"] = people
    bounced["detail"]["bounce"]["bouncedRecipients"] = [
        {"emailAddress": spelt} for each in people for spelt in (each, each.lower(), each.upper())
    ]
    assert failures(handler_of("ingest")(from_queue(send=send, bounced=bounced), None)) == []
    assert counted("Fifty") == (50, 50)


def test_an_event_of_256_kilobytes_is_counted() -> None:
    event = of_tenant("bounce-hard", "Large")
    event["detail"]["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = '"\\' * 60_000
    event["detail"]["mail"]["headers"] = [{"name": "X", "value": "x" * 100_000}]
    assert failures(handler_of("ingest")(from_queue(large=event), None)) == []
    assert counted("Large") == (0, 1)
