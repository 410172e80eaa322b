"""Reconcile: what nobody told is found at SES, at its pace, over as many runs as it takes."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import pytest

from reputation_guard.domain.blindness import Trouble
from reputation_guard.domain.counts import DAY_SECONDS, Ledger
from reputation_guard.domain.hands import Hand
from reputation_guard.domain.sending import Finding, Sending
from reputation_guard.domain.tenant import Owner, Standing, Tenant
from reputation_guard.ports.errors import RefusedError, ThrottledError, UnavailableError
from tests.fakes.builders import NOW, send
from tests.fakes.ses import InMemorySes, arn_of
from tests.usecases.walking import A_RUN, Walk, paused


@pytest.fixture
def walk() -> Walk:
    return Walk()


def test_a_tenant_nobody_had_heard_of_gets_a_record_and_its_tags_are_read_next(walk: Walk) -> None:
    walk.world.ses.add("quiet")
    found = walk.done()
    assert (found.seen, found.new) == (1, 1)
    assert walk.world.tenant("quiet").arn == arn_of("quiet")
    assert "quiet" in walk.world.book.tags_due(walk.now)
    walk.now += timedelta(hours=1)
    assert walk.done().new == 0


@pytest.mark.parametrize(
    ("changes", "owner"),
    [({"customer_managed": Sending.DISABLED}, Owner.OPERATOR), ({"ses_managed": Sending.DISABLED}, Owner.SES)],
)
def test_one_that_was_stopped_before_anybody_heard_of_it_is_no_news(
    walk: Walk, changes: dict[str, Sending], owner: Owner
) -> None:
    """A guard that is deployed for an account with stopped tenants pages for none of them."""
    walk.world.ses.change(walk.world.ses.add("old"), **changes)
    walk.done()
    record = walk.world.tenant("old")
    assert (record.standing, set(record.stops)) == (Standing.PAUSED, {owner})
    walk.world.enforce(walk.now)
    assert list(walk.world.announced()) == []


def test_a_pause_that_ses_lost_is_decided_anew(walk: Walk) -> None:
    paused(walk)
    walk.world.ses.statuses[arn_of("shop")] = replace(
        walk.world.ses.statuses[arn_of("shop")], customer_managed=None, aggregate=Sending.ENABLED, stamp=None
    )
    found = walk.done()
    assert found.lost_pauses == 1
    walk.world.enforce(walk.now)
    assert walk.world.ses.look(arn_of("shop")).aggregate is Sending.DISABLED


def test_what_a_person_did_is_adopted_and_his_stop_never_lifted(walk: Walk) -> None:
    walk.done()
    walk.world.ses.add("shop")
    walk.now += timedelta(hours=1)
    walk.done()
    walk.world.ses.change(arn_of("shop"), customer_managed=Sending.DISABLED)
    walk.now += timedelta(hours=1)
    assert walk.done().hands == {Hand.OPERATOR_PAUSED: 1}
    walk.world.enforce(walk.now)
    walk.world.review(walk.now + timedelta(days=9))
    walk.world.enforce(walk.now + timedelta(days=9))
    assert walk.world.ses.look(arn_of("shop")).aggregate is Sending.DISABLED
    assert walk.world.ses.calls == []


def test_findings_that_came_and_went_unheard_are_read(walk: Walk) -> None:
    walk.world.ses.add("shop")
    walk.done()
    walk.world.ses.open_findings[arn_of("shop")] = (Finding("BOUNCE", "HIGH", "too many"),)
    walk.now += timedelta(hours=1)
    walk.done()
    assert walk.world.tenant().findings
    walk.world.ses.open_findings.clear()
    walk.now += timedelta(hours=1)
    walk.done()
    assert not walk.world.tenant().findings


def test_nobody_is_asked_for_whose_record_is_as_ses_has_it(walk: Walk) -> None:
    for number in range(30):
        walk.world.ses.add(f"tenant-{number}")
    walk.done()
    walk.now += timedelta(hours=1)
    before = walk.now
    found = walk.done()
    assert (found.seen, found.hands) == (30, {})
    assert walk.now - before == timedelta(seconds=1), "one page of the list is one call"


def test_ten_thousand_tenants_are_walked_over_several_runs_and_each_once(walk: Walk) -> None:
    for number in range(10_000):
        walk.world.ses.add(f"tenant-{number:05}")
    runs = [walk.done()]
    while not runs[-1].is_done:
        runs.append(walk.done())
    assert sum(run.new for run in runs) == 10_000
    assert walk.now - NOW < timedelta(hours=1)


def test_a_run_ends_in_time_and_the_next_one_goes_on_from_there(walk: Walk) -> None:
    walk.world.ses.page_size = 10
    for number in range(100):
        walk.world.ses.add(f"tenant-{number:03}")
    first = walk.run(timedelta(seconds=4))
    assert first
    assert (first.is_done, first.seen) == (False, 40)
    rest = walk.done()
    assert (rest.is_done, rest.seen) == (True, 60)
    assert walk.world.ses.pages_asked == [None, *map(str, range(10, 100, 10))]


def test_the_next_walk_begins_an_hour_after_the_last_one(walk: Walk) -> None:
    walk.world.ses.add("shop")
    assert walk.done().seen == 1
    walk.now += timedelta(minutes=55)
    assert walk.done().seen == 0
    walk.now += timedelta(minutes=5)
    assert walk.done().seen == 1


def test_two_runs_never_walk_at_once(walk: Walk) -> None:
    walk.rounds.take(NOW, NOW + A_RUN)
    assert walk.run() is None
    walk.now += A_RUN
    assert walk.run() is not None, "whoever crashed has lost it when his time is over"


def test_a_place_in_the_list_that_is_no_more_begins_the_walk_anew(walk: Walk) -> None:
    walk.world.ses.page_size = 1
    walk.world.ses.add("a")
    walk.world.ses.add("b")
    walk.run(timedelta(seconds=1))
    walk.world.ses.answers_to_pages = [RefusedError("BadRequestException", "token expired")]
    assert walk.done().is_done
    assert {"a", "b"} <= walk.world.book.tenants.keys()


def test_a_throttled_walk_goes_on_at_the_same_page(walk: Walk) -> None:
    walk.world.ses.page_size = 1
    walk.world.ses.add("a")
    walk.world.ses.add("b")
    walk.world.ses.answers_to_pages = [None, ThrottledError("TooManyRequestsException")]
    first = walk.done()
    assert (first.is_done, first.seen) == (False, 1)
    assert "the rest of the walk" in first.left
    assert walk.done().is_done
    assert {"a", "b"} <= walk.world.book.tenants.keys()


def test_where_ses_throttles_an_adoption_the_rest_of_the_page_waits(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To go on would make it worse, and whoever was not asked for is not lost."""
    for name in ("a", "b"):
        walk.world.ses.add(name)
    walk.done()
    for name in ("a", "b"):
        walk.world.ses.change(arn_of(name), customer_managed=Sending.DISABLED)
    walk.now += timedelta(hours=1)
    with monkeypatch.context() as patched:
        patched.setattr(InMemorySes, "look", Mock(side_effect=ThrottledError("TooManyRequestsException")))
        first = walk.done()
    assert (first.is_done, first.seen, set(first.left)) == (False, 0, {"the rest of the walk"})
    before = walk.now
    assert walk.done().hands == {Hand.OPERATOR_PAUSED: 2}
    assert walk.now - before == timedelta(seconds=1 + 2 * 3), "a page, and three calls for each of two: one a second"


def test_one_tenant_that_cannot_be_adopted_stops_nobody(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        walk.world.ses.add(name)
    walk.done()
    for name in ("a", "b", "c"):
        walk.world.ses.change(arn_of(name), customer_managed=Sending.DISABLED)
    look = walk.world.ses.look

    def fails_for_b(arn: str) -> object:
        if arn == arn_of("b"):
            raise UnavailableError
        return look(arn)

    monkeypatch.setattr(type(walk.world.ses), "look", lambda _, arn: fails_for_b(arn))
    walk.now += timedelta(hours=1)
    found = walk.done()
    assert found.left.keys() == {"b"}
    assert {name for name in ("a", "b", "c") if walk.world.standing(name) is Standing.PAUSED} == {"a", "c"}


def sends(walk: Walk, name: str, number: int, back: timedelta) -> None:
    """So many mails of a tenant were counted, sent so long ago."""
    walk.world.count([send(f"{name}-{back}", tenant=name, recipients=number, sent_at=NOW - back)], NOW - back)


def test_once_a_day_each_tenants_sends_are_held_against_sess(walk: Walk) -> None:
    """Both ways: a tenant whose sends are lost, and one whose sends are counted twice."""
    yesterday, before = timedelta(days=1), timedelta(days=2)
    for name, number in (("steady", 2_000), ("lost", 900), ("twice", 4_000)):
        walk.world.ses.add(name)
        walk.reported[arn_of(name)] = (2_000.0, 2_000.0)
        sends(walk, name, 2_000, before)
        sends(walk, name, number, yesterday)
        walk.world.counts.close_day(Ledger(tenant=name), int((NOW - before).timestamp()) // DAY_SECONDS)
    assert walk.done().adrift == {"lost": Trouble.UNSEEN, "twice": Trouble.TWICE}
    walk.now += timedelta(hours=1)
    assert walk.done().adrift == {}, "once a day"
    assert walk.weighed == 3
    walk.now += timedelta(days=1)
    walk.done()
    assert walk.weighed == 6


def test_where_ses_says_nothing_of_tenants_nobody_is_adrift(walk: Walk) -> None:
    walk.world.ses.add("shop")
    sends(walk, "shop", 2_000, timedelta(days=1))
    assert walk.done().adrift == {}


def test_a_walk_that_cannot_have_the_numbers_walks_all_the_same(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise UnavailableError

    walk.world.ses.add("shop")
    monkeypatch.setattr(Walk, "of_days", fail)
    found = walk.done()
    assert (found.is_done, found.new) == (True, 1)


def test_hourly_walks_hold_the_sends_of_each_day_against_sess(walk: Walk) -> None:
    """Also where each day begins with a walk for which CloudWatch has not all of yesterday yet."""
    walk.world.ses.add("shop")
    walk.reported[arn_of("shop")] = (0.0, 0.0)
    for _ in range(3 * 24):
        walk.done()
        walk.now = walk.now.replace(minute=30) + timedelta(hours=1)
    assert walk.weighed in {3, 4}


def test_who_only_lacks_its_arn_is_asked_for_nothing(walk: Walk) -> None:
    """evaluate meets every tenant by its mail: on the first walk that is everybody."""
    walk.world.ses.add("shop")
    walk.world.book.save(Tenant(name="shop"), Tenant(name="shop"), NOW)
    before = walk.now
    assert walk.done().hands == {}
    assert walk.world.tenant().arn == arn_of("shop")
    assert walk.now - before == timedelta(seconds=1)
