"""A tenant that was deleted at SES, and perhaps created anew under its name, is guarded like any other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reputation_guard.domain.approval import Identity
from reputation_guard.domain.sending import Sending, SendingStatus
from reputation_guard.domain.tenant import Owner, Standing
from reputation_guard.ports.errors import GoneError, RefusedError
from reputation_guard.usecases.at_ses import at_ses
from reputation_guard.usecases.orders import Order
from reputation_guard.usecases.resume import resume
from tests.fakes.builders import NOW, tenant
from tests.fakes.ses import arn_of
from tests.usecases.pending import to_pause, to_resume
from tests.usecases.world import World, blast

AN_HOUR = timedelta(hours=1)
JUST_BEFORE = timedelta(seconds=20)
ORDER = Order("shop", "list cleaned", Identity("night shift"))


def test_a_tenant_created_anew_is_paused_by_its_new_arn() -> None:
    world = World()
    made = to_pause(world)
    world.book.tenants["shop"] = replace(world.tenant(), arn=arn_of("shop"))
    arn = world.ses.recreate("shop")
    assert world.enforce().settled == 1
    assert (world.ses.calls, world.tenant().arn) == ([(arn, Sending.DISABLED)], arn)
    assert world.book.outcomes() == {made.id: "confirmed"}


def test_a_tenant_created_anew_is_resumed_by_its_new_arn() -> None:
    world = World()
    to_resume(world)
    arn = world.ses.recreate("shop")
    world.enforce()
    assert (world.ses.calls, world.tenant().arn) == ([(arn, Sending.ENABLED)], arn)
    assert world.bus.names == ["TenantResumed"]


def test_an_operator_resumes_a_tenant_that_was_created_anew() -> None:
    world = World()
    to_pause(world)
    world.enforce()
    arn = world.ses.recreate("shop")
    _, after = resume(ORDER, world.resuming(), NOW)
    assert after.arn == arn


def test_a_refusal_of_the_arn_that_ses_still_names_stays_a_refusal() -> None:
    """Only a name that SES does not know makes a tenant gone."""
    world = World()
    world.ses.add("shop")

    def refuse(_: str) -> SendingStatus:
        raise RefusedError("NotFoundException", "no reputation entity")

    with pytest.raises(RefusedError) as error:
        at_ses(tenant(arn=arn_of("shop")), world.ses, refuse)
    assert error.type is RefusedError
    world.ses.statuses.clear()
    with pytest.raises(GoneError):
        at_ses(tenant(arn=arn_of("shop")), world.ses, refuse)


def test_a_tenant_that_is_gone_is_not_resumed_later_and_its_successor_is_guarded() -> None:
    world = World()
    world.judged(blast(sends=100, bounces=45, sent_at=NOW - JUST_BEFORE), NOW)
    world.enforce()
    world.review(NOW + AN_HOUR)
    world.enforce(NOW + AN_HOUR)
    assert world.bus.names == ["PauseRefused"]
    world.ses.add("shop")
    later = NOW + 2 * AN_HOUR
    world.judged(blast(sends=100, bounces=45, sent_at=later - JUST_BEFORE, run="b"), later)
    world.enforce(later)
    assert (world.standing(), world.tenant().stops) == (Standing.PAUSED, frozenset({Owner.GUARD}))
    assert world.bus.names == ["PauseRefused", "TenantPaused"]
    assert (world.tenant().strikes, world.tenant().gone_at) == (1, None)


def test_feedback_that_trickles_in_of_a_deleted_tenant_decides_nothing_more() -> None:
    world = World()
    events = blast(sends=100, bounces=60, sent_at=NOW - JUST_BEFORE)
    world.judged(events[:140], NOW)
    world.enforce()
    assert world.judged(events[140:], NOW + timedelta(minutes=5)) == []


def test_people_are_told_once_a_day_of_mail_that_names_no_tenant_of_ses() -> None:
    """A tag of one's own may name what SES never had: its mail goes on, and so would the pages."""
    world = World()
    for minutes in (0, 20, 40, 24 * 60 + 1):
        now = NOW + timedelta(minutes=minutes)
        world.judged(blast(sends=100, bounces=60, sent_at=now - JUST_BEFORE, run=str(minutes)), now)
        world.enforce(now)
    assert len(world.book.entries) == 4
    assert world.bus.names == ["PauseRefused", "PauseRefused"]


def test_a_resume_of_a_tenant_that_is_gone_is_told_and_done_with() -> None:
    world = World()
    made = to_resume(world)
    world.ses.statuses.clear()
    world.enforce()
    assert (world.bus.names, world.book.outcomes()) == (["ResumeRefused"], {made.id: "gone"})
    assert (world.standing(), world.tenant().under_way) == (Standing.PROBATION, False)
