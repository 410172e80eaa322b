"""Twice is once: whatever step the enforcer dies at, the next round ends where the first one would have."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reputation_guard.domain.decision import Answer, Decision, GuardEvent, record_after
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Owner, Standing
from reputation_guard.ports.errors import UnavailableError
from reputation_guard.usecases.carry_out import Enforcer
from reputation_guard.usecases.enforce import enforce
from tests.fakes.builders import NOW, decision
from tests.fakes.crashes import CrashError, Fuse, wired
from tests.fakes.ses import arn_of
from tests.usecases.pending import to_pause, to_resume
from tests.usecases.world import World

UNTIL = NOW + timedelta(minutes=1)


def fragile(world: World, fuse: Fuse) -> Enforcer:
    book, ses, bus = wired(world.book, fuse), wired(world.ses, fuse), wired(world.bus, fuse)
    return Enforcer(book, ses, ses, bus, world.policies, world.mode, lambda: NOW, world.rests.append)


@pytest.mark.parametrize("after_the_call", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 16))
def test_a_crash_at_any_step_of_a_pause_is_only_a_retry(call: int, *, after_the_call: bool) -> None:
    """Law 4: enforced once at SES, announced with one id, settled, whatever step the first try died at."""
    world = World()
    made = to_pause(world)
    fuse = Fuse(call, after_the_call=after_the_call)
    try:
        enforce(fragile(world, fuse), UNTIL)
    except CrashError:
        world.enforce()
    assert fuse.blown is (call <= 14)
    assert world.ses.calls == [(arn_of("shop"), Sending.DISABLED)]
    assert {each.id for each in world.bus.announced} == {f"{made.id}.TenantPaused"}
    after = world.tenant()
    assert (after.standing, after.under_way) == (Standing.PAUSED, False)
    assert after.stamp == world.ses.statuses[arn_of("shop")].stamp
    assert world.book.outcomes() == {made.id: "confirmed"}
    assert world.enforce().settled == 0


@pytest.mark.parametrize("after_the_call", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 13))
def test_a_crash_at_any_step_of_a_resume_is_only_a_retry(call: int, *, after_the_call: bool) -> None:
    world = World()
    made = to_resume(world)
    fuse = Fuse(call, after_the_call=after_the_call)
    try:
        enforce(fragile(world, fuse), UNTIL)
    except CrashError:
        world.enforce()
    assert fuse.blown is (call <= 11)
    assert world.ses.statuses[arn_of("shop")].aggregate is Sending.ENABLED
    assert {each.id for each in world.bus.announced} == {f"{made.id}.TenantResumed"}
    assert (world.standing(), world.tenant().under_way) == (Standing.PROBATION, False)
    assert world.tenant().stamp == world.ses.statuses[arn_of("shop")].stamp
    assert world.book.outcomes() == {made.id: "confirmed"}


@pytest.mark.parametrize("call", range(1, 12))
def test_an_answer_that_is_lost_at_any_step_leaves_the_decision_to_the_next_round(call: int) -> None:
    world = World()
    made = to_pause(world)
    fuse = Fuse(call, after_the_call=True, error=UnavailableError)
    try:
        enforce(fragile(world, fuse), UNTIL)
    except UnavailableError:
        assert call in {1, 11}, "only reading the queue itself ends a round"
    world.enforce()
    assert world.ses.calls == [(arn_of("shop"), Sending.DISABLED)]
    assert world.book.outcomes() == {made.id: "confirmed"}


@pytest.mark.parametrize("after_the_call", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 7))
def test_a_crash_at_any_step_of_a_withdrawal_is_only_a_retry(call: int, *, after_the_call: bool) -> None:
    world = World(mode=Mode.OBSERVE)
    made = to_pause(world)
    try:
        enforce(fragile(world, Fuse(call, after_the_call=after_the_call)), UNTIL)
    except CrashError:
        world.enforce()
    assert world.book.outcomes() == {made.id: "withdrawn"}
    assert {each.id for each in world.bus.announced} == {f"{made.id}.PauseAdvised"}
    assert (world.ses.calls, world.standing()) == ([], Standing.HEALTHY)


def test_a_decision_that_another_one_overtook_is_not_carried_out() -> None:
    """The operator resumed before the pause reached SES: only the last word goes there."""
    world = World()
    first = to_pause(world)
    resumed = decision(
        answer=Answer.RESUME,
        announces=GuardEvent.TENANT_RESUMED,
        tenant=world.tenant(),
        owner=Owner.OPERATOR,
        mails_per_minute=0,
    )
    world.book.record(resumed, record_after(resumed))
    assert world.enforce().settled == 2
    assert world.ses.calls == [(arn_of("shop"), Sending.ENABLED)]
    assert world.bus.names == ["TenantResumed"]
    assert world.book.outcomes() == {first.id: "superseded", resumed.id: "confirmed"}


def test_a_record_that_changed_under_the_hands_keeps_both_changes() -> None:
    """The mirror of our own echo, or fresh feedback, may come first; people are told once all the same."""
    world = World()
    made = to_pause(world)
    world.ses.after_look = lambda: _touch(world, NOW)
    assert world.enforce().settled == 1
    after = world.tenant()
    assert (after.under_way, after.stamp) == (False, world.ses.statuses[arn_of("shop")].stamp)
    assert after.configuration_sets == {"news"}
    assert world.bus.names == ["TenantPaused"]
    assert world.book.outcomes() == {made.id: "confirmed"}


def test_a_withdrawal_goes_on_top_of_what_touched_the_record_meanwhile() -> None:
    world = World(mode=Mode.OBSERVE)
    made = to_pause(world)
    world.ses.after_look = lambda: _touch(world, NOW)
    assert world.enforce().settled == 1
    assert (world.standing(), world.tenant().configuration_sets) == (Standing.HEALTHY, frozenset({"news"}))
    assert (world.bus.names, world.book.outcomes()) == (["PauseAdvised"], {made.id: "withdrawn"})


def test_a_pause_that_was_overtaken_under_the_hands_is_not_confirmed_over_it() -> None:
    world = World()
    made = to_pause(world)
    world.book.tenants["shop"] = replace(world.tenant(), tags_read_at=NOW)
    resumed = decision(
        answer=Answer.RESUME, announces=GuardEvent.TENANT_RESUMED, tenant=world.tenant(), mails_per_minute=0
    )
    world.ses.after_look = lambda: _record_once(world, resumed)
    assert len(world.enforce().left) == 1
    assert world.standing() is Standing.PROBATION
    world.enforce()
    assert world.ses.calls[-1] == (arn_of("shop"), Sending.ENABLED)
    assert world.book.outcomes() == {made.id: "superseded", resumed.id: "confirmed"}


def _record_once(world: World, made: Decision) -> None:
    if made.id not in world.book.entries:
        world.book.record(made, record_after(made))


def _touch(world: World, now: datetime) -> None:
    read = world.tenant()
    world.book.save(read, replace(read, configuration_sets=frozenset({"news"})), now)
