"""How things lie in DynamoDB: what expires when, which errors mean what, and that no digit is lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reputation_guard.aws.book import BookTable
from reputation_guard.aws.book_items import MODE_KEY
from reputation_guard.aws.counted import CountsReader
from reputation_guard.aws.counting import CountsWriter
from reputation_guard.aws.items import from_item, to_item
from reputation_guard.aws.ledger_items import feedback_of
from reputation_guard.aws.owners import OwnersTable
from reputation_guard.domain.account import Contributor
from reputation_guard.domain.counts import (
    ACCOUNT_LEDGER,
    EXACT_IDS,
    SLOT_SECONDS,
    SLOTS_PER_HOUR,
    HourOfSends,
    Ids,
    Ledger,
    SlotOfFeedback,
    feedback_id,
    is_sampled,
    slot_of,
)
from reputation_guard.domain.decision import Example, record_after
from reputation_guard.domain.learning import DayOfDelays
from reputation_guard.domain.policy import Kind, Mode
from reputation_guard.domain.sight import Debt, Mark
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports.book import Outcome
from tests.aws.tables import BOOK, COUNTS
from tests.fakes.builders import NEWEST, NOW, decision
from tests.fakes.crashes import CrashError, Fuse, wired

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHOP = Ledger(tenant="shop")
HOUR = NEWEST // SLOTS_PER_HOUR
SECOND = int(NOW.timestamp())
SENDS = HourOfSends(SHOP, HOUR, {NEWEST: 3}, 3, SECOND, SECOND, NOW)
MARK, DEBT = Mark(NOW, NOW, NOW), Debt(NOW, NOW + timedelta(minutes=3))
FEEDBACK = SlotOfFeedback(SHOP, NEWEST, {Kind.BOUNCE: Ids.of([feedback_id(NOW, "a")])}, "news")


def items(dynamodb: "DynamoDBClient", table: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {(item["pk"]["S"], item["sk"]["S"]): dict(item) for item in dynamodb.scan(TableName=table)["Items"]}


def test_counts_expire_when_no_judgement_looks_at_them_any_more(dynamodb: "DynamoDBClient") -> None:
    counting = CountsWriter(dynamodb, COUNTS)
    counting.add_sends(SENDS)
    counting.add_late_sends(SHOP, HOUR // 24 - 3, 1)
    counting.add_feedback(FEEDBACK)
    counting.add_examples("shop", HOUR, [(b"12345678", Example(Kind.BOUNCE, "example.net", ""))])
    counting.add_delays(DayOfDelays(Kind.COMPLAINT, HOUR // 24, 3, {7: 1}))
    expires = {key: int(item["expires_at"]["N"]) for key, item in items(dynamodb, COUNTS).items()}
    hour_start, day = HOUR * 3600, 86_400
    assert expires == {
        ("tenant#shop", "hour#2026-11-24T12"): hour_start + 4 * day,
        ("tenant#shop", "day#2026-11-21"): hour_start // day * day - 3 * day + 33 * day,
        ("feedback#shop", "slot#2026-11-24T12:00#news"): NEWEST * SLOT_SECONDS + 33 * day,
        ("examples#shop", "hour#2026-11-24T12"): hour_start + 4 * day,
        # 14 days until its complaints are complete, 28 to learn from it, and what is left of it and of today.
        ("delays", "complaint#2026-11-24#3"): hour_start // day * day + 45 * day,
    }


def test_what_evaluate_writes_expires_with_what_ingest_wrote(dynamodb: "DynamoDBClient") -> None:
    counting, counted = CountsWriter(dynamodb, COUNTS), CountsReader(dynamodb, COUNTS)
    counting.add_sends(SENDS)
    counting.add_late_sends(SHOP, HOUR // 24, 1, {"news": 1 << HOUR % 24})
    counting.add_feedback(FEEDBACK)
    before = {key: item["expires_at"] for key, item in items(dynamodb, COUNTS).items()}
    by_set = {
        ("tenant#shop", f"{of}#news"): before["tenant#shop", of] for of in ("hour#2026-11-24T12", "day#2026-11-24")
    }
    counted.write_feedback([FEEDBACK])
    counted.close_day(SHOP, HOUR // 24)
    counted.recount_day(Ledger(tenant="shop"), HOUR // 24)
    assert {key: item["expires_at"] for key, item in items(dynamodb, COUNTS).items()} == before | by_set


@pytest.mark.parametrize(("batch", "writes"), [("sampled", 1), ("not sampled", 0)])
def test_a_slot_that_is_known_to_be_full_is_not_tried_again(
    dynamodb: "DynamoDBClient", batch: str, writes: int
) -> None:
    """A write that is refused for its condition costs as much as the whole item; the account's slots fill first."""
    counting, calls = CountsWriter(dynamodb, COUNTS), list[int]()
    idents = [feedback_id(NOW, str(number)) for number in range(EXACT_IDS + 200)]
    for at in range(0, len(idents), 100):
        counting.add_feedback(SlotOfFeedback(ACCOUNT_LEDGER, NEWEST, {Kind.BOUNCE: Ids.of(idents[at : at + 100])}))
    more = (feedback_id(NOW, f"more-{number}") for number in range(1000))
    chosen = next(ident for ident in more if is_sampled(ident) is (batch == "sampled"))
    dynamodb.meta.events.register("before-call.dynamodb.UpdateItem", lambda **_: calls.append(1), unique_id="calls")
    counting.add_feedback(SlotOfFeedback(ACCOUNT_LEDGER, NEWEST, {Kind.BOUNCE: Ids.of([chosen])}))
    dynamodb.meta.events.unregister("before-call.dynamodb.UpdateItem", unique_id="calls")
    assert len(calls) == writes


def test_a_contributor_expires_after_two_days(dynamodb: "DynamoDBClient") -> None:
    CountsReader(dynamodb, COUNTS).note_contributor(Contributor("shop", (), NOW))
    item = items(dynamodb, COUNTS)["account", "contributor#shop"]
    assert int(item["expires_at"]["N"]) == SECOND + 2 * 86_400


def test_an_hour_with_enough_examples_is_not_asked_again(dynamodb: "DynamoDBClient") -> None:
    """A storm of feedback costs no write for what nobody will read."""
    counting = CountsWriter(dynamodb, COUNTS)
    examples = [
        (feedback_id(NOW, str(number)), Example(Kind.BOUNCE, f"{number}.example.net", "")) for number in range(20)
    ]
    counting.add_examples("shop", HOUR, examples)
    counting.add_examples("shop", HOUR, examples[:1])
    with Stubber(dynamodb) as stub:
        counting.add_examples("shop", HOUR, examples[:1])
        stub.assert_no_pending_responses()


def test_only_feedback_of_tenants_lies_under_the_prefix_that_wakes_evaluate(dynamodb: "DynamoDBClient") -> None:
    counting = CountsWriter(dynamodb, COUNTS)
    counting.add_sends(SENDS)
    counting.add_feedback(FEEDBACK)
    counting.add_feedback(SlotOfFeedback(Ledger(configuration_set="shared"), NEWEST, FEEDBACK.ids))
    counting.note_sight(NOW)
    counting.open_debt(DEBT)
    counting.advance_watermark(MARK)
    OwnersTable(dynamodb, COUNTS).note_unattributed(["shared"])
    CountsReader(dynamodb, COUNTS).note_contributor(Contributor("shop", (), NOW))
    woken = [key for key in items(dynamodb, COUNTS) if key[0].startswith("feedback#")]
    assert woken == [("feedback#shop", "slot#2026-11-24T12:00#news")]
    counting.add_feedback(replace(FEEDBACK, ledger=ACCOUNT_LEDGER, through=""))
    assert ("account-feedback", "slot#2026-11-24T12:00") in items(dynamodb, COUNTS)


def test_a_stream_image_is_the_feedback_that_was_added(dynamodb: "DynamoDBClient") -> None:
    CountsWriter(dynamodb, COUNTS).add_feedback(FEEDBACK)
    image = items(dynamodb, COUNTS)["feedback#shop", "slot#2026-11-24T12:00#news"]
    assert feedback_of(image) == FEEDBACK


def test_a_stream_image_tells_the_account_from_a_tenant(dynamodb: "DynamoDBClient") -> None:
    CountsWriter(dynamodb, COUNTS).add_feedback(replace(FEEDBACK, ledger=ACCOUNT_LEDGER, through=""))
    image = items(dynamodb, COUNTS)["account-feedback", "slot#2026-11-24T12:00"]
    assert feedback_of(image).ledger == ACCOUNT_LEDGER


def test_a_kind_that_is_full_is_not_written_to(dynamodb: "DynamoDBClient") -> None:
    """The item stays far from DynamoDB's 400 KB, whatever comes."""
    counting = CountsWriter(dynamodb, COUNTS)
    for batch in range(8):
        idents = [feedback_id(NOW, f"{batch}-{number}") for number in range(500)]
        counting.add_feedback(SlotOfFeedback(SHOP, NEWEST, {Kind.BOUNCE: Ids.of(idents)}))
    (item,) = items(dynamodb, COUNTS).values()
    assert len(item["bounce"]["BS"]) == 1000
    assert 30 < len(item["bounce_sample"]["BS"]) < 100


@pytest.mark.parametrize("after_the_call", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 7))
def test_a_crash_between_two_writes_of_one_slot_is_only_a_retry(
    dynamodb: "DynamoDBClient", call: int, *, after_the_call: bool
) -> None:
    """Law 1: a slot with a full kind is written kind by kind, and each of these writes may be the last one."""
    full = [feedback_id(NOW, f"full-{number}") for number in range(1000)]
    CountsWriter(dynamodb, COUNTS).add_feedback(SlotOfFeedback(SHOP, NEWEST, {Kind.BOUNCE: Ids.of(full)}))
    bounces = Ids.of(feedback_id(NOW, f"more-{number}") for number in range(300))
    complaints = Ids.of(feedback_id(NOW, f"complaint-{number}") for number in range(3))
    late = SlotOfFeedback(SHOP, NEWEST, {Kind.BOUNCE: bounces, Kind.COMPLAINT: complaints})
    fuse = Fuse(call, after_the_call=after_the_call)
    try:
        CountsWriter(wired(dynamodb, fuse), COUNTS).add_feedback(late)
    except CrashError:
        CountsWriter(dynamodb, COUNTS).add_feedback(late)
    assert fuse.blown is (call <= 4)
    found = CountsReader(dynamodb, COUNTS).edges(Ledger(tenant="shop"), [NEWEST])[NEWEST][""]
    assert found[Kind.BOUNCE].sample == Ids.of(full).sample | bounces.sample
    assert found[Kind.COMPLAINT] == complaints


def test_a_decision_is_kept_for_more_than_a_year_and_leaves_the_index_when_it_is_settled(
    dynamodb: "DynamoDBClient",
) -> None:
    book, made = BookTable(dynamodb, BOOK), decision(tenant=Tenant(name="shop"))
    book.record(made, record_after(made))
    key = ("tenant#shop", "decision#2026-11-24T12:02:30+00:00#000001")
    pending = items(dynamodb, BOOK)[key]
    assert (pending["todo"]["S"], float(pending["todo_order"]["N"])) == ("enforce", 40.0)
    assert int(pending["expires_at"]["N"]) == int((NOW + timedelta(days=400)).timestamp())
    book.settle(made, Outcome.CONFIRMED, NOW)
    settled = items(dynamodb, BOOK)[key]
    assert "todo" not in settled
    assert "todo_order" not in settled
    assert settled["outcome"]["S"] == "confirmed"
    assert settled["decision"] == pending["decision"]


def test_what_was_settled_since_the_index_was_read_is_left_out(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index lags behind the table: what it names is read anew."""
    book, made = BookTable(dynamodb, BOOK), decision(tenant=Tenant(name="shop"))
    book.record(made, record_after(made))
    lagging = dynamodb.query(
        TableName=BOOK,
        IndexName="todo",
        KeyConditionExpression="todo = :todo",
        ExpressionAttributeValues={":todo": {"S": "enforce"}},
    )
    book.settle(made, Outcome.CONFIRMED, NOW)
    monkeypatch.setattr(dynamodb, "query", lambda **_: lagging)
    assert list(book.pending()) == []


@pytest.mark.parametrize(
    ("written", "switch"),
    [
        ("observe", Mode.OBSERVE),
        ("Observe", Mode.OBSERVE),
        ("obsreve", Mode.OBSERVE),
        ("off", Mode.OBSERVE),
        ("", Mode.OBSERVE),
        ("enforce", Mode.ENFORCE),
        (" Enforce ", Mode.ENFORCE),
    ],
)
def test_a_switch_that_nobody_can_read_means_observe(dynamodb: "DynamoDBClient", written: str, switch: Mode) -> None:
    """Law 12: a person in a hurry turned it, and meant the guard to stop."""
    dynamodb.put_item(TableName=BOOK, Item={**MODE_KEY, "switch": {"S": written}})
    assert BookTable(dynamodb, BOOK).mode().switch is switch


def test_owners_are_believed_for_a_minute(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> None:
    """ingest asks for every batch, and a set changes hands once in a blue moon."""
    clock = _clock(1000, 1059, 1061)
    monkeypatch.setattr("reputation_guard.aws.owners.time.monotonic", lambda: next(clock))
    owners = OwnersTable(dynamodb, COUNTS)
    owners.note("shop-mail", "shop", NOW)
    assert owners.known() == {"shop-mail": "shop"}
    OwnersTable(dynamodb, COUNTS).note("shop-mail", "news", NOW)
    assert owners.known() == {"shop-mail": "shop"}
    assert owners.known() == {"shop-mail": "news"}


def test_a_set_is_noted_once_by_each_process(dynamodb: "DynamoDBClient") -> None:
    owners = OwnersTable(dynamodb, COUNTS)
    owners.note_unattributed(["shared"])
    with Stubber(dynamodb) as stub:
        owners.note_unattributed(["shared"])
        stub.assert_no_pending_responses()


def _clock(*seconds: float) -> Iterator[float]:
    last = 0.0
    for last in seconds:
        yield last
    while True:
        yield last


plain = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15).filter(
            lambda x: abs(x) > 1e-9
        ),
        st.text(max_size=20),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)


@given(value=st.dictionaries(st.text(min_size=1, max_size=5), plain, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_plain_values_survive_the_round_trip_exactly(value: dict[str, Any]) -> None:
    assert from_item(to_item(value)) == {name: each for name, each in value.items() if each is not None}


def test_a_slots_key_is_read_as_it_was_written() -> None:
    assert slot_of(NOW) == NEWEST
