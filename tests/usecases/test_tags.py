"""A tenant's tag at SES may name its policy: read when it is discovered, and again with each of its daily turns."""

from datetime import timedelta

import pytest

from reputation_guard.domain.tenant import Tenant, next_tending
from reputation_guard.ports import GoneError, RefusedError, ThrottledError, UnavailableError
from tests.fakes.builders import NOW, ago, bounce
from tests.usecases.world import World, blast

A_MINUTE = timedelta(minutes=1)


def world_of(*names: str) -> World:
    """A world that has just discovered these tenants; each is tagged with its own name."""
    world = World()
    for name in names:
        world.ses.policy_tags[name] = f"of-{name}"
        world.book.save(Tenant(name=name), Tenant(name=name, fence=ago(days=1)), NOW)
    return world


def test_a_tenant_that_is_discovered_has_its_tag_read_within_a_minute() -> None:
    """The function that judges has no right at SES: it discovers, and the next review asks."""
    world = World()
    world.ses.policy_tags["shop"] = "free"
    world.arrive([*blast(sends=100, bounces=0, sent_at=ago(minutes=1)), bounce("a-1", sent_at=ago(minutes=1))])
    assert (world.tenant().tagged_policy, world.ses.tags_read) == ("", [])
    world.review(NOW + A_MINUTE)
    assert (world.tenant().tagged_policy, world.tenant().tags_read_at) == ("free", NOW + A_MINUTE)
    assert world.policies.of(world.tenant()).policy.name == "free"


def test_a_tag_is_read_again_with_each_daily_turn_and_not_between() -> None:
    world = world_of("shop")
    world.review(NOW)
    for minute in range(1, 5):
        world.review(NOW + minute * A_MINUTE)
    assert world.ses.tags_read == ["shop"]
    world.ses.policy_tags["shop"] = "vip"
    turn = next_tending("shop", NOW)
    assert turn - NOW <= timedelta(days=1)
    world.review(turn)
    assert (world.ses.tags_read, world.tenant().tagged_policy) == (["shop", "shop"], "vip")


def test_a_tag_that_was_taken_away_chooses_no_policy_any_more() -> None:
    world = world_of("shop")
    world.review(NOW)
    del world.ses.policy_tags["shop"]
    world.review(next_tending("shop", NOW))
    assert world.tenant().tagged_policy == ""


def test_where_ses_takes_no_more_calls_the_rest_waits_a_minute_and_the_review_goes_on() -> None:
    world = world_of("first", "second", "third")
    world.owners.note_unattributed(["shop-mail"])
    world.ses.answers_to_tags = [None, ThrottledError("TooManyRequestsException")]
    result = world.review(NOW)
    assert (list(result.left), result.sets_looked_up) == (["second"], 1)
    assert [world.tenant(name).tagged_policy for name in ("first", "second", "third")] == ["of-first", "", ""]
    world.review(NOW + A_MINUTE)
    assert world.tenant("third").tagged_policy == "of-third"


def test_a_review_asks_for_no_more_tags_than_ses_answers_beside_the_enforcer() -> None:
    names = [f"tenant-{number:02}" for number in range(50)]
    world = world_of(*names)
    asked = []
    for minute in range(4):
        world.review(NOW + minute * A_MINUTE)
        asked.append(len(world.ses.tags_read))
    assert asked == [20, 40, 50, 50]
    assert sorted(world.ses.tags_read) == names


@pytest.mark.parametrize(
    "error",
    [
        RefusedError("AccessDeniedException", "no"),
        ThrottledError("TooManyRequestsException"),
        UnavailableError("InternalServiceErrorException"),
    ],
)
def test_what_could_not_be_read_keeps_the_tag_that_was_read_before(error: Exception) -> None:
    world = world_of("shop")
    world.review(NOW)
    turn = next_tending("shop", NOW)
    world.ses.answers_to_tags = [error]
    assert list(world.review(turn).left) == ["shop"]
    assert world.tenant().tagged_policy == "of-shop"
    assert world.review(turn + A_MINUTE).left == {}


def test_a_tenant_that_ses_does_not_know_has_no_tag_and_is_not_asked_for_every_minute() -> None:
    world = world_of("shop", "gone")
    world.ses.answers_to_tags = [GoneError("NotFoundException", "no such tenant")]
    world.review(NOW)
    world.review(NOW + A_MINUTE)
    assert sorted(world.ses.tags_read) == ["gone", "shop"]
