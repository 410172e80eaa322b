"""What the shelf of policies means: the same tests on the fake and on DynamoDB."""

from dataclasses import replace

import pytest

from reputation_guard.domain.choice import PolicyVersion
from reputation_guard.domain.policy import PRESETS, Mode
from reputation_guard.ports.errors import StaleError
from reputation_guard.ports.policies import PolicyShelf
from tests.fakes.builders import NOW, STANDARD, ago

NIGHT = replace(STANDARD, name="night", mode=Mode.OBSERVE)


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_built_in_is_there_from_the_beginning(shelf: PolicyShelf, name: str) -> None:
    assert list(shelf.versions(name)) == [PolicyVersion(PRESETS[name])]


@pytest.mark.parametrize("name", ["nobody's", "nobody#000001", "stand", "N\u00e4chte", "x" * 256])
def test_a_name_that_nobody_put_has_no_versions(shelf: PolicyShelf, name: str) -> None:
    shelf.put(NIGHT, NOW, "ann")
    assert list(shelf.versions(name)) == []


def test_the_last_version_is_in_force_and_the_others_are_kept(shelf: PolicyShelf) -> None:
    for version in (1, 2, 10):
        shelf.put(replace(NIGHT, version=version), ago(hours=20 - version), "ann")
    assert list(shelf.versions("night")) == [
        PolicyVersion(replace(NIGHT, version=version), ago(hours=20 - version), "ann") for version in (10, 2, 1)
    ]


def test_a_document_replaces_what_is_built_in_under_its_name(shelf: PolicyShelf) -> None:
    mine = replace(STANDARD, version=2, evidence_to_pause=5.0)
    shelf.put(mine, NOW, "ann")
    assert list(shelf.versions("standard")) == [PolicyVersion(mine, NOW, "ann"), PolicyVersion(STANDARD)]
    assert list(shelf.versions("strict")) == [PolicyVersion(PRESETS["strict"])]


def test_of_two_that_put_the_same_version_the_second_one_is_told(shelf: PolicyShelf) -> None:
    """Nobody replaces what he did not read: both read version 1, and only one of them writes version 2."""
    shelf.put(replace(NIGHT, version=2), NOW, "ann")
    with pytest.raises(StaleError):
        shelf.put(replace(NIGHT, version=2, evidence_to_pause=9.0), NOW, "bob")
    (version,) = shelf.versions("night")
    assert (version.policy, version.put_by) == (replace(NIGHT, version=2), "ann")


def test_every_digit_and_second_of_a_policy_is_kept(shelf: PolicyShelf) -> None:
    odd = replace(
        PRESETS["vip"],
        name="odd",
        evidence_to_pause=6.900000000000001,
        enforced_share=1 / 3,
        bounce=PRESETS["vip"].bounce,
    )
    shelf.put(odd, NOW, "")
    assert next(iter(shelf.versions("odd"))).policy == odd
