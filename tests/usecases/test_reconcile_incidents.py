"""Reconcile: an incident that nobody answers for is announced anew, and one of a deleted tenant ends."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import pytest

from reputation_guard.domain.decision import Answer, GuardEvent
from reputation_guard.domain.escalation import plan
from reputation_guard.domain.incident import Outcome as Ended
from reputation_guard.domain.incident import opened
from reputation_guard.ports.book import Outcome
from reputation_guard.ports.errors import RefusedError, UnavailableError
from reputation_guard.ports.ses import Entity
from reputation_guard.usecases.enforce import OVERDUE
from tests.fakes.builders import NOW, decision
from tests.fakes.incidents import InMemoryExecutions
from tests.fakes.ses import InMemorySes, arn_of
from tests.usecases.pending import to_pause
from tests.usecases.walking import Walk, paused


@pytest.fixture
def walk() -> Walk:
    return Walk()


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


def test_where_a_run_has_time_for_one_question_every_tenant_with_an_incident_has_its_turn(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("chair", "desk", "lamp"):
        paused(walk, name)
    for case in walk.world.bus.announced:
        if case.name is GuardEvent.TENANT_PAUSED:
            walk.world.incidents.open(opened(case, "arn:1", NOW))
    asked = Mock(side_effect=arn_of)
    monkeypatch.setattr(InMemorySes, "arn_of", asked)
    for _ in range(20):
        walk.now += timedelta(hours=1)
        begun = asked.call_count
        walk.run(timedelta(seconds=2))
        assert asked.call_count == begun + 1
    assert {call.args[0] for call in asked.call_args_list} == {"chair", "desk", "lamp"}


def test_a_pause_that_nobody_was_told_of_is_announced_again_though_ses_has_to_be_asked_more_in_each_walk(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SES's list speaks of findings that its recommendations do not show: the record differs from it for ever."""
    decision = paused(walk)
    listed = InMemorySes.page

    def with_findings(ses: InMemorySes, after: str | None) -> tuple[list[Entity], str | None]:
        entities, place = listed(ses, after)
        return [replace(each, has_findings=True) for each in entities], place

    monkeypatch.setattr(InMemorySes, "page", with_findings)
    walk.now += timedelta(hours=1)
    assert walk.done().revived == [decision]


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
    assert again.at == decision.at + OVERDUE, "SES's own word, made meanwhile, is the later one"
    walk.world.incidents.open(opened(again, "arn:1", walk.now))
    walk.now += timedelta(hours=1)
    assert walk.done().revived == []


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
