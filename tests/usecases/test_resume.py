"""An operator's resume: clear refusals, and otherwise a decision like any other."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from reputation_guard.domain.approval import Identity
from reputation_guard.domain.decision import Answer, record_after
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Owner, Standing, paused
from reputation_guard.ports.errors import StaleError
from reputation_guard.usecases.adopt import adopt
from reputation_guard.usecases.orders import Order, OrderRefusedError
from reputation_guard.usecases.pause import pause
from reputation_guard.usecases.resume import resume
from tests.fakes.book import InMemoryBook
from tests.fakes.builders import NOW, decision, tenant
from tests.fakes.ses import arn_of
from tests.usecases.pending import to_pause
from tests.usecases.world import World

ORDER = Order("shop", "list cleaned", Identity("night shift"))


def paused_world(mode: Mode = Mode.ENFORCE) -> World:
    world = World()
    to_pause(world)
    world.enforce()
    world.mode = mode
    return world


def refusal_of(world: World, order: Order = ORDER) -> tuple[str, str]:
    with pytest.raises(OrderRefusedError) as refused:
        resume(order, world.resuming(), NOW)
    code, words = refused.value.args
    return code, words


@pytest.mark.parametrize("mode", Mode)
def test_a_resume_fences_starts_probation_and_goes_through_the_enforcer(mode: Mode) -> None:
    """Law 9; and it works while the guard only observes, for it is a person's order."""
    world = paused_world(mode)
    made, after = resume(ORDER, world.resuming(), NOW)
    assert (made.answer, made.operator, made.reason) == (Answer.RESUME, "night shift", "list cleaned")
    assert made.owner is Owner.OPERATOR
    assert (after.standing, after.fence, after.probation_ends) == (Standing.PROBATION, NOW, NOW + timedelta(hours=24))
    assert (after.stops, after.under_way) == (frozenset(), True)
    assert world.ses.statuses[arn_of("shop")].aggregate is Sending.DISABLED
    world.enforce()
    assert world.ses.statuses[arn_of("shop")].aggregate is Sending.ENABLED
    assert world.bus.names == ["TenantPaused", "TenantResumed"]
    assert not world.tenant().under_way


def test_a_resume_is_not_refused_because_the_guard_touched_the_record_meanwhile() -> None:
    """The mirror of the guard's own pause, or a tag that was read, lies between the look and the order."""
    world = paused_world()

    def touch() -> None:
        world.ses.after_look = lambda: None
        world.book.save(world.tenant(), replace(world.tenant(), tagged_policy="strict"), NOW)

    world.ses.after_look = touch
    made, after = resume(ORDER, world.resuming(), NOW)
    assert (after.standing, after.tagged_policy) == (Standing.PROBATION, "strict")
    world.enforce()
    assert world.book.outcomes()[made.id] == "confirmed"


def test_a_record_that_never_holds_still_is_told() -> None:
    world = paused_world()

    def touch() -> None:
        world.book.save(world.tenant(), world.tenant(), NOW)

    world.ses.after_look = touch
    with pytest.raises(StaleError):
        resume(ORDER, world.resuming(), NOW)


def test_of_two_orders_at_once_the_second_is_told_that_the_first_is_under_way() -> None:
    world = paused_world()

    def first() -> None:
        world.ses.after_look = lambda: None
        resume(Order("shop", "cleaned", Identity("day shift")), world.resuming(), NOW)

    world.ses.after_look = first
    code, _ = refusal_of(world)
    assert code == "AlreadyUnderWay"


def paused_by_another(world: World) -> None:
    """Somebody pauses it by the guard."""
    pause(Order("shop", "a phishing site", Identity("day shift")), world.pausing(), NOW)


def paused_at_ses(world: World) -> None:
    """Somebody pauses it at SES, and the guard hears of it."""
    world.ses.change(arn_of("shop"), customer_managed=Sending.DISABLED)
    adopt("shop", world.mirror(), NOW)


def paused_by_the_guard_anew(world: World) -> None:
    """Somebody resumes it, and the guard pauses it again."""
    resume(Order("shop", "cleaned", Identity("day shift")), world.resuming(), NOW)
    world.enforce()
    made = decision(tenant=world.tenant())
    world.book.record(made, record_after(made))


@pytest.mark.parametrize("stop", [paused_by_another, paused_at_ses, paused_by_the_guard_anew])
def test_a_stop_that_came_while_the_order_was_taken_is_not_lifted_by_it(stop: Callable[[World], None]) -> None:
    """Nobody who ordered the resume has seen it (Law 5); the next try reads it, and has to tell it from an echo."""
    world = paused_world()

    def meanwhile() -> None:
        world.ses.after_look = lambda: None
        stop(world)

    world.ses.after_look = meanwhile
    code, words = refusal_of(world)
    assert (code, "stopped anew" in words) == ("ChangedMeanwhile", True)
    assert world.standing() is Standing.PAUSED
    resume(ORDER, world.resuming(), NOW)
    assert world.standing() is Standing.PROBATION


def test_an_unknown_tenant_is_refused() -> None:
    code, words = refusal_of(World(), Order("shopp", "x", Identity("y")))
    assert code == "UnknownTenant"
    assert "'shopp'" in words


@pytest.mark.parametrize("standing", [Standing.HEALTHY, Standing.WARNED, Standing.PROBATION])
def test_a_tenant_that_is_not_paused_is_refused(standing: Standing) -> None:
    code, words = refusal_of(World(book=InMemoryBook({"shop": tenant(standing=standing)})))
    assert code == "NotPaused"
    assert standing in words


def test_a_tenant_stopped_by_ses_is_refused() -> None:
    """Law 5: SES is asked, not the record."""
    world = paused_world()
    world.ses.change(arn_of("shop"), ses_managed=Sending.DISABLED)
    code, words = refusal_of(world)
    assert code == "StoppedBySes"
    assert "AWS Support" in words
    assert world.standing() is Standing.PAUSED


def test_a_refused_resume_writes_nothing() -> None:
    world = World(book=InMemoryBook({"shop": tenant()}))
    refusal_of(world)
    assert (world.tenant(), world.book.entries) == (tenant(), {})


def test_a_tenant_that_ses_has_forgotten_is_said_to_be_gone() -> None:
    world = World(book=InMemoryBook({"shop": paused(tenant(arn=None), Owner.GUARD)}))
    with pytest.raises(OrderRefusedError) as found:
        resume(ORDER, world.resuming(), NOW)
    assert found.value.code == "GoneFromSes"


@pytest.mark.parametrize("owner", [Owner.GUARD, Owner.OPERATOR])
def test_a_person_lifts_the_guards_stop_and_a_persons(owner: Owner) -> None:
    world = World(book=InMemoryBook({"shop": paused(tenant(arn=None), owner)}))
    world.ses.add("shop")
    _, after = resume(ORDER, world.resuming(), NOW)
    assert after.standing is Standing.PROBATION
    assert after.arn == arn_of("shop")


@pytest.mark.parametrize("mode", Mode)
def test_an_order_to_pause_and_one_to_resume_are_written_down_alike(mode: Mode) -> None:
    """Who, why, in which mode and by which policy: whatever a person orders."""
    world = paused_world(mode)
    resumed, _ = resume(ORDER, world.resuming(), NOW)
    world.enforce()
    stopped, _ = pause(ORDER, world.pausing(), NOW)
    alike = ("at", "mode", "policy", "owner", "operator", "operator_proved", "reason", "proposed_by", "because")
    assert [getattr(resumed, each) for each in alike] == [getattr(stopped, each) for each in alike]
    assert (resumed.mode, resumed.operator) == (mode, "night shift")
    assert (resumed.announces, stopped.announces) == ("TenantResumed", "TenantPaused")
