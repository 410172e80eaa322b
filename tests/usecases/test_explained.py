"""An incident of the account holds back the pages that it explains."""

from datetime import timedelta

import pytest

from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.incident import Outcome, SignalKind
from reputation_guard.domain.tenant import ACCOUNT, Owner, Tenant
from tests.fakes.builders import decision
from tests.usecases.escalating import Escalating


@pytest.fixture
def world() -> Escalating:
    return Escalating()


def braked(world: Escalating) -> str:
    made = decision(tenant=Tenant(name=ACCOUNT), because=None, announces=GuardEvent.BRAKE_ENGAGED)
    assert world.begin(world.said(made, GuardEvent.BRAKE_ENGAGED))
    return made.id


def test_an_answered_brake_holds_back_no_new_pause(world: Escalating) -> None:
    """Law 8: whoever has it, or snoozed it for a month, has not heard of what comes after."""
    brake = braked(world)
    world.pass_time(minutes=1)
    world.tell(brake, SignalKind.SNOOZED, until=world.now + timedelta(days=20))
    world.pass_time(days=1)
    tenant = world.paused("one")
    world.pass_time(minutes=1)
    assert world.told()[-1].incident.id == tenant


def test_an_incident_of_the_account_ends_by_its_record_where_the_word_of_it_was_lost(world: Escalating) -> None:
    """The word may come before the incident is there, or lie in the dead letters."""
    brake = braked(world)
    world.book.tenants[ACCOUNT] = Tenant(name=ACCOUNT, version=2, braked_at=world.now)
    world.pass_time(hours=1)
    assert world.incident(brake).is_open
    world.book.tenants[ACCOUNT] = Tenant(name=ACCOUNT, version=3)
    world.pass_time(hours=5)
    assert world.incident(brake).outcome is Outcome.OVER


def test_an_incident_of_the_account_holds_back_the_pages_it_explains(world: Escalating) -> None:
    brake = braked(world)
    world.pass_time(hours=1)
    explained = [world.paused(name) for name in ("one", "two")]
    world.pass_time(minutes=10)
    assert {each.incident.id for each in world.told()} == {brake}
    assert world.incident(brake).members == tuple(explained)
    world.tell(brake, SignalKind.OVER, by="guard")
    world.pass_time(minutes=1)
    assert world.told()[-1].incident.id == explained[0], "what is still paused is somebody's again"
    assert world.told()[-1].incident.members == (explained[1],)


def test_one_that_waits_for_its_page_is_explained_as_well(world: Escalating) -> None:
    tenant = world.paused("one")
    world.pass_time(seconds=5)
    brake = braked(world)
    world.pass_time(minutes=1)
    assert {each.incident.id for each in world.told()} == {brake}
    assert world.incident(tenant).leader == brake


@pytest.mark.parametrize("owner", [Owner.SES, Owner.OPERATOR])
def test_a_stop_that_is_not_the_guards_is_explained_by_nothing(world: Escalating, owner: Owner) -> None:
    braked(world)
    world.pass_time(hours=1)
    stopped = world.paused("one", owner=owner, because=None)
    world.pass_time(minutes=1)
    assert world.told()[-1].incident.id == stopped


def test_a_pause_that_ses_refuses_is_explained_by_nothing(world: Escalating) -> None:
    braked(world)
    world.pass_time(hours=1)
    case = world.pause("one")
    world.begin(world.said(case.decision, GuardEvent.PAUSE_REFUSED))
    world.pass_time(minutes=1)
    assert world.told()[-1].incident.id == case.decision.id


def test_what_an_incident_of_the_account_has_no_room_for_is_held_back_and_looks_for_itself_later(
    world: Escalating,
) -> None:
    brake = braked(world)
    world.pass_time(minutes=1)
    began = [world.paused(f"tenant-{number}") for number in range(102)]
    world.pass_time(minutes=1)
    assert {each.incident.id for each in world.told()} == {brake}
    assert len(world.incident(brake).members) == 100
    world.tell(brake, SignalKind.OVER, by="guard")
    world.pass_time(hours=1, minutes=1)
    told_of = {name for each in world.told() for name in (each.incident.id, *each.incident.members)}
    assert told_of == {brake, *began}
