"""Law 4: a pause decided is a pause enforced, or a page that says it is not."""

from datetime import timedelta

import pytest

from reputation_guard.domain.decision import Answer, GuardEvent, record_after
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Owner, Standing
from reputation_guard.ports.errors import RefusedError
from tests.fakes.builders import NOW, decision, tenant
from tests.fakes.ses import arn_of
from tests.usecases.pending import THROTTLED, THROTTLED_ALL_ROUND, to_pause, to_resume
from tests.usecases.world import World

REFUSAL = RefusedError("AccessDeniedException", "not authorized")


def test_a_refused_pause_is_told_once_and_tried_for_ever() -> None:
    """Law 4: only a confirmation read back from SES, or a person, clears it."""
    world = World()
    made = to_pause(world, pace=900.0)
    to_pause(world, "slow", pace=1.0)
    world.ses.answers = [REFUSAL]
    result = world.enforce()
    assert (result.settled, result.refused) == (1, 1)
    assert list(world.announced()) == [("PauseRefused", "shop"), ("TenantPaused", "slow")]
    assert world.bus.announced[0].refusal == "AccessDeniedException: not authorized"
    world.ses.answers = [REFUSAL]
    world.enforce()
    assert world.bus.names.count("PauseRefused") == 1
    assert world.book.outcomes()[made.id] == ""
    world.enforce()
    assert world.bus.names[-1] == "TenantPaused"
    assert world.book.outcomes()[made.id] == "confirmed"


def test_a_refused_pause_waits_behind_all_others() -> None:
    world = World()
    to_pause(world, "refused", pace=900.0)
    world.ses.answers = [REFUSAL]
    world.enforce()
    to_pause(world, "slow", pace=1.0)
    world.enforce()
    assert world.ses.calls[-2:] == [(arn_of("slow"), Sending.DISABLED), (arn_of("refused"), Sending.DISABLED)]


def test_a_status_that_ses_took_and_did_not_change_is_a_refusal_at_the_second_look() -> None:
    """Law 4: always read back the aggregate. SES may need a moment, so one look is not enough to call it."""
    world = World()
    to_pause(world)
    world.ses.deaf = True
    first = world.enforce()
    assert (len(first.left), world.bus.names) == (1, [])
    second = world.enforce()
    assert (second.refused, world.bus.names) == (1, ["PauseRefused"])
    assert "still lets the tenant send" in world.bus.announced[0].refusal
    world.ses.deaf = False
    world.enforce()
    assert world.bus.names == ["PauseRefused", "TenantPaused"]


def test_an_aggregate_that_is_shut_by_ses_alone_is_no_pause_of_ours() -> None:
    world = World()
    to_pause(world)
    world.ses.deaf = True
    world.ses.change(arn_of("shop"), ses_managed=Sending.DISABLED)
    world.enforce()
    world.enforce()
    assert world.bus.names == ["PauseRefused"]


def test_a_tenant_that_is_gone_at_ses_is_told_as_refused_once_and_settled() -> None:
    """It cannot send any more: nothing is left to be tried every minute, and nothing to be resumed."""
    world = World()
    made = to_pause(world)
    world.ses.statuses.clear()
    assert world.enforce().settled == 1
    world.enforce()
    assert world.bus.names == ["PauseRefused"]
    assert world.bus.announced[0].refusal.startswith("NotFoundException")
    assert world.book.outcomes() == {made.id: "gone"}
    after = world.tenant()
    assert (after.standing, after.stops, after.under_way) == (Standing.HEALTHY, frozenset(), False)
    assert (after.strikes, after.pause, after.arn) == (0, None, None)


@pytest.mark.parametrize("asks", ["template", "switch"])
def test_a_pause_that_meets_observe_is_withdrawn(asks: str) -> None:
    """Law 12: the most cautious mode wins, and is read before every call: a kill switch."""
    world = World()
    made = to_pause(world)
    if asks == "template":
        world.mode = Mode.OBSERVE
    else:
        world.book.switch(Mode.OBSERVE)
    world.enforce()
    assert world.ses.calls == []
    assert world.bus.names == ["PauseAdvised"]
    after = world.tenant()
    assert (after.standing, after.stops, after.under_way, after.decided) == (Standing.HEALTHY, frozenset(), False, None)
    assert after.advised_at == NOW
    assert world.book.outcomes() == {made.id: "withdrawn"}


@pytest.mark.parametrize("asks", ["template", "switch"])
def test_a_pause_that_reached_ses_before_the_guard_was_switched_to_observe_is_confirmed(asks: str) -> None:
    """Law 4: the tenant is shut; a record that called it healthy would leave it shut with nobody knowing."""
    world = World()
    made = to_pause(world)
    world.book.mark_attempt(made, NOW)
    world.ses.shut(arn_of("shop"))
    if asks == "template":
        world.mode = Mode.OBSERVE
    else:
        world.book.switch(Mode.OBSERVE)
    world.enforce()
    assert world.bus.names == ["TenantPaused"]
    assert (world.standing(), world.book.outcomes()) == (Standing.PAUSED, {made.id: "confirmed"})


@pytest.mark.parametrize("reached", [False, True])
def test_a_resume_of_the_guards_that_was_begun_and_never_reached_ses_is_held_back_in_observe(*, reached: bool) -> None:
    """Law 12: the kill switch is read before every call, and the second try of one is a call too."""
    world = World()
    made = to_resume(world, owner=Owner.GUARD)
    world.book.mark_attempt(made, NOW)
    if reached:
        world.ses.open(arn_of("shop"), despite_findings=False)
    world.ses.calls.clear()
    world.book.switch(Mode.OBSERVE)
    world.enforce()
    assert world.ses.calls == ([(arn_of("shop"), Sending.ENABLED)] if reached else [])
    assert world.book.outcomes() == {made.id: "confirmed" if reached else "withdrawn"}


def test_a_pause_that_was_begun_and_never_reached_ses_is_withdrawn_all_the_same() -> None:
    world = World(mode=Mode.OBSERVE)
    made = to_pause(world)
    world.book.mark_attempt(made, NOW)
    world.enforce()
    assert (world.ses.calls, world.book.outcomes()) == ([], {made.id: "withdrawn"})


def test_the_switch_is_read_before_every_call() -> None:
    world = World()
    to_pause(world, "first", 30.0)
    to_pause(world, "second", 20.0)
    world.ses.after_look = lambda: world.book.switch(Mode.OBSERVE) if world.ses.calls else None
    world.enforce()
    assert world.ses.calls == [(arn_of("first"), Sending.DISABLED)]
    assert list(world.announced()) == [("TenantPaused", "first"), ("PauseAdvised", "second")]


@pytest.mark.parametrize(("seconds", "names"), [(299, []), (300, ["PauseRefused"])])
def test_a_pause_without_an_answer_is_a_page_after_five_minutes(seconds: int, names: list[str]) -> None:
    """Law 4: throttled for five minutes is not paused for five minutes."""
    world, now = World(), NOW + timedelta(seconds=seconds)
    made = to_pause(world)
    world.ses.answers = [*THROTTLED_ALL_ROUND, *THROTTLED_ALL_ROUND]
    world.enforce(now)
    assert world.bus.names == names
    world.enforce(now + timedelta(seconds=1))
    assert world.bus.names == ["PauseRefused"]
    assert "for 5 min" in world.bus.announced[0].refusal
    world.enforce(now + timedelta(seconds=2))
    assert world.bus.names == ["PauseRefused", "TenantPaused"]
    assert world.book.outcomes() == {made.id: "confirmed"}


def test_a_guard_bus_that_refuses_keeps_no_tenant_sending() -> None:
    """Law 4: the pauses come first; what could not be told is told when the bus can hear again."""
    world = World()
    warned = decision(answer=Answer.WARN, announces=GuardEvent.TENANT_WARNED, tenant=tenant("calm", version=0))
    world.book.record(warned, record_after(warned))
    to_pause(world, "a", 30.0)
    to_pause(world, "b", 20.0)
    world.bus.error = RefusedError("AccessDeniedException", "not authorized")
    assert len(world.enforce().left) == 3
    assert {arn for arn, _ in world.ses.calls} == {arn_of("a"), arn_of("b")}
    world.bus.error = None
    world.enforce()
    assert sorted(world.announced()) == [("TenantPaused", "a"), ("TenantPaused", "b"), ("TenantWarned", "calm")]


def test_a_resume_that_ses_refuses_is_told_once_and_tried_again() -> None:
    world = World()
    to_resume(world)
    world.ses.answers = [REFUSAL, REFUSAL]
    world.enforce()
    world.enforce()
    assert world.bus.names == ["ResumeRefused"]
    world.enforce()
    assert world.bus.names == ["ResumeRefused", "TenantResumed"]


def test_a_resume_that_shows_late_is_confirmed_in_the_next_round() -> None:
    """SES may need a moment: one slow answer must not stop the tenant in a person's name."""
    world = World()
    made = to_resume(world)
    world.ses.deaf = True
    assert (len(world.enforce().left), world.bus.names) == (1, [])
    world.ses.deaf = False
    world.enforce()
    assert world.bus.names == ["TenantResumed"]
    assert (world.standing(), world.book.outcomes()) == (Standing.PROBATION, {made.id: "confirmed"})


def test_a_resume_that_was_throttled_and_shows_late_is_no_refusal() -> None:
    """SES did not take the first call, so the answer after the second is the first look."""
    world = World()
    made = to_resume(world)
    world.ses.answers = [THROTTLED]
    world.ses.deaf = True
    assert (len(world.enforce().left), world.bus.names) == (1, [])
    world.ses.deaf = False
    world.enforce()
    assert (world.bus.names, world.book.outcomes()) == (["TenantResumed"], {made.id: "confirmed"})


def test_a_resume_that_never_shows_is_a_refusal_at_the_second_look() -> None:
    world = World()
    made = to_resume(world)
    world.ses.deaf = True
    world.enforce()
    world.enforce()
    assert (world.bus.names, world.book.outcomes()) == (["ResumeRefused"], {made.id: "refused"})
    assert world.bus.announced[0].refusal == "still DISABLED"
