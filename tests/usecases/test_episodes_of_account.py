"""A trouble of the account of which no incident came is told again, as a tenant's pause is."""

from datetime import timedelta

import pytest

from reputation_guard.domain.blindness import Look, Trouble
from reputation_guard.domain.decision import Answer, Decision, GuardEvent, record_after
from reputation_guard.domain.incident import opened
from reputation_guard.domain.tenant import ACCOUNT, Tenant
from reputation_guard.ports.errors import UnavailableError
from tests.fakes.book import InMemoryBook
from tests.fakes.builders import NOW, decision
from tests.usecases.walking import Walk, paused

ENGAGED, BLINDED = GuardEvent.BRAKE_ENGAGED, GuardEvent.GUARD_BLINDED
TROUBLES = [ENGAGED, BLINDED]
ENDS = {ENGAGED: GuardEvent.BRAKE_RELEASED, BLINDED: GuardEvent.GUARD_SIGHTED}
LOOK = Look((Trouble.NO_EVENTS,), sent=1000, seen=0)
A_WHILE = timedelta(minutes=20)


@pytest.fixture
def walk() -> Walk:
    return Walk()


def decided(walk: Walk, event: GuardEvent) -> Decision:
    """What is written down of the account at this moment, and announced."""
    made = decision(
        tenant=walk.world.book.tenant(ACCOUNT) or Tenant(name=ACCOUNT),
        answer=Answer.HOLD,
        announces=event,
        at=walk.now,
        because=None,
        windows=(),
        look=LOOK if event is BLINDED else None,
    )
    walk.world.book.record(made, record_after(made))
    walk.world.enforce(walk.now)
    return made


@pytest.mark.parametrize("event", TROUBLES)
def test_a_trouble_of_the_account_that_nobody_claimed_is_announced_again_under_the_same_id(
    walk: Walk, event: GuardEvent
) -> None:
    """Its execution died before it had claimed the incident: no list of open incidents has it."""
    made = decided(walk, event)
    assert walk.done().revived == [], "its escalation may still be about to begin"
    walk.now += A_WHILE
    assert walk.done().revived == [made.id]
    first, again = walk.world.bus.announced
    assert (again.id, again.name, again.decision) == (first.id, event, made)


@pytest.mark.parametrize("event", TROUBLES)
def test_what_has_an_incident_or_is_over_is_not_told_again(walk: Walk, event: GuardEvent) -> None:
    decided(walk, event)
    (case,) = walk.world.bus.announced
    walk.world.incidents.open(opened(case, "arn:1", NOW))
    walk.now += A_WHILE
    assert walk.done().revived == []
    decided(walk, ENDS[event])
    walk.now += A_WHILE
    walk.world.incidents.incidents.clear()
    assert walk.done().revived == []


def test_each_trouble_is_told_for_itself_though_the_account_has_one_record(walk: Walk) -> None:
    engaged, blinded = decided(walk, ENGAGED), decided(walk, BLINDED)
    walk.world.incidents.open(opened(walk.world.bus.announced[1], "arn:1", NOW))
    walk.now += A_WHILE
    assert walk.done().revived == [engaged.id]
    assert blinded.at == engaged.at, "even where one moment had both"


def test_where_the_book_cannot_say_the_tenants_are_walked_all_the_same(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    pause = paused(walk)
    decided(walk, ENGAGED)
    walk.now += A_WHILE

    def silent(*_: object) -> None:
        raise UnavailableError("the book")

    monkeypatch.setattr(InMemoryBook, "decided_at", silent)
    found = walk.done()
    assert found.revived == [pause]
    assert found.left.keys() == {ACCOUNT}
