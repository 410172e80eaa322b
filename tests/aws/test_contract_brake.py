"""What the brake's page and what is kept past it mean: the same tests on the fake and on DynamoDB."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from reputation_guard.aws.book import BookTable
from reputation_guard.aws.brake import BrakeTable
from reputation_guard.aws.switch import ModeSwitch
from reputation_guard.domain.brake import Brake, Person
from reputation_guard.domain.decision import Decision, record_after
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Standing, Tenant
from reputation_guard.ports.book import Book, Outcome
from reputation_guard.ports.brake import BrakeBook
from reputation_guard.ports.errors import StaleError
from tests.aws.tables import BOOK
from tests.fakes.book import InMemoryBook
from tests.fakes.brake import InMemoryBrake
from tests.fakes.builders import NOW, decision

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PERSON = Person("Olga Operator", "looked at it", NOW + timedelta(minutes=1))


@dataclass
class Both:
    """The page, and the book it lies in."""

    page: BrakeBook
    book: Book


@pytest.fixture(params=["fake", "dynamodb"])
def both(request: pytest.FixtureRequest) -> Both:
    """The brake beside its book."""
    if request.param == "fake":
        book = InMemoryBook()
        return Both(InMemoryBrake(book), book)
    dynamodb = request.getfixturevalue("dynamodb")
    return Both(BrakeTable(dynamodb, BOOK), BookTable(dynamodb, BOOK))


def bad(name: str, minutes: float = 0) -> Decision:
    return decision(tenant=Tenant(name=name), at=NOW + timedelta(minutes=minutes))


def kept(both: Both, name: str, minutes: float = 0) -> Decision:
    made = bad(name, minutes)
    both.page.keep(made, made.tenant)
    return made


def test_at_first_nothing_is_paused_and_nothing_kept(both: Both) -> None:
    assert both.page.brake() == Brake()
    assert list(both.page.kept()) == []
    assert both.page.kept_of("shop") is None


def test_a_pause_is_pending_and_counted(both: Both) -> None:
    for number in range(2):
        made = bad(f"shop-{number}", number)
        saved = both.page.pause(made, record_after(made), both.page.brake())
        assert (saved.version, saved.standing) == (1, Standing.PAUSED)
    assert {each.decision.tenant.name for each in both.book.pending()} == {"shop-0", "shop-1"}
    assert both.page.brake().paused(NOW + timedelta(minutes=5)) == 2
    assert both.page.brake().latest_tenants(NOW + timedelta(minutes=5)) == ("shop-0", "shop-1")


@pytest.mark.parametrize("before", [0, 1])
def test_of_two_who_read_the_same_page_one_pauses(both: Both, before: int) -> None:
    for made in map(bad, ["earlier"] * before):
        both.page.pause(made, record_after(made), both.page.brake())
    read = both.page.brake()
    first, second = bad("first"), bad("second")
    both.page.pause(first, record_after(first), read)
    with pytest.raises(StaleError):
        both.page.pause(second, record_after(second), read)
    assert both.book.tenant("second") is None
    assert both.page.brake().paused(NOW) == before + 1


def test_a_stale_record_is_neither_paused_nor_counted(both: Both) -> None:
    made = bad("shop")
    both.book.save(Tenant(name="shop"), Tenant(name="shop"), NOW)
    with pytest.raises(StaleError):
        both.page.pause(made, record_after(made), both.page.brake())
    with pytest.raises(StaleError):
        both.page.keep(made, made.tenant)
    assert both.page.brake() == Brake()
    assert both.page.kept_of("shop") is None


def test_what_is_kept_is_listed_the_longest_kept_first_and_is_not_pending(both: Both) -> None:
    late, early = kept(both, "late", 5), kept(both, "early")
    assert [each.decision for each in both.page.kept()] == [early, late]
    assert both.page.kept_of("late")
    assert list(both.book.pending()) == []
    record = both.book.tenant("late")
    assert record
    assert (record.version, record.standing) == (1, Standing.HEALTHY)


@pytest.mark.parametrize("outcome", [Outcome.RELEASED, Outcome.DROPPED])
def test_what_a_person_ended_is_kept_no_more(both: Both, outcome: Outcome) -> None:
    kept(both, "shop")
    (found,) = both.page.kept()
    record = both.book.tenant("shop")
    assert record
    saved = both.page.end(found, outcome, PERSON, replace(record, fence=PERSON.at))
    assert (saved.version, saved.fence) == (2, PERSON.at)
    assert list(both.page.kept()) == []
    assert both.page.kept_of("shop") is None
    with pytest.raises(StaleError):
        both.page.end(found, outcome, PERSON, saved)


def test_it_can_be_kept_again(both: Both) -> None:
    kept(both, "shop")
    (found,) = both.page.kept()
    record = both.book.tenant("shop")
    assert record
    saved = both.page.end(found, Outcome.DROPPED, PERSON, record)
    again = decision(tenant=saved, at=NOW + timedelta(hours=2))
    both.page.keep(again, saved)
    assert [each.decision for each in both.page.kept()] == [again]


def test_the_switch_makes_the_guard_observe_until_it_is_turned_back(dynamodb: "DynamoDBClient") -> None:
    book, switch = BookTable(dynamodb, BOOK), ModeSwitch(dynamodb, BOOK)
    switch.turn(Mode.OBSERVE)
    assert book.mode().switch is Mode.OBSERVE
    switch.turn(None)
    assert book.mode().switch is None
