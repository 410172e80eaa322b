"""Judging: decision and standing are one write, on the record that was read."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from reputation_guard.domain.counts import Ledger, slot_of
from reputation_guard.domain.judgement import decide_from
from reputation_guard.domain.mail import MailEvent
from reputation_guard.domain.policy import Kind, Mode
from reputation_guard.domain.tenant import Owner, Standing, Tenant, paused
from reputation_guard.ports.errors import StaleError
from reputation_guard.usecases.judge import judge
from tests.fakes.book import InMemoryBook
from tests.fakes.builders import NOW, ago, bounce, send, tags, tenant
from tests.usecases.world import World

LATER = NOW + timedelta(minutes=1)


def campaign(*, sends: int, bounces: int, sent_at: datetime, name: str = "shop", run: str = "a") -> list[MailEvent]:
    """So many mails sent at one moment, and how many of them came back."""
    mails = [f"{run}-{number}" for number in range(sends)]
    sent = [send(each, tenant=name, sent_at=sent_at) for each in mails]
    return [*sent, *(bounce(each, tenant=name, sent_at=sent_at) for each in mails[:bounces])]


def bad(sent_at: datetime = NOW, name: str = "shop", run: str = "a") -> list[MailEvent]:
    return campaign(sends=100, bounces=40, sent_at=sent_at, name=name, run=run)


@dataclass(slots=True)
class Interrupted(InMemoryBook):
    """A book in which somebody writes between a judgement's read and its write, so many times."""

    times: int = 0
    change: Callable[[Tenant], Tenant] = lambda each: each

    def tenant(self, name: str) -> Tenant | None:
        read = InMemoryBook.tenant(self, name)
        if read and self.times:
            self.times -= 1
            self.save(read, self.change(read), NOW)
        return read


def test_a_bad_tenant_is_paused_with_its_decision_pending() -> None:
    world = World()
    (decision,) = world.judged(bad(), NOW + timedelta(seconds=20))
    after = world.tenant()
    assert (after.standing, after.stops, after.under_way) == (Standing.PAUSED, frozenset({Owner.GUARD}), True)
    assert (after.version, after.decided) == (1, decision.id)
    assert [each.decision for each in world.book.pending()] == [decision]
    assert world.ses.calls == []


def test_a_decision_keeps_what_people_and_auditors_want_to_see() -> None:
    world = World()
    (decision,) = world.judged(bad(), NOW + timedelta(seconds=20))
    assert decision.because
    assert (decision.because.window.feedback, decision.because.window.sends) == (40, 100)
    assert {each.domain for each in decision.examples} == {"example.net"}
    assert decision.mails_per_minute > 0
    assert decision.tenant.version == 0


def test_a_healthy_tenant_is_left_alone_and_remembered() -> None:
    world = World()
    assert world.judged(campaign(sends=200, bounces=3, sent_at=NOW), NOW + timedelta(seconds=20)) == []
    assert world.standing() is Standing.HEALTHY
    assert world.tenant().fence == NOW.replace(microsecond=0)


def test_a_tenant_that_was_decided_about_is_not_decided_about_again() -> None:
    world = World()
    world.judged(bad(), NOW + timedelta(seconds=20))
    assert world.judged(bad(run="b"), NOW + timedelta(seconds=25)) == []
    assert len(world.book.entries) == 1


def test_tenants_of_one_batch_are_judged_each_by_its_own_counts() -> None:
    world = World()
    decisions = world.judged(
        [*bad(name="shop"), *bad(name="spam"), *campaign(sends=99, bounces=1, sent_at=NOW, name="news")],
        NOW + timedelta(seconds=20),
    )
    assert [each.tenant.name for each in decisions] == ["shop", "spam"]
    assert world.standing("news") is Standing.HEALTHY


def test_a_record_that_changed_is_read_again_and_judged_again() -> None:
    """Nobody overwrites what he did not read: the decision is about the tenant as it is now."""
    world = World(book=Interrupted({"shop": tenant(version=7)}, times=2))
    (decision,) = world.judged(bad(), NOW + timedelta(seconds=20))
    assert decision.tenant.version == 9
    assert world.standing() is Standing.PAUSED


def test_a_tenant_that_a_person_paused_meanwhile_is_not_paused_again() -> None:
    by_hand = Interrupted({"shop": tenant(version=7)}, times=1, change=lambda each: paused(each, Owner.OPERATOR))
    world = World(book=by_hand)
    assert world.judged(bad(), NOW + timedelta(seconds=20)) == []
    assert world.tenant().stops == {Owner.OPERATOR}


def test_a_record_that_never_holds_still_is_left_to_the_streams_next_try() -> None:
    world = World(book=Interrupted({"shop": tenant(version=7)}, times=99))
    with pytest.raises(StaleError):
        world.judged(bad(), NOW + timedelta(seconds=20))
    assert world.book.entries == {}


def test_a_judgement_that_is_repeated_changes_nothing() -> None:
    """The stream delivers at least once: twice is once."""
    world = World()
    world.count(bad(), NOW)
    grown = list(world.counts.grown)
    first = world.judge_what_grew(NOW + timedelta(seconds=20))
    world.counts.grown.extend(grown)
    assert len(first) == 1
    assert world.judge_what_grew(NOW + timedelta(seconds=21)) == []
    assert world.tenant().version == 1


def test_a_warning_is_written_down_once_a_day() -> None:
    world = World(book=InMemoryBook({"shop": tenant()}))
    events = campaign(sends=1000, bounces=80, sent_at=ago(minutes=30))
    (decision,) = world.judged(events, NOW)
    assert decision.announces == "TenantWarned"
    assert world.standing() is Standing.WARNED
    assert world.judged([bounce("a-900", sent_at=ago(minutes=30))], LATER) == []
    tomorrow = NOW + timedelta(days=1)
    world.count([send("n-1", tenant="news", sent_at=tomorrow)], tomorrow)
    again = world.judged([bounce("a-901", sent_at=ago(minutes=30))], tomorrow)
    assert [each.announces for each in again] == ["TenantWarned"]


def test_observe_advises_and_leaves_the_standing_and_ses_alone() -> None:
    """Law 12."""
    world = World(mode=Mode.OBSERVE)
    world.ses.add("shop")
    (decision,) = world.judged(bad(), NOW + timedelta(seconds=20))
    assert decision.announces == "PauseAdvised"
    after = world.tenant()
    assert (after.standing, after.stops, after.under_way, after.decided) == (Standing.HEALTHY, frozenset(), False, None)
    world.enforce(LATER)
    assert world.bus.names == ["PauseAdvised"]
    assert world.ses.calls == []


def test_observe_advises_once_a_day_however_much_comes_back() -> None:
    world = World(mode=Mode.OBSERVE)
    advised = [
        each
        for hours in range(0, 26, 2)
        for each in world.judged(
            bad(NOW + timedelta(hours=hours), run=f"r{hours}"), NOW + timedelta(hours=hours, seconds=20)
        )
    ]
    assert [each.at - NOW for each in advised] == [timedelta(seconds=20), timedelta(days=1, seconds=20)]


def test_going_from_observe_to_enforce_fences_everybody_at_that_moment() -> None:
    """Law 12: what was sent while only observed pauses nobody afterwards; what is sent later does."""
    world = World(mode=Mode.OBSERVE)
    world.judged(bad(ago(minutes=10)), ago(minutes=9))
    world.mode = Mode.ENFORCE
    assert world.judged([bounce("a-60", sent_at=ago(minutes=10))], NOW) == []
    assert world.standing() is Standing.HEALTHY
    (decision,) = world.judged(bad(NOW + timedelta(minutes=2), run="b"), NOW + timedelta(minutes=3))
    assert decision.announces == "TenantPaused"
    assert decision.because
    assert decision.because.window.feedback == 40


def test_the_books_switch_takes_effect_at_the_next_judgement() -> None:
    """Law 12: the kill switch works within seconds, without a deployment."""
    world = World(mode=Mode.ENFORCE)
    world.judged([bounce("m-0")], NOW)
    world.book.switch(Mode.OBSERVE)
    (decision,) = world.judged(bad(), NOW + timedelta(seconds=20))
    assert decision.announces == "PauseAdvised"


def test_a_resumed_tenant_is_not_paused_again_by_late_feedback_of_old_mail() -> None:
    """Law 9: a fence at the resume: only later sends count."""
    let_go = tenant(standing=Standing.PROBATION, fence=NOW, probation_ends=NOW + timedelta(hours=24))
    world = World(book=InMemoryBook({"shop": let_go}))
    old = [*campaign(sends=100, bounces=90, sent_at=ago(minutes=3)), *bad(sent_at=ago(seconds=1), run="b")]
    assert world.judged(old, LATER) == []
    fresh = campaign(sends=60, bounces=50, sent_at=NOW + timedelta(seconds=1), run="c")
    (decision,) = world.judged(fresh, LATER)
    assert decision.announces == "TenantPaused"
    assert decision.because
    assert decision.because.window.feedback == 50


def test_feedback_of_a_closed_day_is_judged_in_the_windows_that_hold_its_day() -> None:
    """Law 2: late feedback lands in its own cohort."""
    world = World(book=InMemoryBook({"shop": tenant()}))
    sent_at = ago(days=5)
    world.count(campaign(sends=400, bounces=0, sent_at=sent_at), sent_at + timedelta(seconds=20))
    world.count([send("other", tenant="other")], NOW)
    late = [bounce(f"a-{number}", sent_at=sent_at) for number in range(120)]
    (decision,) = world.judged(late, NOW + timedelta(seconds=20))
    assert decision.because
    assert (decision.because.window.length, decision.because.window.feedback) == (timedelta(days=7), 120)
    # The hours of a closed day are gone or going: nothing is written there any more.
    assert (Kind.BOUNCE, slot_of(sent_at)) not in world.counts.pages[Ledger(tenant="shop")].slots


def test_a_decision_replays_from_what_the_book_keeps() -> None:
    """Law 3: nothing that the use case adds spoils the evidence."""
    world = World()
    (decision,) = world.judged(bad(), NOW + timedelta(seconds=20))
    replayed = decide_from(
        decision.windows,
        policy=decision.policy,
        tenant=decision.tenant,
        mode=decision.mode,
        now=decision.at,
        mails_per_minute=decision.mails_per_minute,
    )
    assert replace(replayed, examples=decision.examples, budget=decision.budget) == decision


def test_a_tenant_nobody_has_heard_of_has_nothing_to_be_judged_by() -> None:
    world = World()
    assert judge("stranger", world.court(NOW), NOW) is None


def test_sends_of_a_set_that_is_one_tenants_are_that_tenants() -> None:
    """Where associations make a set one tenant's, sends without any tag are seen."""
    world = World()
    world.owners.note("shop-mail", "shop", NOW)
    sends: list[MailEvent] = [send(f"a-{n}", tags=tags(configuration_set="shop-mail")) for n in range(400)]
    bounces = [bounce(f"a-{n}", tags=tags("shop", configuration_set="shop-mail")) for n in range(20)]
    assert world.judged([*sends, *bounces], NOW + timedelta(seconds=20)) == []
    assert world.standing() is Standing.HEALTHY
