"""Law 7: feedback of mail sent through a configuration set whose sends nobody sees is held against nobody."""

from datetime import datetime, timedelta

import pytest

from reputation_guard.domain.judgement import replayed
from reputation_guard.domain.mail import MailEvent
from reputation_guard.domain.notices import notice_of
from reputation_guard.domain.tenant import Standing
from tests.fakes.builders import NOW, ago, bounce, send, tags
from tests.usecases.world import TRAVELLING, World

SEEN, BLIND = (tags("shop", configuration_set=each) for each in ("news", "shop-mail"))


def mail_at(now: datetime, *, seen: int, bounced: int, bounced_blindly: int) -> list[MailEvent]:
    """So many mails through a set that publishes its sends, some bounced, and bounces through one that does not."""
    run = now.timestamp()
    sends: list[MailEvent] = [send(f"s-{run}-{number}", sent_at=now, tags=SEEN) for number in range(seen)]
    bounces = [bounce(f"s-{run}-{number}", sent_at=now, tags=SEEN) for number in range(bounced)]
    blindly = [bounce(f"b-{run}-{number}", sent_at=now, tags=BLIND) for number in range(bounced_blindly)]
    return [*sends, *bounces, *blindly]


def play(world: World, hours: range, **mails: int) -> None:
    """The same mail once an hour, judged when it is counted and by the reviews after it."""
    for hour in hours:
        now = NOW + timedelta(hours=hour)
        world.arrive(mail_at(now, **mails), now + timedelta(seconds=20))
        for minutes in (1, 10, 25):
            world.review(now + timedelta(minutes=minutes))
            world.enforce(now + timedelta(minutes=minutes))


@pytest.fixture
def world() -> World:
    world = World()
    world.ses.add("shop")
    return world


def test_a_healthy_tenant_with_a_set_that_publishes_no_sends_is_never_paused_and_people_are_told(world: World) -> None:
    """2 % through the one, and through the other 40 bounces of mail that was never seen: 28 % of what was."""
    play(world, range(4 * 24), seen=150, bounced=3, bounced_blindly=40)
    assert world.bus.names == ["SendsUnseen"] * 4
    assert world.standing() is Standing.HEALTHY
    (first, *_) = world.bus.announced
    assert first.decision.unseen_sets == ("shop-mail",)
    assert world.ses.calls == []


def test_what_is_told_of_such_a_set_is_what_is_not_seen_and_how_it_is_mended(world: World) -> None:
    play(world, range(1), seen=150, bounced=3, bounced_blindly=40)
    (announced,) = world.bus.announced
    notice = notice_of(announced)
    assert notice.subject == "[guard] shop cannot be judged, its sends are not seen"
    assert "Not held against it: 40 hard bounces in the last 30 min of mail sent through shop-mail." in notice.text
    assert "Publish the Send events of shop-mail to EventBridge" in notice.text
    assert "Why:" not in notice.text


def test_a_tenant_that_is_bad_where_it_is_seen_is_paused_whatever_is_not_seen(world: World) -> None:
    play(world, range(1), seen=150, bounced=60, bounced_blindly=40)
    assert world.standing() is Standing.PAUSED
    (announced,) = world.bus.announced
    assert announced.name == "TenantPaused"
    assert announced.decision.because
    assert announced.decision.because.window.feedback == 60


def test_every_such_decision_replays_from_its_own_evidence(world: World) -> None:
    play(world, range(30), seen=150, bounced=3, bounced_blindly=40)
    decisions = [entry.pending.decision for entry in world.book.entries.values()]
    assert decisions
    assert [replayed(each) for each in decisions] == decisions


def test_a_warning_is_given_beside_sends_that_are_not_seen(world: World) -> None:
    play(world, range(3), seen=150, bounced=14, bounced_blindly=40)
    assert world.bus.names == ["SendsUnseen", "TenantWarned"]


def test_a_little_feedback_through_such_a_set_pages_nobody(world: World) -> None:
    play(world, range(1), seen=150, bounced=3, bounced_blindly=3)
    assert world.bus.names == []


def test_a_set_whose_sends_are_not_published_any_more_is_told(world: World) -> None:
    """Somebody edits the event destination, and from then on only the bounces of that set are seen."""
    for hour in range(-12, 0):
        now = NOW + timedelta(hours=hour)
        world.count([send(f"m-{hour}-{n}", sent_at=now, tags=BLIND) for n in range(150)], now)
    play(world, range(24), seen=150, bounced=3, bounced_blindly=40)
    assert world.bus.names == ["SendsUnseen"]


@pytest.mark.parametrize("seen_hours", [range(1), range(23, 24)], ids=["until 01:00", "from 23:00 on"])
def test_a_day_in_which_a_set_was_seen_for_an_hour_is_not_held_against_it_once_it_is_closed(
    world: World, seen_hours: range
) -> None:
    """Whether its sends were unpublished that day, or published as people were asked to."""
    began = NOW.replace(hour=0, minute=2, second=30)
    for hour in range(4 * 24):
        now = began + timedelta(hours=hour)
        mails = mail_at(now, seen=150, bounced=3, bounced_blindly=0 if hour >= 24 else 40)
        if hour in seen_hours:
            mails += [send(f"v-{hour}-{number}", sent_at=now, tags=BLIND) for number in range(2000)]
        world.arrive(mails, now + timedelta(seconds=20))
        for minutes in (1, 25):
            world.review(now + timedelta(minutes=minutes))
            world.enforce(now + timedelta(minutes=minutes))
    assert set(world.bus.names) == {"SendsUnseen"}
    assert world.standing() is Standing.HEALTHY


def test_one_mail_that_nobody_could_attribute_days_ago_does_not_let_a_set_be_seen(world: World) -> None:
    own = tags(own_tag="shop", configuration_set="news")
    world.count([send("old", sent_at=ago(days=9), tags=tags(configuration_set="shop-mail"))], ago(days=9))
    for hour in range(3):
        now = NOW + timedelta(hours=hour)
        sends = [send(f"s-{hour}-{number}", sent_at=now, tags=own) for number in range(150)]
        blindly = [bounce(f"b-{hour}-{number}", sent_at=now, tags=BLIND) for number in range(40)]
        world.arrive([*sends, *blindly], now + timedelta(seconds=20))
        world.review(now + timedelta(minutes=25))
        world.enforce(now + timedelta(minutes=25))
    assert world.bus.names == ["SendsUnseen"]


def test_ids_whose_number_is_not_written_yet_are_not_taken_for_seen_ones(world: World) -> None:
    """Law 3: the stream brings the items of a slot one by one, in any order."""
    world.count(mail_at(NOW, seen=60, bounced=1, bounced_blindly=40), NOW)
    grown = sorted(world.counts.grown, key=lambda slot: slot.through == "shop-mail")
    for slot in grown:
        world.counts.grown[:] = [slot]
        world.judge_what_grew(NOW + timedelta(seconds=30))
        assert world.book.entries == {}


def test_a_tenant_with_such_a_set_is_looked_at_when_it_is_time_to_say_so_and_not_all_the_while(world: World) -> None:
    soon_after = 0
    for minute in range(60):
        if minute == 15:
            soon_after = len(world.diary.delays)
        now = NOW + timedelta(minutes=minute)
        world.arrive(mail_at(now, seen=20, bounced=0, bounced_blindly=1), now + timedelta(seconds=20))
        world.review(now + timedelta(seconds=40))
    assert len(world.diary.delays) <= soon_after + 1
    assert {entry.pending.decision.announces for entry in world.book.entries.values()} == {"SendsUnseen"}


def test_what_is_only_late_is_not_kept_waiting_by_what_is_not_seen(world: World) -> None:
    """A sooner appointment takes the place of a later one."""
    world.judged(mail_at(ago(minutes=12), seen=20, bounced=1, bounced_blindly=8), NOW)
    later = world.tenant().judge_again_at
    assert later
    assert later > NOW + timedelta(minutes=2)
    ahead = [bounce(f"ahead-{number}", tags=SEEN) for number in range(9)]
    soon = NOW + timedelta(seconds=1)
    world.arrive(ahead, soon)
    assert world.tenant().judge_again_at == soon + TRAVELLING


def test_a_new_set_whose_sends_still_travel_is_only_late(world: World) -> None:
    """Its first bounces come ahead of its sends: they are held back, and judged when the sends are counted."""
    world.count(mail_at(ago(minutes=5), seen=150, bounced=0, bounced_blindly=0), ago(minutes=5))
    mails = mail_at(NOW, seen=10, bounced=0, bounced_blindly=40)
    assert world.judged(mails, NOW + timedelta(seconds=30)) == []
    assert world.tenant().judge_again_at
    late = [send(f"b-{NOW.timestamp()}-{number}", sent_at=NOW, tags=BLIND) for number in range(60)]
    world.count(late, NOW + timedelta(seconds=60))
    world.review(NOW + timedelta(seconds=90))
    world.enforce(NOW + timedelta(seconds=90))
    assert world.bus.names == ["TenantPaused"]


def test_sends_that_name_no_tenant_are_weighed_in_favour_as_before(world: World) -> None:
    """The set's sends are seen, and are nobody's: the case has to hold with all of them."""
    world.ses.associations["shop-mail"] = ("shop", "other")
    mails = mail_at(NOW, seen=150, bounced=3, bounced_blindly=40)
    by_own_tag = [
        send(f"o-{number}", sent_at=NOW, tags=tags(own_tag="shop", configuration_set="news")) for number in range(150)
    ]
    astray = [send(f"a-{number}", sent_at=NOW, tags=tags(configuration_set="shop-mail")) for number in range(900)]
    bounces = [each for each in mails if isinstance(each, type(bounce()))]
    world.arrive([*by_own_tag, *astray, *bounces], NOW + timedelta(seconds=20))
    world.review(NOW + timedelta(minutes=25))
    world.enforce(NOW + timedelta(minutes=25))
    (announced,) = world.bus.announced
    told = announced.decision
    assert (announced.name, told.unseen_sets) == ("SendsUnseen", ())
    assert told.because
    assert told.because.window.unattributed > 0
    assert "name no tenant" in notice_of(announced).text
