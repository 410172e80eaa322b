"""A resume that a newer pause overtook before it reached SES: what is in force in the end is carried out."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from reputation_guard.domain.approval import Identity
from reputation_guard.domain.decision import Answer, Decision, GuardEvent, record_after
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Owner, Standing
from reputation_guard.ports.errors import RefusedError, UnavailableError
from reputation_guard.usecases.orders import Order
from reputation_guard.usecases.resume import resume
from tests.fakes.builders import NOW, decision
from tests.fakes.ses import arn_of
from tests.usecases.pending import to_pause, to_resume
from tests.usecases.world import World

REFUSAL = RefusedError("AccessDeniedException", "not authorized")


def overtake(world: World) -> Decision:
    """Mail of its probation proves the tenant bad again, while its resume is under way."""
    made = decision(tenant=world.tenant(), mails_per_minute=40.0)
    world.book.record(made, record_after(made))
    return made


def in_one_round(_world: World, _resumed: Decision) -> None:
    """The pause is the first in line."""


def resume_first(world: World, resumed: Decision) -> None:
    """The round has listed the resume alone: the pause was written a moment later."""
    later = {name: world.book.entries.pop(name) for name in [*world.book.entries] if name != resumed.id}
    world.enforce()
    world.book.entries |= later


def refused_before(world: World, _: Decision) -> None:
    """SES refused the pause once, so that it is the last in line."""
    world.ses.answers = [REFUSAL]
    world.enforce()


def overtaken(way: Callable[[World, Decision], None]) -> tuple[World, Decision, Decision]:
    """A resume under way, and the pause that overtook it, come to the enforcer in this way."""
    world = World()
    resumed = to_resume(world)
    paused = overtake(world)
    way(world, resumed)
    return world, resumed, paused


WAYS = pytest.mark.parametrize("way", [in_one_round, resume_first, refused_before])


@WAYS
def test_a_resume_is_carried_out_after_all_when_the_pause_that_overtook_it_is_withdrawn(
    way: Callable[[World, Decision], None],
) -> None:
    """Law 12: as if the pause had never been. So the tenant sends again, and the guard knows of nothing under way."""
    world, resumed, paused = overtaken(way)
    world.book.switch(Mode.OBSERVE)
    for _ in range(2):
        world.enforce()
    assert world.book.outcomes() == {resumed.id: "confirmed", paused.id: "withdrawn"}
    assert world.ses.statuses[arn_of("shop")].aggregate is Sending.ENABLED
    after = world.tenant()
    assert (after.standing, after.decided, after.under_way) == (Standing.PROBATION, resumed.id, False)
    assert world.bus.names[-1] == "TenantResumed"


@WAYS
def test_a_resume_is_superseded_once_the_pause_that_overtook_it_is_settled(
    way: Callable[[World, Decision], None],
) -> None:
    world, resumed, paused = overtaken(way)
    for _ in range(2):
        world.enforce()
    assert world.book.outcomes() == {resumed.id: "superseded", paused.id: "confirmed"}
    assert world.ses.statuses[arn_of("shop")].aggregate is Sending.DISABLED
    assert (world.tenant().standing, world.tenant().under_way) == (Standing.PAUSED, False)
    assert "TenantResumed" not in world.bus.names


def test_nobody_is_told_that_an_overtaken_resume_is_late() -> None:
    """The page about the pause that SES refuses is enough."""
    world = World()
    to_resume(world)
    overtake(world)
    world.ses.answers = [REFUSAL] * 20
    for minute in range(10):
        world.enforce(NOW + timedelta(minutes=minute))
    assert world.bus.names == ["PauseRefused"]


def test_of_three_the_last_is_carried_out() -> None:
    """An operator orders the resume again while the pause is under way."""
    world = World()
    first = to_resume(world)
    paused = overtake(world)
    last = decision(
        answer=Answer.RESUME, announces=GuardEvent.TENANT_RESUMED, tenant=world.tenant(), owner=Owner.OPERATOR
    )
    world.book.record(last, record_after(last))
    for _ in range(2):
        world.enforce()
    assert world.book.outcomes() == {first.id: "superseded", paused.id: "superseded", last.id: "confirmed"}
    assert world.bus.names == ["TenantResumed"]
    assert not world.tenant().under_way


def ordered_while_its_pause_was_under_way(*answers: Exception) -> tuple[World, Decision]:
    """A resume of `shop`, whose pause came to this at SES before the order."""
    world = World()
    to_pause(world)
    world.ses.answers = [*answers]
    if answers:
        world.enforce()
    ordered, _ = resume(Order("shop", "list cleaned", Identity("night shift")), world.resuming(), NOW)
    return world, ordered


@pytest.mark.parametrize("answers", [[], [REFUSAL]], ids=["never called", "refused"])
def test_a_persons_stop_stands_where_the_pause_under_way_at_the_order_never_reached_ses(
    answers: list[Exception],
) -> None:
    """Law 5: the guard has called SES for nothing, so the newer stop can only be the person's."""
    world, ordered = ordered_while_its_pause_was_under_way(*answers)
    world.ses.change(arn_of("shop"), customer_managed=Sending.DISABLED)
    for _ in range(2):
        world.enforce()
    assert world.book.outcomes()[ordered.id] == "refused"
    assert (world.standing(), world.tenant().stops) == (Standing.PAUSED, frozenset({Owner.OPERATOR}))
    assert (world.ses.calls, world.ses.statuses[arn_of("shop")].aggregate) == ([], Sending.DISABLED)
    assert world.bus.names[-1] == "ResumeRefused"


def test_the_guards_own_pause_that_arrives_after_the_order_is_lifted_by_it() -> None:
    """The call that got no answer was taken after all: the operator who ordered the resume is not told of a person."""
    world, ordered = ordered_while_its_pause_was_under_way(UnavailableError("ReadTimeoutError"))
    world.ses.change(arn_of("shop"), customer_managed=Sending.DISABLED)
    for _ in range(2):
        world.enforce()
    assert world.book.outcomes()[ordered.id] == "confirmed"
    assert (world.standing(), world.ses.statuses[arn_of("shop")].aggregate) == (Standing.PROBATION, Sending.ENABLED)
