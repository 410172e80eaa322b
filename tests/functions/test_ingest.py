"""ingest with SES's own envelopes: each is counted as documented, and a bad one harms nobody."""

import copy
import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from reputation_guard import wiring
from reputation_guard.aws.counted import CountsReader
from reputation_guard.aws.counting import CountsWriter
from reputation_guard.domain.counts import HourOfSends, Ledger, slot_of
from reputation_guard.domain.learning import bin_of
from reputation_guard.domain.mail import Bounce
from reputation_guard.domain.policy import Kind
from reputation_guard.ports.errors import RefusedError
from reputation_guard.wire.mail import parse_mail_event
from tests.aws.tables import COUNTS
from tests.functions.conftest import ARRIVED, ROOT, Clock, Lines, client, example, failures, from_queue, handler_of

SENT_AT = ARRIVED.replace(hour=8, minute=41)
LONGEST = "x" * 256
TENANT, ASTRAY = Ledger(tenant="CustomerA"), Ledger(configuration_set="ConfigSet")

EXAMPLES = {
    "send-of-tagged-tenant": (1, 0, 0),
    "send-of-own-tag": (1, 0, 0),
    "send-to-several": (2, 0, 0),
    "bounce-hard": (0, 1, 0),
    "bounce-hard-of-several": (0, 2, 0),
    "bounce-hard-of-own-tag": (0, 1, 0),
    "bounce-hard-of-global-suppression": (0, 1, 0),
    "bounce-hard-of-simulator": (0, 0, 0),
    "bounce-soft": (0, 0, 0),
    "bounce-undetermined": (0, 0, 0),
    "bounce-of-account-suppression-list": (0, 0, 0),
    "bounce-of-tenant-suppression-list": (0, 0, 0),
    "bounce-of-email-validation": (0, 0, 0),
    "complaint": (0, 0, 1),
    "complaint-of-several": (0, 0, 1),
    "complaint-without-report": (0, 0, 1),
    "complaint-not-spam": (0, 0, 0),
    "complaint-of-account-suppression-list": (0, 0, 0),
    "complaint-of-tenant-suppression-list": (0, 0, 0),
}
"""What each example comes to: sends, hard bounces, complaints of the tenant."""


def ingested(event: dict[str, Any]) -> list[str]:
    return failures(handler_of("ingest")(event, None))


def counted(ledger: Ledger = TENANT) -> tuple[int, int, int]:
    """The sends, hard bounces and complaints of the slot in which the examples were sent."""
    reader, slot = CountsReader(client("dynamodb"), COUNTS), slot_of(SENT_AT)
    sends = reader.known(ledger, ARRIVED).counts.sends.slots[slot_of(ARRIVED) - slot]
    if not ledger.tenant:
        return sends, 0, 0
    by_set = reader.edges(ledger, [slot])[slot].values()
    bounces, complaints = (sum(ids[kind].count() for ids in by_set if kind in ids) for kind in Kind)
    return sends, bounces, complaints


@pytest.mark.parametrize(("name", "expected"), EXAMPLES.items())
def test_each_documented_shape_counts_as_ses_counts_it(name: str, expected: tuple[int, int, int]) -> None:
    assert ingested(from_queue(r1=example(name))) == []
    assert counted() == expected


def test_every_mail_event_has_its_line_above() -> None:
    """A new shape in events/ needs its counts here."""
    patterns = ("send-*.json", "bounce-*.json", "complaint*.json")
    there = {path.stem for pattern in patterns for path in (ROOT / "events").glob(pattern)}
    assert there == {*EXAMPLES, "send-of-configuration-set"}


def test_a_send_that_names_nobody_is_counted_by_its_set_and_asked_for() -> None:
    assert ingested(from_queue(r1=example("send-of-configuration-set"))) == []
    assert (counted(), counted(ASTRAY)) == ((0, 0, 0), (1, 0, 0))
    assert list(wiring.owners().to_look_up(ARRIVED)) == ["ConfigSet"]


def test_a_send_of_a_set_that_is_one_tenants_is_that_tenants() -> None:
    wiring.owners().note("ConfigSet", "CustomerA", ARRIVED)
    ingested(from_queue(r1=example("send-of-configuration-set")))
    assert (counted(), counted(ASTRAY)) == ((1, 0, 0), (0, 0, 0))


def test_the_simulator_counts_where_the_deployment_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNT_SIMULATOR", "yes")
    ingested(from_queue(r1=example("bounce-hard-of-simulator")))
    assert counted() == (0, 1, 0)


def test_feedback_lands_in_the_slot_of_its_send_however_late_it_comes(clock: Clock) -> None:
    """Law 2."""
    clock.now = ARRIVED + timedelta(hours=30)
    ingested(from_queue(r1=example("bounce-hard")))
    assert counted() == (0, 1, 0)


def broken(change: Callable[[dict[str, Any]], object], name: str = "bounce-hard") -> dict[str, Any]:
    event = copy.deepcopy(example(name))
    change(event)
    return event


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (broken(lambda event: event["detail"]["mail"].pop("timestamp")), "mail.timestamp"),
        (broken(lambda event: event["detail"]["mail"].update(timestamp="yesterday")), "mail.timestamp"),
        (broken(lambda event: event["detail"]["mail"].update(timestamp="2026-11-24T08:41:02")), "mail.timestamp"),
        (broken(lambda event: event["detail"]["mail"].update(timestamp="2026-11-24T08:55:01Z")), "mail.timestamp"),
        (broken(lambda event: event["detail"]["mail"].update(messageId="")), "mail.messageId"),
        (broken(lambda event: event["detail"]["mail"].update(destination=[])), "mail.destination"),
        (broken(lambda event: event["detail"]["mail"].update(destination=None), "complaint"), "mail.destination"),
        (broken(lambda event: event["detail"]["mail"].update(tags=["x"])), "mail.tags"),
        (broken(lambda event: event["detail"].pop("bounce")), "bounce"),
        (broken(lambda event: event["detail"]["bounce"].pop("bounceType")), "bounce.bounceType"),
        (broken(lambda event: event["detail"]["bounce"].pop("bouncedRecipients")), "bounce.bouncedRecipients"),
        (broken(lambda event: event["detail"]["complaint"].pop("feedbackId"), "complaint"), "complaint.feedbackId"),
        (broken(lambda event: event.pop("detail")), "detail"),
        (broken(lambda event: event["detail"].pop("eventType")), "detail"),
        (example("unread-open"), "detail"),
        ("{not json", "body"),
        ("", "body"),
        ("[]", "body"),
    ],
)
def test_a_malformed_record_is_named_by_its_field_and_goes_back_alone(body: Any, field: str, log: Lines) -> None:
    """Law 11: a clear error, and the neighbours in the batch go through."""
    batch = from_queue(before=example("send-of-tagged-tenant"), bad=body, after=example("bounce-hard"))
    assert ingested(batch) == ["bad"]
    assert counted() == (1, 1, 0)
    (line,) = log.of("malformed record")
    assert line["record"] == "bad"
    assert line["field"].endswith(field)
    assert line["problem"]


def test_a_name_no_table_can_hold_goes_back_alone() -> None:
    """Law 11: what the table refuses is one group's misfortune."""
    endless = broken(lambda event: event["detail"]["mail"]["tags"].update({"ses:tenant-name": [LONGEST * 9]}))
    batch = from_queue(before=example("send-of-tagged-tenant"), bad=endless, after=example("bounce-hard"))
    assert ingested(batch) == ["bad"]
    assert counted() == (1, 1, 0)


@pytest.mark.parametrize("tag", ["ses:tenant-name", "ses:configuration-set", "guard-tenant", "campaign"])
@pytest.mark.parametrize("name", ["send-of-tagged-tenant", "bounce-hard"])
def test_a_tag_longer_than_ses_takes_is_named_and_its_neighbours_are_counted(name: str, tag: str, log: Lines) -> None:
    """Law 11: it might be a key that no table can hold."""
    long = broken(lambda event: event["detail"]["mail"]["tags"].update({tag: [LONGEST]}), name)
    endless = broken(lambda event: event["detail"]["mail"]["tags"].update({tag: [LONGEST + "x"]}), name)
    batch = from_queue(before=example("send-of-tagged-tenant"), long=long, bad=endless, after=example("bounce-hard"))
    assert ingested(batch) == ["bad"]
    sends, bounces, _ = counted()
    assert sends >= 1
    assert bounces >= 1
    (line,) = log.of("malformed record")
    assert (line["record"], line["field"].endswith(f"mail.tags.{tag}.0")) == ("bad", True)


def test_how_long_a_batch_waited_in_its_queue_is_kept_beside_the_watermark() -> None:
    """Law 7: by SQS's own stamp, since a queue that is behind may still hold older sends."""
    event = from_queue(r1=example("send-of-tagged-tenant"), r2=example("send-of-configuration-set"))
    event["Records"][0]["attributes"] = {"SentTimestamp": str(int(ARRIVED.timestamp() * 1000) - 1_800_000)}
    assert ingested(event) == []
    known = CountsReader(client("dynamodb"), COUNTS).watermark()
    assert known
    assert known.mark
    assert known.mark.waited == timedelta(minutes=30)


def test_sends_that_fail_for_the_last_time_leave_a_gap_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 7: the fifth of five receives; before that they come again."""

    def refused(_: CountsWriter, sends: HourOfSends) -> None:
        if sends.ledger.tenant:
            raise RefusedError("ValidationException", "no")

    monkeypatch.setattr(CountsWriter, "add_sends", refused)
    event = from_queue(r1=example("send-of-tagged-tenant"))
    event["Records"][0]["attributes"] = {"ApproximateReceiveCount": "4"}
    assert ingested(event) == ["r1"]
    known = CountsReader(client("dynamodb"), COUNTS).watermark()
    assert known
    assert (known.gaps, [debt.tenant for debt in known.debts]) == ((), ["CustomerA"])
    event["Records"][0]["attributes"] = {"ApproximateReceiveCount": "5"}
    assert ingested(event) == ["r1"]
    known = CountsReader(client("dynamodb"), COUNTS).watermark()
    assert known
    (gap,) = known.gaps
    assert gap.start.replace(microsecond=0) == SENT_AT + timedelta(seconds=2)
    assert gap.end > gap.start


NAMES = [
    "send-of-tagged-tenant",
    "send-to-several",
    "bounce-hard",
    "bounce-hard-of-several",
    "complaint",
    "bounce-soft",
]


@pytest.mark.parametrize("seed", range(5))
def test_duplicates_and_any_order_and_batching_end_in_the_same_feedback(seed: int) -> None:
    """Law 1, through the handler and the table."""
    order = random.Random(seed)
    records = [(f"r{number}", example(name)) for number, name in enumerate([*NAMES, *order.choices(NAMES, k=4)])]
    order.shuffle(records)
    cut = order.randrange(len(records))
    for batch in (records[:cut], records[cut:]):
        assert ingested(from_queue(**dict(batch))) == []
    sends, bounces, complaints = counted()
    assert (bounces, complaints) == (3, 1)
    assert sends >= 3


@pytest.mark.parametrize(("part", "field"), [("bounce", "bounceSubType"), ("mail", "tags")])
def test_what_ses_leaves_empty_is_as_what_it_leaves_out(part: str, field: str) -> None:
    bounce = example("bounce-hard")
    bounce["detail"][part][field] = None
    assert ingested(from_queue(r1=bounce)) == []


def test_the_time_an_event_took_is_learned_from_its_own_times() -> None:
    """Bounced at 08:41:09, of a mail sent at 08:41:02.669: never the time at which the guard had it."""
    body = example("bounce-hard")
    assert ingested(from_queue(r1=body, r2={**body, "time": None})) == []
    day = slot_of(SENT_AT) // 288
    (delays,) = CountsReader(client("dynamodb"), COUNTS).delays(Kind.BOUNCE, range(day, day + 1))
    sent_at = SENT_AT.replace(second=2, microsecond=669_000)
    assert delays.by_bin == {bin_of(Kind.BOUNCE, sent_at, sent_at.replace(second=9, microsecond=0)): 1}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bounce-hard", "smtp; 550 5.1.1 user unknown"),
        ("bounce-of-tenant-suppression-list", "5.1.1"),
        ("bounce-undetermined", ""),
    ],
)
def test_people_are_shown_what_the_other_side_said_or_else_its_status(name: str, words: str) -> None:
    event = parse_mail_event(json.dumps(example(name)), ARRIVED)
    assert isinstance(event, Bounce)
    assert [each.diagnostic for each in event.recipients] == [words]


def test_an_empty_batch_is_nothing() -> None:
    assert ingested({"Records": []}) == []
