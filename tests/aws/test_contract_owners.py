"""Whose a configuration set is: the same tests on the fake and on DynamoDB."""

from datetime import timedelta

from reputation_guard.ports.owners import SetOwners
from tests.fakes.builders import NOW

HOUR = timedelta(hours=1)


def test_what_nobody_noted_is_nobodys(owners: SetOwners) -> None:
    assert dict(owners.known()) == {}
    assert list(owners.to_look_up(NOW)) == []


def test_a_set_with_unattributed_mail_is_to_be_asked_for(owners: SetOwners) -> None:
    owners.note_unattributed(["news", "shop-mail", "news"])
    owners.note_unattributed(["news"])
    assert sorted(owners.to_look_up(NOW)) == ["news", "shop-mail"]
    assert dict(owners.known()) == {}


def test_a_set_that_was_asked_for_is_known_and_rests_for_an_hour(owners: SetOwners) -> None:
    owners.note_unattributed(["news", "shop-mail"])
    owners.note("shop-mail", "shop", NOW)
    assert dict(owners.known()) == {"shop-mail": "shop"}
    assert list(owners.to_look_up(NOW + HOUR)) == ["news"]
    assert list(owners.to_look_up(NOW + HOUR + timedelta(seconds=1))) == ["news", "shop-mail"]


def test_a_set_of_several_tenants_is_nobodys(owners: SetOwners) -> None:
    owners.note("shared", "shop", NOW)
    owners.note("shared", "", NOW)
    assert dict(owners.known()) == {}


def test_a_minutes_worth_of_sets_is_asked_for_at_a_time(owners: SetOwners) -> None:
    owners.note_unattributed([f"set-{number:02}" for number in range(50)])
    assert len(owners.to_look_up(NOW)) == 20
