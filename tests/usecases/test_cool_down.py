"""The guard ends its own pauses: carried by the minute review, through a decision like any other."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reputation_guard.domain.notices import notice_of
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Exemption, Owner, Standing
from reputation_guard.ports.errors import RefusedError
from tests.fakes.builders import NOW, bounce, send
from tests.usecases.world import World, blast

AN_HOUR = timedelta(hours=1)
LATER = NOW + timedelta(seconds=30)


@pytest.fixture
def world() -> World:
    """A world in which `shop` was paused by the guard, confirmed by SES."""
    world = World()
    world.ses.add("shop")
    pause(world, NOW)
    return world


def pause(world: World, now: datetime, run: str = "a") -> None:
    world.judged(blast(sends=100, bounces=45, sent_at=now - timedelta(seconds=20), run=run), now)
    world.enforce(now)
    assert world.standing() is Standing.PAUSED


def reviewed(world: World, now: datetime) -> Standing:
    """A review at this time, and what it decided carried out."""
    world.review(now)
    world.enforce(now)
    return world.standing()


def test_when_its_cool_down_is_over_the_guard_resumes_it(world: World) -> None:
    assert reviewed(world, NOW + timedelta(minutes=59)) is Standing.PAUSED
    assert reviewed(world, NOW + AN_HOUR) is Standing.PROBATION
    record = world.tenant()
    assert (record.fence, record.probation_ends) == (NOW + AN_HOUR, NOW + timedelta(hours=25))
    assert not world.ses.look(record.arn or "").stopped_by_ses
    assert [*world.announced()] == [("TenantPaused", "shop"), ("TenantResumed", "shop")]


def test_each_pause_lasts_longer_and_the_fifth_is_ended_by_a_person(world: World) -> None:
    now = NOW
    for number, hours in enumerate((1, 6, 24, 72)):
        assert reviewed(world, now + timedelta(hours=hours, minutes=-1)) is Standing.PAUSED
        now += timedelta(hours=hours)
        assert reviewed(world, now) is Standing.PROBATION
        now += timedelta(minutes=10)
        pause(world, now, run=str(number))
    assert reviewed(world, now + timedelta(days=60)) is Standing.PAUSED


def test_late_feedback_of_old_mail_does_not_pause_it_again(world: World) -> None:
    """Law 9: the fence of the resume."""
    reviewed(world, NOW + AN_HOUR)
    late = [bounce(f"a-{number}", sent_at=NOW - timedelta(seconds=20)) for number in range(45, 100)]
    assert world.judged(late, NOW + AN_HOUR + timedelta(minutes=5)) == []


def test_in_probation_less_evidence_pauses_it_again(world: World) -> None:
    reviewed(world, NOW + AN_HOUR)
    now = NOW + AN_HOUR + timedelta(minutes=10)
    decided = world.judged(blast(sends=20, bounces=9, sent_at=now - timedelta(seconds=20), run="b"), now)
    assert [each.announces for each in decided] == ["TenantPaused"]
    assert world.tenant().strikes == 2


def test_mail_that_turned_out_better_ends_a_pause_early_and_without_a_strike(world: World) -> None:
    """The sends that belonged to those bounces were counted only later."""
    sent_at = NOW - timedelta(seconds=20)
    world.count([send(f"late-{number}", sent_at=sent_at) for number in range(2000)], NOW + timedelta(minutes=5))
    assert reviewed(world, NOW + timedelta(minutes=14)) is Standing.PAUSED
    assert reviewed(world, NOW + timedelta(minutes=15)) is Standing.PROBATION
    assert (world.tenant().strikes, world.tenant().resumed_early) == (0, True)


@pytest.mark.parametrize("owner", [Owner.OPERATOR, Owner.SES])
def test_a_pause_that_another_shares_is_not_ended_by_the_guard(world: World, owner: Owner) -> None:
    """Law 5."""
    record = world.tenant()
    world.book.save(record, replace(record, stops=record.stops | {owner}), NOW)
    assert reviewed(world, NOW + timedelta(days=3)) is Standing.PAUSED


def test_in_observe_mode_a_paused_tenant_stays_as_it_is(world: World) -> None:
    """Law 12; and it does not crowd out whoever else is due."""
    world.book.switch(Mode.OBSERVE)
    assert reviewed(world, NOW + AN_HOUR) is Standing.PAUSED
    assert world.review(NOW + AN_HOUR + timedelta(minutes=1)).tended == 0
    world.book.switch(None)
    assert reviewed(world, NOW + AN_HOUR + timedelta(minutes=10)) is Standing.PROBATION


def test_a_pause_that_was_withdrawn_is_no_strike() -> None:
    world = World()
    world.ses.add("shop")
    world.judged(blast(sends=100, bounces=45, sent_at=NOW - timedelta(seconds=20)), NOW)
    assert world.tenant().strikes == 1
    world.book.switch(Mode.OBSERVE)
    world.enforce(NOW)
    assert (world.standing(), world.tenant().strikes, world.tenant().pause) == (Standing.HEALTHY, 0, None)


def exempted(world: World, until: datetime) -> None:
    record = world.book.tenant("shop")
    if record is None:
        world.judged([bounce("early", sent_at=NOW - timedelta(hours=1))], NOW - timedelta(minutes=30))
        record = world.tenant()
    world.book.save(record, replace(record, exemption=Exemption(until, "Olga Operator", "a migration")), NOW)


def test_an_exempt_tenant_is_not_paused_until_its_exemption_expires() -> None:
    """What it did meanwhile is behind a fence; what it does afterwards counts."""
    world = World()
    world.ses.add("shop")
    exempted(world, NOW + AN_HOUR)
    sent_at = NOW - timedelta(seconds=20)
    decided = world.judged(blast(sends=100, bounces=45, sent_at=sent_at), NOW)
    assert [each.announces for each in decided] == ["PauseAdvised"]
    after = NOW + AN_HOUR + timedelta(minutes=5)
    assert world.judged([bounce("a-46", sent_at=sent_at)], after) == []
    assert world.tenant().exemption is None
    pause(world, after + timedelta(minutes=5), run="b")


def test_an_exemption_given_before_the_pause_reaches_ses_withdraws_it() -> None:
    world = World()
    world.ses.add("shop")
    world.judged(blast(sends=100, bounces=45, sent_at=NOW - timedelta(seconds=20)), NOW)
    exempted(world, NOW + AN_HOUR)
    world.enforce(NOW)
    assert world.standing() is Standing.HEALTHY
    assert [*world.announced()] == [("PauseAdvised", "shop")]
    text = notice_of(world.bus.announced[0]).text
    assert "but it is exempt. It keeps sending." in text
    assert "Exempt from pauses by the guard until 2026-11-24 13:02 UTC, by Olga Operator: a migration" in text
    (kept,) = world.book.entries.values()
    assert kept.pending.decision.tenant.exemption is None


def test_a_refusal_tells_of_an_exemption_that_was_given_since_the_decision() -> None:
    world = World()
    world.ses.add("shop")
    world.judged(blast(sends=100, bounces=45, sent_at=NOW - timedelta(seconds=20)), NOW)
    exempted(world, NOW + AN_HOUR)

    def refuse() -> None:
        raise RefusedError("AccessDeniedException", "no")

    world.ses.after_look = refuse
    world.enforce(NOW)
    assert world.bus.names == ["PauseRefused"]
    assert "Exempt from pauses by the guard until" in notice_of(world.bus.announced[0]).text


def test_the_kill_switch_holds_back_the_guards_own_resume_as_well(world: World) -> None:
    """Law 12: while it observes the guard leaves SES alone; the pause goes on, and is ended when it may act again."""
    later = NOW + AN_HOUR + timedelta(minutes=1)
    world.review(later)
    world.book.switch(Mode.OBSERVE)
    world.enforce(later)
    assert world.standing() is Standing.PAUSED
    assert world.ses.look(world.ses.arn_of("shop")).aggregate is Sending.DISABLED
    world.book.switch(None)
    assert reviewed(world, later + AN_HOUR) is Standing.PROBATION
