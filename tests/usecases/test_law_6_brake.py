"""Law 6: the guard pauses so many tenants an hour at most; past it they are kept for a person, and one page says so."""

from datetime import datetime, timedelta

import pytest

from reputation_guard.domain.brake import BrakeRules, Person
from reputation_guard.domain.decision import Answer, GuardEvent
from reputation_guard.domain.mail import MailEvent
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import ACCOUNT, Owner, Standing
from reputation_guard.domain.tenant import paused as stopped
from reputation_guard.ports.book import Outcome
from reputation_guard.usecases.brake import NotKeptError, drop, release
from tests.fakes.builders import NOW, bounce, send
from tests.fakes.ses import ENABLED, arn_of
from tests.usecases.world import World

A_MOMENT = timedelta(seconds=30)


def person(at: datetime) -> Person:
    return Person("Olga Operator", "looked at each of them", at)


def turns_bad(world: World, name: str, at: datetime = NOW, run: str = "a") -> None:
    """A tenant's list goes bad: most of its mail bounces."""
    world.ses.statuses.setdefault(arn_of(name), ENABLED)
    mails = [f"{name}-{run}-{number}" for number in range(60)]
    sent_at = at - timedelta(minutes=30)
    events: list[MailEvent] = [
        *(send(each, tenant=name, sent_at=sent_at) for each in mails),
        *(bounce(each, tenant=name, sent_at=sent_at) for each in mails[:40]),
    ]
    world.judged(events, at)


def braked_world(bad: int, good: int = 0, mode: Mode = Mode.ENFORCE) -> World:
    world = World(mode=mode)
    world.arrive([send(f"good-{number}", tenant=f"good-{number}") for number in range(good)], NOW)
    for number in range(bad):
        turns_bad(world, f"bad-{number}")
    return world


def paused(world: World) -> list[str]:
    return sorted(name for name, each in world.book.tenants.items() if each.standing is Standing.PAUSED)


def kept(world: World) -> list[str]:
    return [each.tenant for each in world.brake.kept()]


def told(world: World, event: GuardEvent) -> int:
    return sum(each.name is event for each in world.bus.announced)


def test_past_the_third_of_few_tenants_a_pause_is_kept_and_the_standing_does_not_move() -> None:
    world = braked_world(bad=6)
    assert paused(world) == ["bad-0", "bad-1", "bad-2"]
    assert kept(world) == ["bad-3", "bad-4", "bad-5"]
    assert world.standing("bad-3") is Standing.HEALTHY
    world.enforce()
    assert len(world.ses.calls) == 3


def test_of_many_tenants_a_tenth_may_be_paused() -> None:
    world = braked_world(bad=8, good=46)
    assert len(paused(world)) == 5


def test_one_page_tells_of_all_and_what_they_share() -> None:
    world = braked_world(bad=6)
    world.enforce()
    world.review(NOW + A_MOMENT)
    world.enforce(NOW + A_MOMENT)
    (engaged,) = [each for each in world.bus.announced if each.name is GuardEvent.BRAKE_ENGAGED]
    assert engaged.decision.braked
    assert engaged.decision.tenant.name == ACCOUNT
    assert engaged.decision.braked.allowed == 3
    assert engaged.decision.braked.latest == ("bad-0", "bad-1", "bad-2")
    assert engaged.decision.braked.kept_tenants == ("bad-3", "bad-4", "bad-5"), "the page waits for all of them"
    shared = {(each.what, each.value): each.tenants for each in engaged.decision.braked.traits}
    assert shared["recipients at", "example.net"] == 6


def test_feedback_that_goes_on_neither_pauses_nor_tells_again() -> None:
    world = braked_world(bad=4)
    for minutes in range(1, 5):
        turns_bad(world, "bad-3", NOW + timedelta(minutes=minutes), run=f"run-{minutes}")
        world.review(NOW + timedelta(minutes=minutes))
        world.enforce(NOW + timedelta(minutes=minutes))
    assert kept(world) == ["bad-3"]
    assert told(world, GuardEvent.BRAKE_ENGAGED) == 1


def test_what_is_kept_stays_kept_when_there_is_room_again() -> None:
    """A person decides about it; another tenant an hour later is the guard's own decision again."""
    world = braked_world(bad=4)
    later = NOW + timedelta(minutes=62)
    turns_bad(world, "bad-3", later, run="b")
    turns_bad(world, "another", later)
    assert kept(world) == ["bad-3"]
    assert "bad-3" not in paused(world)
    assert "another" in paused(world)


def test_a_released_tenant_is_judged_anew_and_paused_past_the_brake() -> None:
    world = braked_world(bad=5)
    later = NOW + A_MOMENT
    for name in kept(world):
        release(name, person(later), world.brake, world.book)
    world.review(later)
    world.enforce(later)
    assert len(paused(world)) == 5
    assert kept(world) == []
    assert {outcome for outcome, _ in world.brake.ended.values()} == {Outcome.RELEASED}


def test_a_release_is_no_order_to_pause_whoever_looks_better_by_now() -> None:
    world = braked_world(bad=4)
    later = NOW + timedelta(minutes=10)
    mails = [f"bad-3-good-{number}" for number in range(20_000)]
    world.arrive([send(each, tenant="bad-3", sent_at=NOW) for each in mails], later)
    release("bad-3", person(later), world.brake, world.book)
    world.review(later)
    assert world.standing("bad-3") is not Standing.PAUSED


def test_a_dropped_tenant_is_judged_by_its_mail_from_then_on() -> None:
    world = braked_world(bad=4)
    later = NOW + timedelta(minutes=10)
    drop("bad-3", person(later), world.brake, world.book)
    world.review(later + A_MOMENT)
    assert kept(world) == []
    assert world.standing("bad-3") is not Standing.PAUSED
    much_later = later + timedelta(hours=2)
    turns_bad(world, "bad-3", much_later, run="b")
    assert world.standing("bad-3") is Standing.PAUSED


def test_the_brake_is_off_once_nothing_is_kept_and_on_again_as_another_trouble() -> None:
    world = braked_world(bad=4)
    world.review(NOW)
    drop("bad-3", person(NOW + A_MOMENT), world.brake, world.book)
    world.review(NOW + A_MOMENT)
    turns_bad(world, "bad-4")
    world.review(NOW + 2 * A_MOMENT)
    world.enforce(NOW + 2 * A_MOMENT)
    assert told(world, GuardEvent.BRAKE_ENGAGED) == 2
    assert told(world, GuardEvent.BRAKE_RELEASED) == 1


def test_what_is_kept_after_people_were_told_is_told_of_an_hour_later() -> None:
    """Law 8: whoever has the first has not heard of these; an hour gathers them in one page."""
    world = braked_world(bad=4)
    world.review(NOW)
    for minutes in (10, 20):
        turns_bad(world, f"late-{minutes}", NOW + timedelta(minutes=minutes))
        world.review(NOW + timedelta(minutes=minutes))
    world.enforce(NOW + timedelta(minutes=20))
    assert told(world, GuardEvent.BRAKE_ENGAGED) == 1
    later = NOW + timedelta(minutes=61)
    world.review(later)
    world.enforce(later)
    (_, again) = [each.decision.braked for each in world.bus.announced if each.name is GuardEvent.BRAKE_ENGAGED]
    assert again
    assert set(again.kept_tenants) == {"bad-3", "late-10", "late-20"}


@pytest.mark.parametrize("owner", [Owner.SES, Owner.OPERATOR])
def test_what_nobody_has_to_decide_any_more_is_kept_no_longer(owner: Owner) -> None:
    """Else its tenant would be exempt, and the brake on, for ever."""
    world = braked_world(bad=4)
    world.review(NOW)
    world.book.tenants["bad-3"] = stopped(world.tenant("bad-3"), owner)
    world.review(NOW + A_MOMENT)
    world.enforce(NOW + A_MOMENT)
    assert kept(world) == []
    assert told(world, GuardEvent.BRAKE_RELEASED) == 1


def test_what_nobody_decided_in_a_day_is_judged_anew() -> None:
    world = braked_world(bad=4)
    world.review(NOW + timedelta(hours=25))
    assert kept(world) == []
    turns_bad(world, "bad-3", NOW + timedelta(hours=26), run="b")
    assert world.standing("bad-3") is Standing.PAUSED


def test_what_was_paused_hours_ago_is_no_part_of_the_page() -> None:
    """Old names would hide what those of this hour have in common."""
    world = braked_world(bad=3)
    later = NOW + timedelta(hours=3)
    for number in range(4):
        turns_bad(world, f"later-{number}", later)
    world.review(later)
    world.enforce(later)
    (engaged,) = [each.decision.braked for each in world.bus.announced if each.name is GuardEvent.BRAKE_ENGAGED]
    assert engaged
    assert engaged.latest == ("later-0", "later-1", "later-2")
    assert {each.of for each in engaged.traits} == {4}


def test_two_pauses_at_once_do_not_take_the_same_place(monkeypatch: pytest.MonkeyPatch) -> None:
    world = braked_world(bad=2)
    stale = world.brake.brake()
    turns_bad(world, "bad-2")
    pages = iter([stale])
    fresh = world.brake.brake
    monkeypatch.setattr(type(world.brake), "brake", lambda _: next(pages, None) or fresh())
    turns_bad(world, "bad-3")
    assert paused(world) == ["bad-0", "bad-1", "bad-2"]
    assert kept(world) == ["bad-3"]


def test_what_is_only_advised_is_not_braked() -> None:
    world = braked_world(bad=6, mode=Mode.OBSERVE)
    assert kept(world) == []
    world.enforce()
    assert told(world, GuardEvent.PAUSE_ADVISED) == 6


def test_a_brake_of_none_leaves_every_pause_to_a_person() -> None:
    world = World(brake_rules=BrakeRules(least=0, share=0))
    turns_bad(world, "bad-0")
    assert (paused(world), kept(world)) == ([], ["bad-0"])


def test_a_tenant_whose_pause_is_not_kept_can_be_neither_released_nor_dropped() -> None:
    world = braked_world(bad=1)
    for verb in (release, drop):
        with pytest.raises(NotKeptError):
            verb("bad-0", person(NOW), world.brake, world.book)


def test_who_is_stopped_by_another_meanwhile_keeps_that_stop() -> None:
    """Law 5: a release is nobody's word about SES's own stop."""
    world = braked_world(bad=4)
    world.book.tenants["bad-3"] = stopped(world.tenant("bad-3"), Owner.SES)
    release("bad-3", person(NOW + A_MOMENT), world.brake, world.book)
    world.review(NOW + A_MOMENT)
    assert world.tenant("bad-3").stops == {Owner.SES}


def test_decisions_that_are_kept_are_not_pending() -> None:
    world = braked_world(bad=5)
    waiting = [each.decision for each in world.book.pending() if each.decision.answer is Answer.PAUSE]
    assert len(waiting) == 3
