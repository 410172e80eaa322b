"""Law 5: each stop has an owner. What SES or a person did is adopted, and our own echo is known."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reputation_guard.domain.approval import Identity
from reputation_guard.domain.hands import Hand
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.sending import Finding, Sending
from reputation_guard.domain.tenant import Owner, Standing, Tenant
from reputation_guard.ports.errors import RefusedError, StaleError
from reputation_guard.usecases.adopt import adopt
from reputation_guard.usecases.orders import Order
from reputation_guard.usecases.resume import resume
from tests.fakes.builders import NOW, tenant
from tests.fakes.ses import arn_of
from tests.usecases.pending import to_pause
from tests.usecases.world import World

ARN = arn_of("shop")
DISABLED, ENABLED, REINSTATED = Sending.DISABLED, Sending.ENABLED, Sending.REINSTATED
GUARD, OPERATOR, SES = Owner.GUARD, Owner.OPERATOR, Owner.SES


def paused_by_the_guard(mode: Mode = Mode.ENFORCE) -> World:
    """A tenant that the guard paused, confirmed and told."""
    world = World()
    to_pause(world)
    world.enforce()
    world.bus.announced.clear()
    world.mode = mode
    return world


def healthy() -> World:
    """A tenant that SES knows and the guard has judged."""
    world = World()
    world.ses.add("shop")
    world.book.save(Tenant(name="shop"), tenant(arn=ARN, version=0), NOW)
    return world


def told(world: World) -> list[str]:
    """What people are told once the enforcer came round."""
    world.enforce()
    return world.bus.names


def adopted(world: World) -> Hand:
    return adopt("shop", world.mirror(), NOW)


def test_our_own_echo_changes_nothing() -> None:
    world = paused_by_the_guard()
    before = world.tenant()
    assert adopted(world) is Hand.NOBODY
    assert (world.tenant(), told(world)) == (before, [])


def test_an_echo_that_comes_before_the_read_back_changes_no_stop() -> None:
    """mirror may be faster than the enforcer's second call."""
    world = World()
    to_pause(world)
    world.ses.shut(ARN)
    assert adopted(world) is Hand.NOBODY
    after = world.tenant()
    assert (after.stops, after.under_way, after.stamp) == (frozenset({GUARD}), True, None)
    assert told(world) == ["TenantPaused"]
    assert adopted(world) is Hand.NOBODY


def test_a_mirror_that_the_enforcer_overtakes_neither_pauses_again_nor_turns_the_stamp_back() -> None:
    """The book is read before SES: what SES said before the pause says nothing of the record after it."""
    world = World()
    to_pause(world)

    def overtake() -> None:
        world.ses.after_look = lambda: None
        world.enforce()

    world.ses.after_look = overtake
    assert adopted(world) is Hand.NOBODY
    assert told(world) == ["TenantPaused"]
    assert world.ses.calls == [(ARN, DISABLED)]
    after = world.tenant()
    assert (after.stops, after.under_way, after.stamp) == (
        frozenset({GUARD}),
        False,
        world.ses.statuses[ARN].stamp,
    )


def test_a_person_pauses_a_healthy_tenant() -> None:
    world = healthy()
    world.ses.change(ARN, customer_managed=DISABLED)
    assert adopted(world) is Hand.OPERATOR_PAUSED
    after = world.tenant()
    assert (after.standing, after.stops, after.under_way) == (Standing.PAUSED, frozenset({OPERATOR}), False)
    assert after.stamp == world.ses.statuses[ARN].stamp
    assert told(world) == ["TenantPaused"]
    assert world.bus.announced[0].decision.owner is OPERATOR
    assert world.ses.calls == []


def test_a_person_who_repeats_the_guards_pause_owns_it_from_then_on() -> None:
    world = paused_by_the_guard()
    world.ses.change(ARN, customer_managed=DISABLED)
    assert adopted(world) is Hand.OPERATOR_PAUSED
    assert (world.standing(), world.tenant().stops) == (Standing.PAUSED, frozenset({OPERATOR}))
    assert told(world) == []


@pytest.mark.parametrize("sending", [ENABLED, REINSTATED])
def test_a_person_resumes_at_ses_what_the_guard_paused(sending: Sending) -> None:
    """Law 9 holds for this resume too: a fence and a probation."""
    world = paused_by_the_guard()
    world.ses.change(ARN, customer_managed=sending)
    assert adopted(world) is Hand.OPERATOR_RESUMED
    after = world.tenant()
    assert (after.standing, after.stops, after.fence, after.under_way) == (Standing.PROBATION, frozenset(), NOW, False)
    assert after.probation_ends == NOW + timedelta(hours=24)
    assert told(world) == ["TenantResumed"]
    assert world.ses.calls == [(ARN, DISABLED)]


def test_a_pause_that_was_lost_is_decided_anew() -> None:
    world = paused_by_the_guard()
    world.ses.statuses[ARN] = replace(world.ses.statuses[ARN], aggregate=ENABLED, customer_managed=ENABLED)
    assert adopted(world) is Hand.GUARD_LOST
    assert world.tenant().under_way
    assert told(world) == ["TenantPaused"]
    assert world.ses.statuses[ARN].aggregate is DISABLED
    assert world.bus.announced[0].decision.reason == Hand.GUARD_LOST


def test_a_pause_that_was_lost_is_left_alone_in_observe_mode() -> None:
    """Law 12: observe leaves SES alone."""
    world = paused_by_the_guard(Mode.OBSERVE)
    world.ses.statuses[ARN] = replace(world.ses.statuses[ARN], aggregate=ENABLED, customer_managed=ENABLED)
    before = world.tenant()
    assert adopted(world) is Hand.GUARD_LOST
    assert (world.tenant(), told(world)) == (before, [])


@pytest.mark.parametrize("mode", Mode)
def test_ses_stops_a_tenant_and_releases_it(mode: Mode) -> None:
    world = healthy()
    world.mode = mode
    world.ses.change(ARN, ses_managed=DISABLED)
    assert adopted(world) is Hand.SES_STOPPED
    assert (world.standing(), world.tenant().stops) == (Standing.PAUSED, frozenset({SES}))
    assert adopted(world) is Hand.NOBODY
    world.ses.change(ARN, ses_managed=ENABLED)
    assert adopted(world) is Hand.SES_RELEASED
    assert (world.standing(), world.tenant().stops) == (Standing.PROBATION, frozenset())
    assert told(world) == ["TenantPaused", "TenantResumed"]
    assert {each.decision.owner for each in world.bus.announced} == {SES}
    assert world.ses.calls == []


def test_ses_stops_what_the_guard_paused_and_releases_its_own_stop_alone() -> None:
    """Law 5: the guard's stop stands until the guard or a person lifts it."""
    world = paused_by_the_guard()
    world.ses.change(ARN, ses_managed=DISABLED)
    assert adopted(world) is Hand.SES_STOPPED
    assert world.tenant().stops == {GUARD, SES}
    world.ses.change(ARN, ses_managed=ENABLED)
    assert adopted(world) is Hand.SES_RELEASED
    assert (world.standing(), world.tenant().stops) == (Standing.PAUSED, frozenset({GUARD}))
    assert told(world) == ["TenantPaused"]


def test_a_person_who_lifts_the_guards_stop_does_not_lift_that_of_ses() -> None:
    """Law 5: a tenant that SES holds shut is not resumed, whatever its customer-managed status says."""
    world = paused_by_the_guard()
    world.ses.change(ARN, ses_managed=DISABLED)
    adopted(world)
    world.ses.change(ARN, customer_managed=ENABLED)
    assert adopted(world) is Hand.OPERATOR_RESUMED
    assert (world.standing(), world.tenant().stops) == (Standing.PAUSED, frozenset({SES}))
    assert told(world) == ["TenantPaused"]
    world.ses.change(ARN, ses_managed=ENABLED)
    assert adopted(world) is Hand.SES_RELEASED
    assert world.standing() is Standing.PROBATION


def test_a_person_and_ses_who_stop_a_tenant_at_once_both_own_their_stop() -> None:
    """Law 5: one reading shows both hands, and neither stop is lost."""
    world = healthy()
    world.ses.change(ARN, customer_managed=DISABLED, ses_managed=DISABLED)
    assert adopted(world) is Hand.SES_STOPPED
    assert world.tenant().stops == {OPERATOR, SES}
    world.ses.change(ARN, ses_managed=ENABLED)
    adopted(world)
    assert (world.standing(), world.tenant().stops) == (Standing.PAUSED, frozenset({OPERATOR}))
    assert "TenantResumed" not in told(world)


def test_a_person_who_pauses_while_ses_releases_keeps_the_tenant_paused() -> None:
    world = healthy()
    world.ses.change(ARN, ses_managed=DISABLED)
    adopted(world)
    world.ses.change(ARN, customer_managed=DISABLED, ses_managed=ENABLED)
    adopted(world)
    assert (world.standing(), world.tenant().stops) == (Standing.PAUSED, frozenset({OPERATOR}))
    assert "TenantResumed" not in told(world)


def test_open_findings_are_kept_on_the_tenant() -> None:
    world = healthy()
    finding = Finding("BOUNCE", "HIGH", "The bounce rate exceeded 15.0 %.")
    world.ses.open_findings[ARN] = (finding,)
    assert adopted(world) is Hand.NOBODY
    assert world.tenant().findings == (finding,)
    world.ses.open_findings.clear()
    adopted(world)
    assert world.tenant().findings == ()
    assert told(world) == []


def test_nothing_new_is_nothing_written() -> None:
    world = healthy()
    before = world.tenant()
    adopted(world)
    assert world.tenant() == before


def test_a_tenant_the_guard_has_never_met_is_remembered() -> None:
    world = World()
    world.ses.add("shop")
    world.ses.change(ARN, customer_managed=DISABLED)
    assert adopted(world) is Hand.OPERATOR_PAUSED
    assert (world.tenant().arn, world.tenant().version) == (ARN, 1)


def test_a_tenant_that_ses_does_not_know_is_refused() -> None:
    with pytest.raises(RefusedError):
        adopted(World())


def test_a_record_that_changed_meanwhile_is_left_to_the_next_try() -> None:
    world = healthy()
    world.ses.change(ARN, customer_managed=DISABLED)
    mirror = world.mirror()
    read = world.tenant()
    world.ses.after_look = lambda: None
    book: Any = _Stale(world, read)
    stale = replace(mirror, book=book)
    with pytest.raises(StaleError):
        adopt("shop", stale, NOW)


class _Stale:
    """A book that shows what was written before somebody else wrote."""

    def __init__(self, world: World, read: Tenant) -> None:
        self._world = world
        self._read = read
        world.book.save(read, read, NOW)

    def tenant(self, _name: str) -> Tenant:
        return self._read

    def __getattr__(self, name: str) -> object:
        return getattr(self._world.book, name)


def test_an_operators_resume_through_the_guard_is_no_strange_hand() -> None:
    """Our own ENABLED is an echo as well: no second resume, no moved fence."""
    world = paused_by_the_guard()
    resume(Order("shop", "list cleaned", Identity("night shift")), world.resuming(), NOW)
    world.enforce()
    before = world.tenant()
    assert adopted(world) is Hand.NOBODY
    assert world.tenant() == before
