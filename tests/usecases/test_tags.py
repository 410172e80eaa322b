"""A tenant's tag at SES may name its policy: read when it is discovered, and again with each of its daily turns."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reputation_guard.domain.policy import Mode
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Standing, Tenant, next_tending
from reputation_guard.ports.errors import GoneError, NoRightError, RefusedError, ThrottledError, UnavailableError
from reputation_guard.ports.ses import Described
from tests.fakes.builders import NOW, STANDARD, ago, bounce
from tests.fakes.ses import arn_of
from tests.usecases.world import TRAVELLING, World, blast

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
        NoRightError("AccessDeniedException", "no"),
        RefusedError("BadRequestException", "no"),
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


def test_tenants_that_ses_refuses_for_ever_keep_nobody_behind_them_waiting() -> None:
    """An own tag of a mail may name a tenant that SES's pattern does not take; a minute holds 20 of them."""
    odd = [f"a tenant {number:02}" for number in range(20)]
    world = world_of(*odd, "shop")
    world.ses.answers_to_tags = [RefusedError("BadRequestException", "TenantName does not match")] * len(odd)
    assert sorted(world.review(NOW).left) == odd
    assert "shop" not in world.ses.tags_read
    assert world.review(NOW + A_MINUTE).left == {}
    assert world.tenant().tagged_policy == "of-shop"


def test_without_the_right_nobody_else_is_asked_for_in_vain() -> None:
    world = world_of("first", "second")
    world.ses.answers_to_tags = [NoRightError("AccessDeniedException", "no")]
    assert list(world.review(NOW).left) == ["first"]
    assert world.ses.tags_read == ["first"]
    world.review(NOW + A_MINUTE)
    assert world.tenant("second").tagged_policy == "of-second"


def test_a_tenant_that_ses_does_not_know_has_no_tag_and_is_not_asked_for_every_minute() -> None:
    world = world_of("shop", "gone")
    world.ses.answers_to_tags = [GoneError("NotFoundException", "no such tenant")]
    world.review(NOW)
    world.review(NOW + A_MINUTE)
    assert sorted(world.ses.tags_read) == ["gone", "shop"]


def discovered_by_a_pause(tag: str, bounces: int = 60) -> World:
    """A world in which `shop` is discovered by so many bounces of 100 mails, and a pause of it is pending."""
    world = World()
    world.ses.add("shop")
    world.ses.policy_tags["shop"] = tag
    world.shelf.put(replace(STANDARD, name="trial", mode=Mode.OBSERVE), ago(days=1), "ann")
    (made,) = world.judged(blast(sends=100, bounces=bounces, sent_at=NOW - TRAVELLING), NOW)
    assert (made.announces, made.policy) == ("TenantPaused", STANDARD)
    return world


def test_a_tag_that_says_observe_is_read_before_the_first_pause() -> None:
    """Law 12: the review reads 20 tags a minute, so a new tenant may be paused before its tag has had its turn."""
    world = discovered_by_a_pause("trial")
    world.enforce()
    assert (world.standing(), world.ses.calls, world.bus.names) == (Standing.HEALTHY, [], ["PauseAdvised"])
    assert list(world.book.outcomes().values()) == ["withdrawn"]
    assert (world.tenant().tagged_policy, world.tenant().tags_read_at) == ("trial", NOW)
    world.review(NOW + A_MINUTE)
    assert world.ses.tags_read == ["shop"]


def test_a_tag_that_asks_for_more_evidence_than_there_is_keeps_the_tenant_sending() -> None:
    """24 of 100 are 5 nats: enough for the default, and 1.9 too few for the tier vip. The next review judges by it."""
    world = discovered_by_a_pause("vip", bounces=24)
    world.enforce()
    assert (world.standing(), world.ses.calls, world.bus.names) == (Standing.HEALTHY, [], [])
    assert (world.tenant().stops, world.tenant().strikes, world.tenant().under_way) == (frozenset(), 0, False)
    world.review(NOW)
    world.enforce()
    assert (world.standing(), world.bus.names) == (Standing.WARNED, ["TenantWarned"])
    assert world.bus.announced[0].decision.policy.name == "vip"


@pytest.mark.parametrize("tag", ["", "standard", "vip", "free", "platinum"])
def test_a_tag_that_pauses_on_this_mail_as_well_delays_nothing(tag: str) -> None:
    world = discovered_by_a_pause(tag)
    world.enforce()
    assert (world.standing(), world.bus.names) == (Standing.PAUSED, ["TenantPaused"])
    assert world.tenant().tagged_policy == tag


@pytest.mark.parametrize("known", [{"tags_read_at": ago(hours=1)}, {"assigned_policy": "standard"}])
def test_a_tag_that_was_read_or_that_an_assignment_overrides_costs_the_enforcer_no_call(known: Any) -> None:
    world = discovered_by_a_pause("trial")
    world.book.save(world.tenant(), replace(world.tenant(), **known), NOW)
    world.enforce()
    assert (world.standing(), world.ses.tags_read) == (Standing.PAUSED, [])


@pytest.mark.parametrize("error", [ThrottledError("TooManyRequestsException"), UnavailableError("ReadTimeoutError")])
def test_a_pause_waits_for_a_tag_that_ses_does_not_tell_now(error: Exception) -> None:
    """It is the call that tells the tenant's ARN too: the pause stays pending, and people hear of one that lasts."""
    world = discovered_by_a_pause("trial")
    world.ses.answers_to_tags = [error] * 3
    assert len(world.enforce().left) == 1
    assert (world.tenant().under_way, world.ses.calls) == (True, [])
    world.ses.answers_to_tags = []
    world.enforce()
    assert (world.ses.calls, world.bus.names) == ([], ["PauseAdvised"])


def test_a_pause_goes_ahead_where_ses_refuses_to_tell_the_tag() -> None:
    """Law 4: it would refuse for ever, and a missing right must not keep a bad tenant sending."""
    world = discovered_by_a_pause("trial")
    world.ses.answers_to_tags = [NoRightError("AccessDeniedException", "no")]
    world.enforce()
    assert (world.standing(), world.ses.calls) == (Standing.PAUSED, [(arn_of("shop"), Sending.DISABLED)])


def test_a_pause_that_is_overtaken_while_its_tag_is_read_is_superseded(monkeypatch: pytest.MonkeyPatch) -> None:
    world = discovered_by_a_pause("")

    def overtaken(_: object, name: str) -> Described:
        world.book.save(world.tenant(), replace(world.tenant(), decided="shop.99"), NOW)
        return Described(arn_of(name), "")

    monkeypatch.setattr(type(world.ses), "describe", overtaken)
    world.enforce()
    assert (list(world.book.outcomes().values()), world.ses.calls) == (["superseded"], [])


def test_a_crash_after_the_tag_was_noted_pauses_nobody_against_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = discovered_by_a_pause("vip", bounces=24)
    with monkeypatch.context() as patched:
        patched.setattr(type(world.ses), "look", lambda *_: (_ for _ in ()).throw(UnavailableError("ReadTimeoutError")))
        world.enforce()
    assert world.tenant().tagged_policy == "vip"
    world.enforce()
    assert (world.standing(), world.ses.calls, world.ses.tags_read) == (Standing.HEALTHY, [], ["shop"])
