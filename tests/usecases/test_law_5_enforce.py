"""Law 5: the enforcer never lifts, nor takes for its own, what another stopped, though no event told of it."""

from datetime import timedelta
from itertools import count

import pytest

from reputation_guard.domain.approval import Identity
from reputation_guard.domain.hands import Hand
from reputation_guard.domain.notices import notice_of
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.sending import MANUALLY_UPDATED, Sending
from reputation_guard.domain.tenant import Owner, Standing
from reputation_guard.ports.errors import RefusedError, UnavailableError
from reputation_guard.usecases.adopt import adopt
from reputation_guard.usecases.carry_out import Enforcer
from reputation_guard.usecases.enforce import enforce
from reputation_guard.usecases.orders import Order
from reputation_guard.usecases.resume import resume
from tests.fakes.builders import NOW
from tests.fakes.crashes import CrashError, Fuse, wired
from tests.fakes.ses import InMemorySes, arn_of
from tests.usecases.pending import THROTTLED_ALL_ROUND, to_pause, to_resume
from tests.usecases.world import World, blast

ARN = arn_of("shop")
DISABLED, ENABLED = Sending.DISABLED, Sending.ENABLED
ORDER = Order("shop", "list cleaned", Identity("night shift"))
REFUSAL = RefusedError("AccessDeniedException", "not authorized")
POLICY_CAUSE = "Paused by the standard reputation policy: the bounce rate exceeded 15.0 %."


def assert_it_is_the_operators(world: World) -> None:
    after = world.tenant()
    assert (after.standing, after.stops, after.under_way) == (Standing.PAUSED, frozenset({Owner.OPERATOR}), False)
    assert after.stamp == world.ses.statuses[ARN].stamp
    assert not after.waits_for_the_guard
    assert world.ses.statuses[ARN].aggregate is DISABLED


def last_text(world: World) -> str:
    return notice_of(world.bus.announced[-1]).text


def paused_on_its_mail() -> World:
    """A tenant that the guard judged and paused, confirmed and told."""
    world = World()
    world.ses.add("shop")
    world.judged(blast(sends=100, bounces=45, sent_at=NOW - timedelta(seconds=20)), NOW)
    world.enforce()
    return world


@pytest.mark.parametrize("mode", Mode)
def test_a_persons_stop_that_no_event_told_of_is_not_paused_over(mode: Mode) -> None:
    """The guard books no strike and no cool-down for it, and people hear who it was; in observe mode as well."""
    world = World(mode=mode)
    made = to_pause(world)
    world.ses.change(ARN, customer_managed=DISABLED)
    assert world.enforce().settled == 1
    assert world.ses.calls == []
    assert_it_is_the_operators(world)
    assert (world.tenant().strikes, world.tenant().pause) == (0, None)
    assert world.book.outcomes() == {made.id: "adopted"}
    assert world.bus.names == ["TenantPaused"]
    assert "was paused by a person at SES, seen at" in last_text(world)
    assert "it stays paused until an operator resumes it" in last_text(world)
    assert adopt("shop", world.mirror(), NOW) is Hand.NOBODY
    world.review(NOW + timedelta(days=1))
    world.enforce(NOW + timedelta(days=1))
    assert_it_is_the_operators(world)


@pytest.mark.parametrize("no", [[REFUSAL], THROTTLED_ALL_ROUND], ids=["refused", "throttled"])
def test_what_a_person_pauses_after_ses_said_no_to_the_guard_is_the_persons(no: list[Exception]) -> None:
    """The page asks people to pause the tenant by hand; the guard does not open it an hour later."""
    world = World()
    made = to_pause(world)
    world.ses.answers = [*no]
    world.enforce()
    world.ses.change(ARN, customer_managed=DISABLED)
    world.enforce()
    assert_it_is_the_operators(world)
    assert world.book.outcomes() == {made.id: "adopted"}
    assert "was paused by a person at SES" in last_text(world)


def test_what_a_person_pauses_after_ses_was_deaf_to_the_guard_is_the_persons() -> None:
    world = World()
    to_pause(world)
    world.ses.deaf = True
    world.enforce()
    world.enforce()
    world.ses.change(ARN, customer_managed=DISABLED)
    world.enforce()
    assert_it_is_the_operators(world)


def test_a_call_without_an_answer_may_have_been_taken_and_what_it_left_is_the_guards() -> None:
    """Otherwise each lost answer would leave the tenant to a person who never heard of it."""
    world = World()
    to_pause(world)
    world.ses.answers = [UnavailableError("ReadTimeoutError")]
    world.enforce()
    world.ses.shut(ARN)
    world.enforce()
    assert world.tenant().stops == {Owner.GUARD}


def test_ses_may_need_a_moment_for_the_second_attempt_too_and_the_stop_is_the_guards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first call got no answer and was not made. The second is made, and is not shown at once."""
    world = World()
    made = to_pause(world)
    world.ses.answers = [UnavailableError("ConnectTimeoutError")]
    world.enforce()
    before, looks = world.ses.statuses[ARN], count()
    look = InMemorySes.look
    lagging = lambda ses, arn: before if next(looks) < 2 else look(ses, arn)  # noqa: E731 - before and after the call
    monkeypatch.setattr(InMemorySes, "look", lagging)
    world.enforce()
    assert world.tenant().stops == {Owner.GUARD}
    assert world.book.outcomes() == {made.id: "confirmed"}


def test_a_person_who_stops_a_tenant_again_while_its_resume_waits_is_not_overruled() -> None:
    world = paused_on_its_mail()
    made, _ = resume(ORDER, world.resuming(), NOW)
    world.ses.answers = [*THROTTLED_ALL_ROUND]
    world.enforce()
    world.ses.change(ARN, customer_managed=DISABLED)
    assert world.enforce().refused == 1
    assert_it_is_the_operators(world)
    assert world.book.outcomes()[made.id] == "refused"
    assert world.bus.names == ["TenantPaused", "ResumeRefused"]
    assert "stopped anew by a person at SES" in last_text(world)


def test_an_operator_lifts_whatever_a_person_stopped_before_the_order() -> None:
    """The order is a person's, and SES was asked when it was given."""
    world = paused_on_its_mail()
    world.ses.change(ARN, customer_managed=DISABLED)
    resume(ORDER, world.resuming(), NOW)
    world.enforce()
    assert (world.standing(), world.ses.statuses[ARN].aggregate) == (Standing.PROBATION, ENABLED)


def test_at_the_end_of_a_cool_down_a_persons_newer_stop_stands() -> None:
    """The guard paused, a person repeated it, and the event was lost."""
    world = paused_on_its_mail()
    world.ses.change(ARN, customer_managed=DISABLED)
    later = NOW + timedelta(hours=1)
    world.review(later)
    assert world.enforce(later).refused == 1
    assert_it_is_the_operators(world)
    assert world.ses.calls == [(ARN, DISABLED)]
    assert world.bus.names == ["TenantPaused", "ResumeRefused"]


def test_a_persons_stop_beside_one_of_ses_keeps_both_owners() -> None:
    world = World()
    to_resume(world)
    world.ses.change(ARN, customer_managed=DISABLED, ses_managed=DISABLED)
    world.enforce()
    assert (world.standing(), world.tenant().stops) == (Standing.PAUSED, frozenset({Owner.OPERATOR, Owner.SES}))


@pytest.mark.parametrize("after_the_call", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 7))
def test_a_crash_at_any_step_of_leaving_a_stop_to_its_owner_is_only_a_retry(call: int, *, after_the_call: bool) -> None:
    world = World()
    made = to_pause(world)
    world.ses.change(ARN, customer_managed=DISABLED)
    fuse = Fuse(call, after_the_call=after_the_call)
    book, ses, bus = wired(world.book, fuse), wired(world.ses, fuse), wired(world.bus, fuse)
    try:
        enforce(
            Enforcer(book, ses, ses, bus, world.policies, world.mode, lambda: NOW, world.rests.append),
            NOW + timedelta(minutes=1),
        )
    except CrashError:
        world.enforce()
    assert fuse.blown
    assert_it_is_the_operators(world)
    assert {each.id for each in world.bus.announced} == {f"{made.id}.TenantPaused"}
    assert (world.ses.calls, world.book.outcomes()) == ([], {made.id: "adopted"})


def test_a_pause_by_ses_reputation_policy_is_told_as_what_it_may_be() -> None:
    """SES keeps it in the customer's record; only its words tell it from a person's."""
    world = World()
    to_pause(world)
    world.ses.change(ARN, customer_managed=DISABLED, cause=POLICY_CAUSE)
    world.enforce()
    assert_it_is_the_operators(world)
    assert "by SES's reputation policy, or by a person" in last_text(world)
    assert POLICY_CAUSE in last_text(world)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (POLICY_CAUSE, "paused by SES's reputation policy, or by a person at SES"),
        (MANUALLY_UPDATED, "paused by a person at SES, seen at"),
        ("", "paused by a person at SES, seen at"),
    ],
    ids=["policy", "manual", "silent"],
)
def test_an_adopted_pause_says_by_whom_as_far_as_ses_tells(cause: str, words: str) -> None:
    world = World()
    world.ses.add("shop")
    world.ses.change(ARN, customer_managed=DISABLED, cause=cause)
    adopt("shop", world.mirror(), NOW)
    world.enforce()
    assert words in last_text(world)
    assert world.bus.announced[0].decision.seen == world.ses.statuses[ARN]


def test_the_call_of_another_enforcer_is_not_taken_for_a_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is pending was read before the other one called: its stop is the guard's, and the next round says so."""
    world = World()
    made = to_pause(world)
    (untried,) = world.book.pending()
    world.book.mark_attempt(made, NOW)
    world.ses.shut(ARN)
    now = world.book.pending
    lists = iter([[untried]])
    monkeypatch.setattr(type(world.book), "pending", lambda _: next(lists, None) or now())
    assert world.enforce().settled == 0
    assert world.bus.names == []
    assert world.enforce().settled == 1
    assert (world.tenant().stops, world.book.outcomes()) == (frozenset({Owner.GUARD}), {made.id: "confirmed"})
