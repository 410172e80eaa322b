"""`guard brake` and `guard mode`: what the guard leaves to a person, and how a person stops it."""

import json

import pytest

from reputation_guard.aws.brake import BrakeTable
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Tenant
from tests.cli.aws import OUTPUTS, FakeAws, guard
from tests.fakes.builders import decision

WHY = ("--reason", "looked at each of them", "--operator", "Olga Operator")


def keep(aws: FakeAws, *names: str) -> BrakeTable:
    page = BrakeTable(aws.dynamodb, OUTPUTS["BookTable"])
    for name in names:
        made = decision(tenant=Tenant(name=name), at=aws.now)
        page.keep(made, made.tenant)
    return page


@pytest.mark.usefixtures("aws")
def test_nothing_kept_is_fine() -> None:
    result = guard("brake", "list")
    assert (result.exit_code, "The brake is off" in result.stdout) == (0, True)


def test_what_is_kept_is_shown_with_why(aws: FakeAws) -> None:
    keep(aws, "shop", "other")
    result = guard("brake", "list")
    assert result.exit_code == 1
    assert "shop" in result.stdout
    assert "hard bounces" in " ".join(result.stdout.split())
    told = json.loads(guard("brake", "list", "--json").stdout)
    assert {each["tenant"] for each in told["kept"]} == {"shop", "other"}


@pytest.mark.parametrize("verb", ["release", "drop"])
def test_a_person_ends_it_for_some_or_for_all(aws: FakeAws, verb: str) -> None:
    page = keep(aws, "one", "two", "three")
    assert guard("brake", verb, "one", *WHY).exit_code == 0
    assert {each.tenant for each in page.kept()} == {"two", "three"}
    assert guard("brake", verb, "--all", *WHY).exit_code == 0
    assert list(page.kept()) == []
    record = aws.book.tenant("two")
    assert record
    assert (record.released_until is not None, record.fence is not None) == (verb == "release", verb == "drop")


def test_who_ends_it_is_told_and_recorded_as_declared(aws: FakeAws) -> None:
    """Whoever may write the Book may write any name, so IAM proves none here."""
    keep(aws, "one")
    assert "1 tenant released by Olga Operator (as declared)." in guard("brake", "release", "one", *WHY).stdout
    items = aws.dynamodb.scan(TableName=OUTPUTS["BookTable"])["Items"]
    assert [each["ended_by"]["S"] for each in items if "ended_by" in each] == ["Olga Operator (as declared)"]


def test_one_that_is_not_kept_is_told_and_its_neighbours_go_through(aws: FakeAws) -> None:
    page = keep(aws, "one")
    result = guard("brake", "release", "typo", "one", "one", *WHY)
    assert (result.exit_code, "typo: no pause of it is kept" in result.stdout) == (1, True)
    assert "one: no pause" not in result.stdout, "who is named twice is released once"
    assert list(page.kept()) == []


@pytest.mark.parametrize("said", [("release",), ("release", "one"), ("drop", "one", "--all", *WHY), ("drop", *WHY)])
def test_half_an_order_is_none(aws: FakeAws, said: tuple[str, ...]) -> None:
    page = keep(aws, "one")
    assert guard("brake", *said).exit_code == 2
    assert page.kept_of("one")


def test_the_kill_switch_is_one_word(aws: FakeAws) -> None:
    assert json.loads(guard("mode", "--json").stdout) == {"in_force": "enforce", "deployed": "enforce", "switch": None}
    assert "In force: observe" in guard("mode", "observe").stdout
    assert aws.book.mode().switch is Mode.OBSERVE
    assert "In force: enforce" in guard("mode", "deployed").stdout
    assert guard("mode", "enforce").exit_code == 2
