"""A person's pause: nothing of the guard's calls it off, and only a person lifts it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reputation_guard.domain.approval import Identity
from reputation_guard.domain.decision import Answer, Decision
from reputation_guard.domain.notices import notice_of
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Exemption, Owner, Standing
from reputation_guard.ports.errors import RefusedError
from reputation_guard.usecases.adopt import adopt
from reputation_guard.usecases.enforce import enforce
from reputation_guard.usecases.orders import Order, OrderRefusedError
from reputation_guard.usecases.pause import pause
from reputation_guard.usecases.resume import resume
from tests.fakes.builders import NOW, STANDARD, ago, tenant
from tests.fakes.crashes import CrashError, Fuse
from tests.fakes.ses import arn_of
from tests.usecases.pending import to_pause, to_resume
from tests.usecases.test_twice_is_once import UNTIL, fragile
from tests.usecases.world import World

ORDER = Order("shop", "a phishing site", Identity("ann", proved=True))
OBSERVING = replace(STANDARD, name="trial", mode=Mode.OBSERVE)


def world_with(**record: Any) -> World:
    """A world that knows `shop`, which sends."""
    world = World()
    world.book.tenants["shop"] = tenant(arn=world.ses.add("shop"), **record)
    return world


def paused_by_ann(world: World) -> Decision:
    decision, _ = pause(ORDER, world.pausing(), NOW)
    world.enforce()
    return decision


def test_an_operator_pauses_a_tenant_with_a_reason() -> None:
    world = world_with()
    decision = paused_by_ann(world)
    assert (decision.answer, decision.owner, decision.judged) == (Answer.PAUSE, Owner.OPERATOR, False)
    assert (decision.operator, decision.operator_proved, decision.reason) == ("ann", True, "a phishing site")
    after = world.tenant()
    assert (after.standing, after.stops, after.decided) == (Standing.PAUSED, frozenset({Owner.OPERATOR}), decision.id)
    assert (after.strikes, after.pause, after.under_way) == (0, None, False)
    assert world.book.outcomes() == {decision.id: "confirmed"}
    [told] = world.bus.announced
    assert "was paused by ann (proved by IAM): a phishing site" in notice_of(told).text
    assert "an operator resumes it." in notice_of(told).text


@pytest.mark.parametrize(
    ("mode", "record"),
    [
        (Mode.OBSERVE, {}),
        (Mode.ENFORCE, {"assigned_policy": "trial"}),
        (Mode.ENFORCE, {"exemption": Exemption(NOW + timedelta(hours=1), "bob", "a migration")}),
    ],
    ids=["observe mode", "a policy that observes", "an exemption"],
)
def test_it_is_called_off_by_nothing_that_is_about_the_guards_own(mode: Mode, record: dict[str, Any]) -> None:
    world = world_with(**record)
    world.shelf.put(OBSERVING, ago(hours=1), "ann")
    world.mode = mode
    decision = paused_by_ann(world)
    assert world.ses.statuses[arn_of("shop")].aggregate is Sending.DISABLED
    assert world.book.outcomes() == {decision.id: "confirmed"}


def test_a_tenant_that_only_ses_knows_can_be_paused() -> None:
    world = World()
    world.ses.add("shop")
    paused_by_ann(world)
    assert (world.tenant().arn, world.standing()) == (arn_of("shop"), Standing.PAUSED)


def test_a_tenant_that_nobody_knows_is_refused() -> None:
    with pytest.raises(OrderRefusedError, match="check the spelling") as refused:
        pause(ORDER, World().pausing(), NOW)
    assert refused.value.code == "UnknownTenant"


def test_a_pause_of_the_guards_is_taken_over_and_the_guard_does_not_end_it() -> None:
    """Law 5."""
    world = World()
    to_pause(world)
    world.enforce()
    ends = world.tenant().pause
    assert ends
    assert ends.ends
    paused_by_ann(world)
    assert (world.tenant().stops, world.tenant().strikes) == (frozenset({Owner.OPERATOR}), 1)
    for later in (ends.ends, NOW + timedelta(days=3)):
        world.review(later)
        world.enforce(later)
    assert world.standing() is Standing.PAUSED
    assert world.ses.statuses[arn_of("shop")].aggregate is Sending.DISABLED


def test_a_pause_that_is_under_way_is_overtaken() -> None:
    world = World()
    guards = to_pause(world)
    decision, _ = pause(ORDER, world.pausing(), NOW)
    world.enforce()
    assert world.book.outcomes() == {guards.id: "superseded", decision.id: "confirmed"}
    assert (world.bus.names, world.tenant().stops) == (["TenantPaused"], frozenset({Owner.OPERATOR}))


def test_a_resume_that_is_under_way_is_overtaken() -> None:
    world = World()
    ordered = to_resume(world)
    decision, _ = pause(ORDER, world.pausing(), NOW)
    for _ in range(2):
        world.enforce()
    assert world.book.outcomes() == {ordered.id: "superseded", decision.id: "confirmed"}
    assert world.ses.statuses[arn_of("shop")].aggregate is Sending.DISABLED


def test_a_stop_that_somebody_set_at_ses_meanwhile_is_taken_over() -> None:
    world = world_with()
    decision, _ = pause(ORDER, world.pausing(), NOW)
    world.ses.change(arn_of("shop"), customer_managed=Sending.DISABLED)
    world.enforce()
    assert world.book.outcomes() == {decision.id: "confirmed"}
    assert world.tenant().stops == {Owner.OPERATOR}


def test_it_stands_beside_a_stop_by_ses() -> None:
    world = world_with()
    world.ses.change(arn_of("shop"), ses_managed=Sending.DISABLED)
    adopt("shop", world.mirror(), NOW)
    paused_by_ann(world)
    assert world.tenant().stops == {Owner.OPERATOR, Owner.SES}
    world.ses.change(arn_of("shop"), ses_managed=Sending.ENABLED)
    adopt("shop", world.mirror(), NOW)
    assert (world.standing(), world.tenant().stops) == (Standing.PAUSED, frozenset({Owner.OPERATOR}))


def test_of_two_orders_the_second_is_told() -> None:
    world = world_with()
    decision, _ = pause(ORDER, world.pausing(), NOW)
    with pytest.raises(OrderRefusedError) as refused:
        pause(ORDER, world.pausing(), NOW)
    assert refused.value.code == "AlreadyPaused"
    assert decision.id in refused.value.advice


def test_the_guards_own_echo_changes_nothing_and_a_person_lifts_it() -> None:
    world = world_with()
    paused_by_ann(world)
    before = world.tenant()
    adopt("shop", world.mirror(), NOW)
    assert replace(world.tenant(), version=before.version) == before
    resume(Order("shop", "the site is gone", Identity("bob")), world.resuming(), NOW)
    world.enforce()
    assert (world.standing(), world.ses.statuses[arn_of("shop")].aggregate) == (Standing.PROBATION, Sending.ENABLED)


def test_one_that_ses_refuses_is_told_with_who_ordered_it_and_tried_again() -> None:
    """Law 4."""
    world = world_with()
    world.ses.answers = [RefusedError("AccessDeniedException", "no")]
    paused_by_ann(world)
    [told] = world.bus.announced
    assert "has to be paused (ordered by ann (proved by IAM): a phishing site) and is NOT" in notice_of(told).text
    world.enforce()
    assert world.bus.names == ["PauseRefused", "TenantPaused"]


@pytest.mark.parametrize("after_the_call", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 14))
def test_a_crash_at_any_step_is_only_a_retry(call: int, *, after_the_call: bool) -> None:
    world = world_with()
    world.mode = Mode.OBSERVE
    decision, _ = pause(ORDER, world.pausing(), NOW)
    fuse = Fuse(call, after_the_call=after_the_call)
    try:
        enforce(fragile(world, fuse), UNTIL)
    except CrashError:
        world.enforce()
    assert world.ses.calls == [(arn_of("shop"), Sending.DISABLED)]
    assert {each.id for each in world.bus.announced} == {f"{decision.id}.TenantPaused"}
    assert world.book.outcomes() == {decision.id: "confirmed"}
    assert (world.standing(), world.tenant().under_way) == (Standing.PAUSED, False)
