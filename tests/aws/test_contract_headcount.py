"""What a headcount means: the same tests on the fake and on DynamoDB."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from reputation_guard.aws.book import BookTable
from reputation_guard.aws.brake import BrakeTable
from reputation_guard.aws.headcount import HeadcountTable
from reputation_guard.domain.brake import Person
from reputation_guard.domain.tenant import ACCOUNT, Standing, Tenant
from reputation_guard.ports.book import Book, Outcome
from reputation_guard.ports.brake import BrakeBook
from reputation_guard.ports.headcount import Headcount
from tests.aws.tables import BOOK
from tests.fakes.book import InMemoryBook
from tests.fakes.brake import InMemoryBrake
from tests.fakes.builders import NOW, decision
from tests.fakes.headcount import InMemoryHeadcount

PERSON = Person("Olga Operator", "looked at it", NOW + timedelta(minutes=1))


@dataclass
class Counted:
    """The headcount, and what it counts."""

    headcount: Headcount
    book: Book
    page: BrakeBook


@pytest.fixture(params=["fake", "dynamodb"])
def counted(request: pytest.FixtureRequest) -> Counted:
    """A headcount of an empty book."""
    if request.param == "fake":
        brake = InMemoryBrake(InMemoryBook())
        return Counted(InMemoryHeadcount(brake), brake.book, brake)
    dynamodb = request.getfixturevalue("dynamodb")
    return Counted(HeadcountTable(dynamodb, BOOK), BookTable(dynamodb, BOOK), BrakeTable(dynamodb, BOOK))


def test_an_empty_book_has_nobody(counted: Counted) -> None:
    assert counted.headcount.standings() == {Standing.WARNED: 0, Standing.PAUSED: 0, Standing.PROBATION: 0}
    assert counted.headcount.kept() == 0


def test_tenants_are_counted_where_they_stand_now(counted: Counted) -> None:
    records = {name: counted.book.save(Tenant(name=name), Tenant(name=name), NOW) for name in ("a", "b", "c", "d")}
    for name in ("a", "b", "c"):
        records[name] = counted.book.save(records[name], replace(records[name], standing=Standing.PAUSED), NOW)
    counted.book.save(records["c"], replace(records["c"], standing=Standing.PROBATION), NOW)
    assert counted.headcount.standings() == {Standing.WARNED: 0, Standing.PAUSED: 2, Standing.PROBATION: 1}


def test_the_accounts_own_record_is_no_tenant_that_stands_anywhere(counted: Counted) -> None:
    counted.book.save(Tenant(name=ACCOUNT), Tenant(name=ACCOUNT), NOW)
    assert not any(counted.headcount.standings().values())


def test_kept_pauses_are_counted_until_a_person_decides(counted: Counted) -> None:
    for name in ("a", "b"):
        made = decision(tenant=Tenant(name=name), at=NOW)
        counted.page.keep(made, made.tenant)
    assert counted.headcount.kept() == 2
    kept, *_ = counted.page.kept()
    record = counted.book.tenant(kept.tenant)
    assert record
    counted.page.end(kept, Outcome.DROPPED, PERSON, record)
    assert counted.headcount.kept() == 1
