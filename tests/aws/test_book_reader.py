"""Reading the whole book, as a person does: nobody is left out, however many there are, however slow the table is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from reputation_guard.aws.book import BookTable
from reputation_guard.aws.book_reader import BookReader, WrittenDecision
from reputation_guard.aws.policies import PolicyTable
from reputation_guard.domain.decision import Answer, Decision, GuardEvent, record_after
from reputation_guard.domain.tenant import Standing, Tenant
from reputation_guard.ports.book import Outcome
from reputation_guard.ports.errors import UnavailableError
from tests.aws.tables import BOOK
from tests.fakes.builders import NOW, STANDARD, ago, decision, tenant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def book(dynamodb: "DynamoDBClient") -> BookTable:
    """The book, for writing."""
    return BookTable(dynamodb, BOOK)


@pytest.fixture
def reader(dynamodb: "DynamoDBClient") -> BookReader:
    """The same book, for reading."""
    return BookReader(dynamodb, BOOK)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it waited between its questions, in seconds; nobody really waits."""
    found: list[float] = []
    monkeypatch.setattr("reputation_guard.aws.book_reader.time.sleep", found.append)
    return found


def entered(book: BookTable, *names: str, **record: Any) -> list[Tenant]:
    return [book.save(Tenant(name=name), tenant(name, **record), NOW) for name in names]


def recorded(book: BookTable, name: str, **changes: Any) -> Decision:
    made = decision(tenant=book.tenant(name) or Tenant(name=name), **changes)
    book.record(made, record_after(made))
    return made


def spoil(dynamodb: "DynamoDBClient", pk: str, sk: str, holds: str) -> None:
    """A record that no version of the guard wrote."""
    dynamodb.update_item(
        TableName=BOOK,
        Key={"pk": {"S": pk}, "sk": {"S": sk}},
        UpdateExpression=f"SET {holds} = :nonsense",
        ExpressionAttributeValues={":nonsense": {"M": {}}},
    )


def answering(dynamodb: "DynamoDBClient", most: int, times: int) -> Callable[..., Any]:
    """So many times the table reads a few of the items it is asked for, and gives the other keys back."""
    read, left = dynamodb.batch_get_item, iter(range(times))

    def read_a_few(**asked: Any) -> Any:
        if next(left, None) is None:
            return read(**asked)
        keys = asked["RequestItems"][BOOK]["Keys"]
        rest = {BOOK: {"Keys": keys[most:], "ConsistentRead": True}}
        responses = read(RequestItems={BOOK: {"Keys": keys[:most]}})["Responses"] if most else {}
        return {"Responses": responses, "UnprocessedKeys": rest}

    return read_a_few


def test_an_empty_book_is_read_as_empty(reader: BookReader) -> None:
    assert list(reader.tenants()) == []
    assert reader.pending() == []
    assert reader.decisions_of("shop", 5) == []
    assert reader.due(NOW + timedelta(days=400)) == []


def test_every_tenant_is_there_as_it_was_written(
    book: BookTable, reader: BookReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the last of a batch, and those beside decisions of their own."""
    monkeypatch.setattr("reputation_guard.aws.book_reader._A_BATCH", 2)
    saved = entered(book, *(f"tenant-{number}" for number in range(5)), standing=Standing.WARNED)
    recorded(book, "shop")
    found = {each.name: each for each in reader.tenants()}
    assert found == {each.name: each for each in [*saved, book.tenant("shop")] if each}


@pytest.mark.parametrize("name", ["decision", "tenant"])
def test_a_policy_is_read_for_nothing_else_whatever_it_is_called(
    book: BookTable, reader: BookReader, dynamodb: "DynamoDBClient", name: str
) -> None:
    """It lies in the same table, under a name that people chose."""
    PolicyTable(dynamodb, BOOK).put(replace(STANDARD, name=name), NOW, "Olga Operator")
    (shop,) = entered(book, "shop")
    assert list(reader.everything(lambda _: None)) == [shop]


@pytest.mark.parametrize("most", [0, 1])
def test_what_a_throttled_table_left_unread_is_asked_for_again_ever_later(
    book: BookTable, reader: BookReader, pauses: list[float], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Nobody is left out, and nobody is there twice."""
    names = [f"tenant-{number}" for number in range(5)]
    entered(book, *names)
    monkeypatch.setattr(reader._dynamodb, "batch_get_item", answering(reader._dynamodb, most, times=3))
    assert sorted(each.name for each in reader.tenants()) == names
    assert pauses == [0.1, 0.2, 0.4]


def test_a_table_that_stays_throttled_is_given_up(
    book: BookTable, reader: BookReader, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a list would be taken for the whole."""
    entered(book, "shop")
    monkeypatch.setattr(reader._dynamodb, "batch_get_item", answering(reader._dynamodb, 0, times=100))
    with pytest.raises(UnavailableError):
        list(reader.tenants())
    assert sum(pauses) == pytest.approx(6.3)


def test_what_is_pending_comes_fastest_sender_first_whatever_was_tried(book: BookTable, reader: BookReader) -> None:
    """Unlike the enforcer's line, in which what SES refused waits behind all others."""
    paces = {"slow": 0.0, "fast": 900.5, "middling": 30.0}
    made = {name: recorded(book, name, mails_per_minute=pace) for name, pace in paces.items()}
    book.mark_attempt(made["fast"], ago(minutes=1))
    book.mark_refused(made["fast"], NOW)
    assert reader.pending() == [
        WrittenDecision(made["fast"], attempted_at=ago(minutes=1), refused_at=NOW),
        WrittenDecision(made["middling"]),
        WrittenDecision(made["slow"]),
    ]
    assert all(each.is_pending for each in reader.pending())


def test_what_was_settled_is_pending_no_more_even_where_the_index_lags(
    book: BookTable, reader: BookReader, dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    made = recorded(book, "shop")
    lagging = list(reader._todo("enforce"))
    book.settle(made, Outcome.CONFIRMED, NOW)
    assert reader.pending() == []
    late = BookReader(dynamodb, BOOK)
    monkeypatch.setattr(late, "_todo", lambda _what: iter(lagging))
    assert late.pending() == []


def test_a_tenants_last_decisions_come_latest_first_with_what_became_of_them(
    book: BookTable, reader: BookReader
) -> None:
    first = recorded(book, "shop", at=ago(days=2))
    book.settle(first, Outcome.CONFIRMED, ago(days=1))
    second = recorded(book, "shop", at=ago(hours=3), answer=Answer.RESUME, announces=GuardEvent.TENANT_RESUMED)
    book.settle(second, Outcome.REFUSED, ago(hours=2))
    third = recorded(book, "shop", at=NOW)
    # The names begin alike.
    recorded(book, "shop-2")
    assert reader.decisions_of("shop", 5) == [
        WrittenDecision(third),
        WrittenDecision(second, outcome=Outcome.REFUSED, settled_at=ago(hours=2)),
        WrittenDecision(first, outcome=Outcome.CONFIRMED, settled_at=ago(days=1)),
    ]
    assert [each.is_pending for each in reader.decisions_of("shop", 5)] == [True, False, False]
    assert [each.decision for each in reader.decisions_of("shop", 2)] == [third, second]


def test_whose_review_was_due_is_named_the_longest_due_first(book: BookTable, reader: BookReader) -> None:
    """The same tenants as the review itself would take."""
    for name, minutes in (("late", 2), ("later", 1), ("not-yet", 61)):
        entered(book, name, judge_again_at=NOW + timedelta(minutes=minutes))
    for until in (NOW, NOW + timedelta(minutes=1), NOW + timedelta(hours=1)):
        assert reader.due(until) == [each.name for each in book.due(until)]
    assert reader.due(NOW + timedelta(hours=1)) == ["later", "late"]


A_DECISION = ("decision#2026-11-24T12:02:30+00:00#000001", "decision")
READS: dict[str, tuple[str, str, Callable[[BookReader], object]]] = {
    "tenants": ("tenant", "tenant", lambda reader: list(reader.tenants())),
    "pending": (*A_DECISION, lambda reader: reader.pending()),
    "decisions": (*A_DECISION, lambda reader: reader.decisions_of("shop", 1)),
}


@pytest.mark.parametrize("what", READS)
def test_a_record_that_cannot_be_read_is_told(
    book: BookTable, reader: BookReader, dynamodb: "DynamoDBClient", what: str
) -> None:
    """The functions leave it out so that its neighbours go through (Law 11); a person is to mend it."""
    recorded(book, "shop")
    sk, holds, read = READS[what]
    read(reader)
    spoil(dynamodb, "tenant#shop", sk, holds)
    with pytest.raises(ValidationError):
        read(reader)
