"""The minute review: what is due is done, and nothing pending is forgotten."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from reputation_guard.domain.counts import SLOTS_PER_DAY, Ledger, first_open_day, slot_start
from reputation_guard.domain.policy import Kind, Mode
from reputation_guard.domain.tenant import ACCOUNT, Standing, Tenant
from reputation_guard.ports.counted import Known
from reputation_guard.ports.errors import GoneError, RefusedError, StaleError, ThrottledError, UnavailableError
from reputation_guard.usecases.review import review
from tests.fakes.book import InMemoryBook
from tests.fakes.builders import NEWEST, NOW, ago, bounce, send, tags, tenant
from tests.fakes.counts import InMemoryCounts
from tests.fakes.crashes import CrashError, Fuse, wired
from tests.usecases.pending import to_pause
from tests.usecases.world import World

SHOP = Ledger(tenant="shop")
LAST_CLOSED = first_open_day(NEWEST) - 1


def world_of(**changes: Any) -> World:
    """A world whose book holds `shop`, due by its own dates."""
    world = World()
    world.book.save(Tenant(name="shop"), tenant(version=0, **changes), ago(days=1))
    return world


def test_pending_decisions_wake_the_enforcer() -> None:
    world = World()
    assert world.review(NOW).pending == 0
    assert world.bell.rung == 0
    to_pause(world)
    assert world.review(NOW).pending == 1
    assert world.bell.rung == 1


def test_a_probation_ends_at_its_time() -> None:
    world = world_of(standing=Standing.PROBATION, probation_ends=NOW)
    world.review(NOW - timedelta(seconds=1))
    assert world.standing() is Standing.PROBATION
    world.review(NOW)
    assert (world.standing(), world.tenant().probation_ends) == (Standing.HEALTHY, None)


def test_a_warning_that_is_not_repeated_is_over_after_a_day() -> None:
    world = world_of(standing=Standing.WARNED, warned_at=ago(hours=24))
    world.review(NOW - timedelta(seconds=1))
    assert world.standing() is Standing.WARNED
    world.review(NOW)
    assert world.standing() is Standing.HEALTHY


def test_a_warning_that_still_holds_after_a_day_is_given_again() -> None:
    world = world_of(standing=Standing.WARNED, warned_at=ago(hours=24))
    mails = [f"m-{number}" for number in range(500)]
    world.count([*(send(each) for each in mails), *(bounce(each) for each in mails[:45])], NOW)
    world.counts.write_feedback(world.counts.grown)
    world.review(NOW + timedelta(minutes=1))
    assert (world.standing(), world.tenant().warned_at) == (Standing.WARNED, NOW + timedelta(minutes=1))


def test_a_tenant_that_does_harm_on_the_last_day_of_probation_is_not_let_off() -> None:
    world = world_of(standing=Standing.PROBATION, probation_ends=NOW + timedelta(seconds=30))
    mails = [f"m-{number}" for number in range(20)]
    world.count([send(each) for each in mails], NOW)
    world.count([bounce(each) for each in mails[:11]], NOW)
    world.counts.write_feedback(world.counts.grown)
    world.review(NOW + timedelta(seconds=40))
    assert world.standing() is Standing.PAUSED


@pytest.mark.parametrize("standing", [Standing.HEALTHY, Standing.PAUSED])
def test_other_standings_do_not_run_out(standing: Standing) -> None:
    world = world_of(standing=standing, warned_at=ago(days=3))
    world.review(NOW + timedelta(days=1))
    assert world.standing() is standing


def test_a_tenant_is_tended_once_a_day_and_not_between() -> None:
    world = world_of()
    assert world.review(NOW).tended == 1
    assert world.review(NOW + timedelta(minutes=1)).tended == 0
    turn = world.book.turns["shop"]
    assert NOW < turn <= NOW + timedelta(days=1)
    assert world.review(turn).tended == 1


def test_a_closed_day_is_summed_up_from_what_was_counted() -> None:
    """What is judged of a day stays the same when its hours are gone."""
    world = world_of()
    sent_at = ago(days=2)
    world.count([send("m-1", sent_at=sent_at, recipients=40)], sent_at)
    world.count([bounce("m-1", sent_at=sent_at, recipients=3)], sent_at)
    world.review(NOW)
    page = world.counts.pages[SHOP]
    page.slots.clear()
    known = world.counts.known(SHOP, NOW).counts
    assert (known.sends.days[0], known.bounces.days[0]) == (40, 3)


def test_a_day_is_closed_right_even_if_its_feedback_was_never_judged() -> None:
    """The ids are the truth: a lost wake-up of evaluate costs a day at most."""
    world = world_of()
    world.count([send("m-1", sent_at=ago(days=2), recipients=40)], ago(days=2))
    world.count([bounce("m-1", sent_at=ago(days=2), recipients=3)], ago(days=2))
    world.counts.grown.clear()
    world.review(NOW)
    assert world.counts.known(SHOP, NOW).counts.feedback(Kind.BOUNCE).days[0] == 3


def test_the_sets_a_tenant_uses_are_closed_with_it() -> None:
    world = world_of(configuration_sets=frozenset({"shared"}))
    world.count([send("m-1", sent_at=ago(days=2), tags=tags(configuration_set="shared"))], ago(days=2))
    world.review(NOW)
    assert world.counts.pages[Ledger(configuration_set="shared")].days


def test_a_record_that_never_holds_still_waits_for_the_next_minute() -> None:
    world = world_of()
    world.book = _Restless(world.book.tenants, world.book.entries, world.book.turns)
    result = world.review(NOW)
    assert (result.tended, list(result.left)) == (0, ["shop", ACCOUNT])
    assert list(world.book.due(NOW)) == [world.tenant()]


class _Restless(InMemoryBook):
    """A book in which somebody else is always faster."""

    def save(self, before: Tenant, _after: Tenant, _now: object) -> Tenant:
        raise StaleError(before.name)


def test_days_whose_turn_was_missed_are_closed_from_their_hours() -> None:
    """The hours of two closed days are still there; what was judged of them stays the same when they are gone."""
    world = world_of(closed_day=LAST_CLOSED - 2)
    for back, recipients in ((1, 40), (0, 30)):
        sent_at = slot_start((LAST_CLOSED - back) * SLOTS_PER_DAY)
        world.count([send(f"m-{back}", sent_at=sent_at, recipients=recipients)], sent_at)
        world.count([bounce(f"m-{back}", sent_at=sent_at, recipients=3)], sent_at)
    world.review(NOW)
    world.counts.pages[SHOP].slots.clear()
    known = world.counts.known(SHOP, NOW).counts
    assert (known.sends.days[:2], known.bounces.days[:2]) == ((30, 40), (3, 3))
    assert world.tenant().closed_day == LAST_CLOSED


def test_a_day_is_closed_once() -> None:
    """Each closing reads a day's ids; the day that was closed is not read again at the next appointment."""
    world = world_of(closed_day=LAST_CLOSED)
    world.count([send("m-1", sent_at=ago(days=2), recipients=40)], ago(days=2))
    world.review(NOW)
    assert world.counts.pages[SHOP].days == {}


def test_no_day_is_closed_from_hours_that_have_begun_to_expire() -> None:
    world = world_of(closed_day=LAST_CLOSED - 9)
    for back in range(4):
        sent_at = slot_start((LAST_CLOSED - back) * SLOTS_PER_DAY)
        world.count([send(f"m-{back}", sent_at=sent_at)], sent_at)
    world.review(NOW)
    assert {day for _, day in world.counts.pages[SHOP].days} == {LAST_CLOSED - 1, LAST_CLOSED}


def test_a_day_whose_sends_are_gone_is_not_judged() -> None:
    """Law 7: three days without a turn are days whose hours have expired; their feedback alone is no evidence."""
    world = world_of()
    sent_at = slot_start((LAST_CLOSED - 3) * SLOTS_PER_DAY)
    mails = [f"m-{number}" for number in range(200)]
    world.count([*(send(each, sent_at=sent_at) for each in mails)], sent_at)
    world.count([*(bounce(each, sent_at=sent_at) for each in mails)], sent_at)
    world.counts.pages[SHOP].slots.clear()
    assert world.judge_what_grew(NOW) == []
    world.review(NOW)
    assert (world.standing(), world.book.entries) == (Standing.HEALTHY, {})


def test_an_appointment_that_was_kept_is_over_even_if_nothing_else_changed() -> None:
    """A tenant that stayed due would be read and judged every minute."""
    world = world_of(judge_again_at=NOW, closed_day=LAST_CLOSED)
    assert [world.review(NOW + timedelta(minutes=minute)).tended for minute in (0, 1)] == [1, 0]
    assert world.tenant().judge_again_at is None


@pytest.mark.parametrize("after_the_call", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 12))
def test_a_crash_between_the_reviews_writes_leaves_the_appointment_due(call: int, *, after_the_call: bool) -> None:
    """What was held back is judged by the next review, whatever step this one died at."""
    world = world_of(judge_again_at=NOW)
    sent_at = ago(minutes=1)
    mails = [f"m-{number}" for number in range(100)]
    world.count([*(send(each, sent_at=sent_at) for each in mails)], ago(seconds=50))
    world.count([*(bounce(each, sent_at=sent_at) for each in mails[:45])], ago(seconds=50))
    world.counts.write_feedback(world.counts.grown)
    fuse = Fuse(call, after_the_call=after_the_call)
    court = replace(world.court(NOW), counted=wired(world.counts, fuse), book=wired(world.book, fuse))
    with suppress(CrashError):
        review(replace(world.reviewing(NOW), court=court), NOW)
    world.review(NOW + timedelta(minutes=1))
    assert [entry.pending.decision.announces for entry in world.book.entries.values()] == ["TenantPaused"]
    assert world.standing() is Standing.PAUSED


@pytest.mark.parametrize(
    ("tenants", "owner"), [(("shop",), "shop"), (("shop", "news"), ""), ((), "")], ids=["one", "several", "none"]
)
def test_a_set_belongs_to_its_tenant_where_it_has_only_one(tenants: tuple[str, ...], owner: str) -> None:
    world = World()
    world.owners.note_unattributed(["shop-mail"])
    world.ses.associations["shop-mail"] = tenants
    assert world.review(NOW).sets_looked_up == 1
    assert world.owners.known().get("shop-mail", "") == owner


def test_the_owner_of_a_set_is_asked_for_once_an_hour() -> None:
    world = World()
    world.owners.note_unattributed(["shop-mail"])
    asked = [world.review(NOW + timedelta(minutes=minute)).sets_looked_up for minute in (0, 1, 59, 61)]
    assert asked == [1, 0, 0, 1]


def test_at_ses_pace_the_rest_waits_a_minute() -> None:
    world = World()
    world.owners.note_unattributed(["a", "b", "c"])
    world.ses.answers_to_lookups = [None, ThrottledError("TooManyRequestsException")]
    assert world.review(NOW).sets_looked_up == 1
    assert world.review(NOW + timedelta(minutes=1)).sets_looked_up == 2


def test_a_set_that_ses_does_not_know_is_nobodys_and_stops_no_review() -> None:
    """A deleted set stays in the counts for a month; asking for it must not keep the others from being asked for."""
    world = World()
    world.owners.note_unattributed(["deleted", "shop-mail"])
    world.ses.associations["shop-mail"] = ("shop",)
    world.ses.answers_to_lookups = [GoneError("NotFoundException", "no such set")]
    assert world.review(NOW).sets_looked_up == 2
    assert world.owners.known() == {"shop-mail": "shop"}
    assert world.review(NOW + timedelta(minutes=1)).sets_looked_up == 0


@pytest.mark.parametrize("mode", Mode)
def test_a_review_of_nothing_does_nothing(mode: Mode) -> None:
    world = World(mode=mode)
    result = world.review(NOW)
    assert (result.tended, result.left, result.pending, result.sets_looked_up) == (0, {}, 0, 0)


def test_a_right_that_is_missing_unlearns_no_owner() -> None:
    """Only a set that SES does not know is nobody's; what may not be asked stays as it was, and is said."""
    world = World()
    world.owners.note("shop-mail", "shop", NOW - timedelta(hours=2))
    world.owners.note_unattributed({"shop-mail"})
    world.ses.answers_to_lookups = [RefusedError("AccessDeniedException", "no")]
    assert list(world.review(NOW).left) == ["shop-mail"]
    assert world.owners.known() == {"shop-mail": "shop"}


@pytest.mark.parametrize("error", [RefusedError("ValidationException", "no"), UnavailableError("InternalServerError")])
def test_a_tenant_that_cannot_be_tended_holds_up_no_other(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Law 11: the longest due tenant is not the only one."""
    world = World()
    for name in ("first", "second"):
        world.book.save(Tenant(name=name), Tenant(name=name), NOW - timedelta(days=2))
    known = InMemoryCounts.known

    def known_unless_refused(counts: InMemoryCounts, ledger: Ledger, now: datetime) -> Known:
        if ledger.tenant == "first":
            raise error
        return known(counts, ledger, now)

    monkeypatch.setattr(InMemoryCounts, "known", known_unless_refused)
    result = world.review(NOW)
    assert (list(result.left), result.tended) == (["first"], 1)


def silent(*_: Any, **__: Any) -> None:
    raise UnavailableError("InternalServerError")


def test_an_account_whose_turn_gets_no_answer_holds_up_no_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of()
    world.owners.note_unattributed(["shop-mail"])
    monkeypatch.setattr("reputation_guard.usecases.review.close_account_days", silent)
    result = world.review(NOW)
    assert (list(result.left), result.tended, result.sets_looked_up) == ([ACCOUNT], 1, 1)


def test_a_review_that_got_no_answer_at_all_ends_as_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A review that did nothing must not give the pulse that an alarm listens for."""
    world = world_of()
    monkeypatch.setattr("reputation_guard.usecases.review.close_account_days", silent)
    monkeypatch.setattr("reputation_guard.usecases.review.tend", silent)
    with pytest.raises(UnavailableError):
        world.review(NOW)


def test_a_set_that_ses_gives_no_answer_about_holds_up_no_other() -> None:
    world = World()
    world.owners.note_unattributed(["a", "b", "c"])
    world.ses.answers_to_lookups = [UnavailableError("InternalServiceErrorException")]
    result = world.review(NOW)
    assert (list(result.left), result.sets_looked_up) == (["a"], 2)
