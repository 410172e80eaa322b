"""What the incidents mean: the same tests on the fake and on DynamoDB."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.incident import (
    Cause,
    Incident,
    Outcome,
    Signal,
    SignalKind,
    account_subject,
    closed,
    opened,
    paged,
)
from reputation_guard.domain.telling import told
from reputation_guard.domain.tenant import ACCOUNT, Tenant
from reputation_guard.ports.errors import StaleError
from reputation_guard.ports.incidents import Incidents
from tests.fakes.builders import NOW, decision, tenant


def begun(name: str = "shop", version: int = 3, at: datetime = NOW) -> Incident:
    """An incident that has just begun."""
    made = decision(tenant=tenant(name, version=version))
    case = Announcement(id=f"{made.id}.TenantPaused", name=GuardEvent.TENANT_PAUSED, at=at, decision=made)
    return opened(case, "arn:execution", at)


def well_known() -> Incident:
    """An incident of which there is much to tell."""
    said = Signal(
        id="s-1", kind=SignalKind.SNOOZED, at=NOW, by="Olga Operator", proved=True, until=NOW + timedelta(hours=4)
    )
    joined = Signal(id="s-2", kind=SignalKind.JOINED, at=NOW, by="guard", about="other.4")
    incident, _ = paged(told(told(begun(), said), joined), Cause.CLIMBED, (0, 1), NOW)
    return incident


def test_an_incident_is_read_as_it_was_written(incidents: Incidents) -> None:
    incidents.open(begun())
    saved = incidents.save(begun(), well_known())
    assert saved == replace(well_known(), revision=1)
    assert incidents.incident(saved.id) == saved


def test_there_is_none_that_was_not_opened(incidents: Incidents) -> None:
    assert incidents.incident("shop.4") is None
    assert incidents.latest_of("shop") is None
    assert incidents.open_ones() == []
    assert incidents.waiting("shop.4") is None


def test_an_incident_is_opened_once(incidents: Incidents) -> None:
    incidents.open(begun())
    with pytest.raises(StaleError):
        incidents.open(replace(begun(), execution="arn:another"))
    found = incidents.incident(begun().id)
    assert found
    assert found.execution == "arn:execution"


def test_the_latest_of_a_tenant_is_the_last_that_was_opened(incidents: Incidents) -> None:
    for version in (3, 9):
        incidents.open(begun(version=version))
    incidents.open(begun("other", version=20))
    found = incidents.latest_of("shop")
    assert found
    assert found.id == "shop.10"


def test_the_account_has_incidents_of_its_own(incidents: Incidents) -> None:
    """One for each kind of trouble: that the guard is blind does not end what the brake began."""
    troubles = (GuardEvent.BRAKE_ENGAGED, GuardEvent.GUARD_BLINDED)
    for version, event in enumerate(troubles):
        made = decision(tenant=Tenant(name=ACCOUNT, version=version), because=None)
        case = Announcement(id="a", name=event, at=NOW, decision=made)
        incidents.open(opened(case, "arn:execution", NOW))
    found = [incidents.latest_of(account_subject(event)) for event in troubles]
    assert [each and each.case.name for each in found] == list(troubles)
    assert all(each and each.is_of_account for each in found)


def test_a_claim_that_comes_late_takes_no_later_ones_place(incidents: Incidents) -> None:
    incidents.open(begun(version=9))
    with pytest.raises(StaleError):
        incidents.open(begun(version=3))
    assert incidents.incident(begun(version=3).id) is None


def test_nobody_overwrites_what_he_did_not_read(incidents: Incidents) -> None:
    incidents.open(begun())
    incidents.save(begun(), well_known())
    with pytest.raises(StaleError):
        incidents.save(begun(), begun())


def test_the_open_ones_are_listed_the_oldest_first(incidents: Incidents) -> None:
    for minutes, name in ((5, "new"), (0, "old"), (2, "over")):
        incidents.open(begun(name, at=NOW + timedelta(minutes=minutes)))
    over = begun("over", at=NOW + timedelta(minutes=2))
    incidents.save(over, closed(over, Outcome.HEALTHY, NOW))
    assert [each.tenant for each in incidents.open_ones()] == ["old", "new"]
    assert incidents.incident(over.id), "it is kept"


def test_who_waits_is_noted_until_another_waits(incidents: Incidents) -> None:
    incidents.open(begun())
    assert incidents.wait(begun(), "token-1")
    assert incidents.waiting(begun().id) == "token-1"
    after = incidents.save(begun(), well_known())
    assert incidents.waiting(begun().id) == "token-1", "who waits has to hear of this"
    assert incidents.wait(after, "token-2")
    assert incidents.waiting(begun().id) == "token-2"


def test_nobody_waits_on_what_he_did_not_read(incidents: Incidents) -> None:
    incidents.open(begun())
    incidents.save(begun(), well_known())
    assert not incidents.wait(begun(), "token-1")
    assert incidents.waiting(begun().id) is None


def test_one_begins_a_group_and_the_next_has_to_know_of_it(incidents: Incidents) -> None:
    assert incidents.group_leader() is None
    incidents.lead_group(None, "shop.4")
    assert incidents.group_leader() == "shop.4"
    with pytest.raises(StaleError):
        incidents.lead_group(None, "other.4")
    incidents.lead_group("shop.4", "other.4")
    assert incidents.group_leader() == "other.4"
