"""Reconcile: what nobody told is found at SES, at its pace, over as many runs as it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from unittest.mock import Mock

import pytest

from reputation_guard.domain.blindness import Trouble
from reputation_guard.domain.counts import DAY_SECONDS, Ledger
from reputation_guard.domain.decision import Answer, GuardEvent
from reputation_guard.domain.escalation import plan
from reputation_guard.domain.hands import Hand
from reputation_guard.domain.incident import Outcome as Ended
from reputation_guard.domain.incident import opened
from reputation_guard.domain.tenant import Finding, Owner, Sending, Standing, Tenant
from reputation_guard.ports import Outcome, RefusedError, ThrottledError, UnavailableError
from reputation_guard.usecases.reconcile import Reconciled, Reconciling, reconcile
from tests.fakes.builders import NOW, decision, send
from tests.fakes.incidents import InMemoryExecutions
from tests.fakes.rounds import InMemoryRounds
from tests.fakes.ses import InMemorySes, arn_of
from tests.usecases.pending import to_pause
from tests.usecases.world import World

A_RUN = timedelta(minutes=4)


@dataclass
class Walk:
    """Runs of reconcile over a world, in virtual time: each call of SES takes a second."""

    world: World = field(default_factory=World)
    rounds: InMemoryRounds = field(default_factory=InMemoryRounds)
    executions: InMemoryExecutions = field(default_factory=InMemoryExecutions)
    reported: dict[str, tuple[float, float]] = field(default_factory=dict)
    weighed: int = 0
    now: datetime = NOW

    def run(self, length: timedelta = A_RUN) -> Reconciled | None:
        return reconcile(self.reconciling, self.now + length)

    def done(self) -> Reconciled:
        found = self.run()
        assert found
        return found

    @property
    def reconciling(self) -> Reconciling:
        world = self.world
        mirror, bus = world.mirror(self.now), world.bus
        return Reconciling(
            world.ses,
            self,
            world.counts,
            self.rounds,
            mirror,
            world.incidents,
            self.executions,
            bus,
            lambda: self.now,
            self._rest,
        )

    def of_days(self, arns: Sequence[str], _: datetime) -> Mapping[str, tuple[float, float]]:
        """`ports.ReportedByTenant`."""
        self.weighed += len(arns)
        return {arn: self.reported[arn] for arn in arns if arn in self.reported}

    def _rest(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def walk() -> Walk:
    return Walk()


def paused(walk: Walk, name: str = "shop") -> str:
    """A tenant the guard has paused, long ago."""
    walk.world.ses.add(name)
    decision = to_pause(walk.world, name)
    walk.world.enforce()
    assert walk.world.standing(name) is Standing.PAUSED
    return decision.id


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


def test_an_incident_whose_execution_died_is_announced_anew(walk: Walk) -> None:
    paused(walk)
    (case,) = [each for each in walk.world.bus.announced if each.name is GuardEvent.TENANT_PAUSED]
    walk.world.incidents.open(opened(case, "arn:1", NOW))
    walk.now += timedelta(minutes=20)
    assert walk.done().revived == []
    walk.executions.ended.add("arn:1")
    assert walk.done().revived == [case.decision.id]
    assert walk.world.bus.announced[-1] == case


def test_a_pause_that_nobody_was_told_of_is_announced_again(walk: Walk) -> None:
    """Its event was lost on the way to the escalation: each pause that was made is one that people are told of."""
    decision = paused(walk)
    assert walk.done().revived == [], "its escalation may still be about to begin"
    walk.now += timedelta(hours=1)
    assert walk.done().revived == [decision]
    assert walk.world.bus.announced[-1].name is GuardEvent.TENANT_PAUSED
    assert walk.world.bus.announced[-1].id == walk.world.bus.announced[0].id


def test_a_pause_that_ses_does_not_make_is_announced_again_where_no_incident_came(walk: Walk) -> None:
    """The execution of its refusal died before its claim, and the enforcer tells of a refusal once."""
    decision = to_pause(walk.world)
    walk.world.ses.answers = [RefusedError("AccessDenied")]
    walk.world.enforce()
    (refused,) = walk.world.bus.announced
    walk.now += timedelta(minutes=14)
    assert walk.done().revived == [], "its escalation may still be about to begin"
    walk.now += timedelta(hours=1)
    assert walk.done().revived == [decision.id]
    again = walk.world.bus.announced[-1]
    assert (again.id, again.name) == (refused.id, GuardEvent.PAUSE_REFUSED)
    walk.world.incidents.open(opened(again, "arn:1", walk.now))
    walk.now += timedelta(hours=1)
    assert walk.done().revived == []


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


def test_a_paused_tenant_that_was_deleted_at_ses_is_forgotten_and_its_incident_ends(walk: Walk) -> None:
    """It is on no list of SES's any more: whoever has an open incident is asked for by its name."""
    decision = paused(walk)
    (case,) = [each for each in walk.world.bus.announced if each.name is GuardEvent.TENANT_PAUSED]
    walk.world.incidents.open(opened(case, "arn:1", NOW))
    assert walk.done().gone == 0
    del walk.world.ses.statuses[arn_of("shop")]
    walk.now += timedelta(hours=1)
    assert walk.done().gone == 1
    incident = walk.world.incidents.incident(decision)
    assert incident
    found = plan(incident, walk.world.tenant(), timedelta(0), walk.now)
    assert found
    assert found.what is Ended.GONE


def test_a_refused_resume_is_no_pause_that_nobody_was_told_of(walk: Walk) -> None:
    """It is the latest decision of a tenant that is still paused; its pause was told under an id of its own."""
    paused(walk)
    record = walk.world.tenant("shop")
    resume = decision(
        answer=Answer.RESUME, announces=GuardEvent.TENANT_RESUMED, tenant=record, because=None, windows=()
    )
    after = walk.world.book.record(resume, replace(record, decided=resume.id))
    (waiting,) = walk.world.book.pending()
    walk.world.book.settle(waiting.decision, Outcome.REFUSED, NOW, after)
    walk.now += timedelta(hours=1)
    assert walk.done().revived == []


def test_one_execution_that_cannot_be_asked_for_keeps_nobody_from_the_walk(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided = paused(walk)
    (case,) = [each for each in walk.world.bus.announced if each.name is GuardEvent.TENANT_PAUSED]
    walk.world.incidents.open(opened(case, "arn:1", NOW))
    walk.now += timedelta(minutes=20)

    def throttled(_: InMemoryExecutions, execution: str) -> bool:
        raise UnavailableError(execution)

    monkeypatch.setattr(InMemoryExecutions, "is_running", throttled)
    found = walk.done()
    assert found.seen == 1
    assert set(found.left) == {decided}


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
