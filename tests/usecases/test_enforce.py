"""Carrying out what was decided: the fastest sender first, one at a time, read back, announced, settled."""

from datetime import timedelta

import pytest

from reputation_guard.domain.decision import Answer, GuardEvent, record_after
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.sending import Finding, Sending
from reputation_guard.domain.tenant import Owner, Standing
from reputation_guard.ports.errors import RefusedError, UnavailableError
from reputation_guard.usecases.enforce import enforce
from tests.fakes.builders import NOW, decision, tenant
from tests.fakes.ses import arn_of
from tests.usecases.pending import THROTTLED, THROTTLED_ALL_ROUND, to_pause, to_resume
from tests.usecases.world import World


def test_a_pause_is_set_read_back_announced_and_settled() -> None:
    world = World()
    made = to_pause(world)
    assert world.enforce().settled == 1
    assert world.ses.calls == [(arn_of("shop"), Sending.DISABLED)]
    (announced,) = world.bus.announced
    assert (announced.name, announced.id, announced.decision) == ("TenantPaused", f"{made.id}.TenantPaused", made)
    assert announced.sending == world.ses.statuses[arn_of("shop")]
    after = world.tenant()
    assert (after.standing, after.under_way, after.arn) == (Standing.PAUSED, False, arn_of("shop"))
    assert after.stamp == world.ses.statuses[arn_of("shop")].stamp
    assert world.book.outcomes() == {made.id: "confirmed"}


def test_nothing_pending_is_nothing_done() -> None:
    assert World().enforce().settled == 0


def test_the_fastest_sender_is_stopped_first() -> None:
    world = World()
    for name, pace in (("slow", 1.0), ("fast", 900.0), ("middling", 30.0)):
        to_pause(world, name, pace)
    world.enforce()
    assert [arn for arn, _ in world.ses.calls] == [arn_of(name) for name in ("fast", "middling", "slow")]


def test_what_only_has_to_be_told_does_not_wait_for_ses() -> None:
    world = World()
    to_pause(world, "fast", 900.0)
    warned = decision(
        answer=Answer.WARN, announces=GuardEvent.TENANT_WARNED, tenant=tenant("calm", version=0), mails_per_minute=1
    )
    world.book.record(warned, record_after(warned))
    world.ses.answers = [*THROTTLED_ALL_ROUND]
    result = world.enforce()
    assert world.bus.names == ["TenantWarned"]
    assert (result.settled, len(result.left)) == (1, 1)
    assert world.book.outcomes()[warned.id] == "announced"


def test_whoever_waits_for_ses_for_long_is_told_of_and_keeps_the_place_in_line() -> None:
    """The fastest sender had no turn yet for want of time: a slower one does not overtake it for that."""
    world, much_later = World(), NOW + timedelta(minutes=6)
    to_pause(world, "fast", 900.0)
    world.ses.answers = [*THROTTLED_ALL_ROUND]
    world.enforce(much_later)
    assert world.bus.names == ["PauseRefused"]
    to_pause(world, "slow", 1.0)
    world.enforce(much_later)
    assert [arn for arn, _ in world.ses.calls] == [arn_of("fast"), arn_of("slow")]


def test_what_waited_for_long_and_is_refused_at_last_keeps_nobody_waiting() -> None:
    world, much_later = World(), NOW + timedelta(minutes=6)
    to_pause(world, "fast", 900.0)
    world.ses.answers = [*THROTTLED_ALL_ROUND, RefusedError("AccessDenied")]
    world.enforce(much_later)
    world.enforce(much_later)
    to_pause(world, "slow", 1.0)
    assert [each.decision.tenant.name for each in world.book.pending()] == ["slow", "fast"]
    assert world.bus.names == ["PauseRefused"], "told once"


def test_a_bus_that_fails_for_long_keeps_nobody_from_being_paused() -> None:
    """Whoever waits too long is a page, which cannot go out either: the others have their turn all the same."""
    world, much_later = World(), NOW + timedelta(minutes=6)
    for name, pace in (("fast", 900.0), ("slow", 1.0)):
        to_pause(world, name, pace)
    world.bus.error = UnavailableError("EventBridge")
    result = world.enforce(much_later)
    assert [arn for arn, _ in world.ses.calls] == [arn_of("fast"), arn_of("slow")]
    assert len(result.left) == 2


def test_a_throttled_call_is_made_again_a_moment_later() -> None:
    """SES takes about one call a second: a bad sender does not send on for a minute because its turn came too soon."""
    world = World()
    for number, name in enumerate(("a", "b", "c")):
        to_pause(world, name, 30.0 - number)
    world.ses.answers = [THROTTLED, None, THROTTLED, THROTTLED, None]
    assert world.enforce().settled == 3
    assert list(world.announced()) == [("TenantPaused", "a"), ("TenantPaused", "b"), ("TenantPaused", "c")]
    assert world.rests == [2.0] * 3


def test_an_ses_that_takes_no_more_calls_leaves_the_rest_for_the_next_round() -> None:
    """Calling on would only be throttled on."""
    world = World()
    for number, name in enumerate(("a", "b", "c")):
        to_pause(world, name, 30.0 - number)
    world.ses.answers = [None, *THROTTLED_ALL_ROUND]
    result = world.enforce()
    assert (result.settled, len(result.left)) == (1, 2)
    assert world.standing("b") is Standing.PAUSED
    world.enforce()
    assert sorted(world.announced()) == [("TenantPaused", "a"), ("TenantPaused", "b"), ("TenantPaused", "c")]


def test_all_that_is_pending_has_its_turn_however_much_it_is() -> None:
    """The book hands over a hundred at a time; the others do not wait for the next minute."""
    world = World()
    for number in range(250):
        to_pause(world, f"t-{number}")
    assert world.enforce().settled == 250


def test_what_is_decided_while_the_enforcer_is_busy_is_carried_out_too() -> None:
    """Its own wake-up met a busy enforcer."""
    world = World()
    to_pause(world, "first")

    def decide() -> None:
        world.ses.after_look = lambda: None
        to_pause(world, "second")

    world.ses.after_look = decide
    assert world.enforce().settled == 2


def test_a_faster_sender_that_turns_bad_meanwhile_does_not_wait_for_the_slower_ones() -> None:
    """A hundred pauses take minutes at SES's pace, and it sends on all the while."""
    world = World()
    for name in ("a", "b", "c"):
        to_pause(world, name, 1.0)

    def decide() -> None:
        world.ses.after_look = lambda: None
        to_pause(world, "fast", 900.0)

    world.ses.after_look = decide
    world.enforce()
    assert [arn for arn, _ in world.ses.calls] == [arn_of(name) for name in ("a", "fast", "b", "c")]


def test_what_cannot_be_done_has_one_turn_a_round() -> None:
    world = World()
    to_pause(world)
    world.ses.answers = [UnavailableError("500")] * 2
    assert len(world.enforce().left) == 1
    assert len(world.ses.answers) == 1


@pytest.mark.parametrize("error", [UnavailableError("ConflictException"), UnavailableError("500")])
def test_a_conflict_leaves_one_decision_pending_and_goes_on(error: Exception) -> None:
    world = World()
    to_pause(world, "a", 30.0)
    to_pause(world, "b", 20.0)
    world.ses.answers = [error]
    result = world.enforce()
    assert (result.settled, len(result.left)) == (1, 1)
    assert list(world.announced()) == [("TenantPaused", "b")]
    world.enforce()
    assert sorted(world.announced()) == [("TenantPaused", "a"), ("TenantPaused", "b")]


def test_no_decision_is_begun_after_its_time() -> None:
    """The function is killed at its timeout: what it cannot finish it leaves."""
    world = World()
    to_pause(world)
    result = enforce(world.enforcer(NOW), NOW)
    assert (result.settled, len(result.left)) == (0, 1)
    assert world.ses.calls == []


@pytest.mark.parametrize("name", ["TenantWarned", "PauseAdvised", "SendsUnseen"])
def test_what_moves_nothing_at_ses_is_announced_and_settled(name: str) -> None:
    world = World()
    made = decision(answer=Answer.HOLD, announces=name, tenant=tenant(version=0))
    world.book.record(made, record_after(made))
    world.enforce()
    assert [(each.name, each.id) for each in world.bus.announced] == [(name, f"{made.id}.{name}")]
    assert world.book.outcomes() == {made.id: "announced"}
    assert world.ses.calls == []


def test_what_was_adopted_is_announced_and_not_done_again() -> None:
    world = World()
    made = decision(tenant=tenant(version=0), owner=Owner.SES, adopted=True)
    world.book.record(made, record_after(made))
    world.enforce()
    assert (world.bus.names, world.ses.calls) == (["TenantPaused"], [])
    assert world.book.outcomes() == {made.id: "announced"}


def test_a_resume_works_in_observe_mode_too() -> None:
    """It is a person's order, not the guard's judgement."""
    world = World(mode=Mode.OBSERVE)
    to_resume(world)
    world.enforce()
    assert world.bus.names == ["TenantResumed"]


FINDING = Finding("BOUNCE", "HIGH", "The bounce rate exceeded 15.0 %.")


@pytest.mark.parametrize(("findings", "wanted"), [((), Sending.ENABLED), ((FINDING,), Sending.REINSTATED)])
def test_a_resume_reinstates_while_findings_are_open_and_enables_otherwise(
    findings: tuple[Finding, ...], wanted: Sending
) -> None:
    world = World()
    to_resume(world)
    world.ses.open_findings[arn_of("shop")] = findings
    assert world.enforce().settled == 1
    assert world.ses.calls == [(arn_of("shop"), wanted)]
    assert world.bus.names == ["TenantResumed"]
    assert world.tenant().findings == findings


def test_a_resume_that_ses_itself_holds_shut_is_told_and_the_tenant_stays_paused() -> None:
    """Law 5: a SES-managed stop is only AWS Support's to lift."""
    world = World()
    made = to_resume(world, by_ses=True)
    assert world.enforce().refused == 1
    (announced,) = world.bus.announced
    assert announced.name == "ResumeRefused"
    assert "only AWS Support can lift this" in announced.refusal
    after = world.tenant()
    assert (after.standing, after.stops, after.under_way) == (Standing.PAUSED, frozenset({Owner.SES}), False)
    assert world.book.outcomes() == {made.id: "refused"}
