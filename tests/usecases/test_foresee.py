"""A dry run tells what an order would meet and do, and changes nothing; an order by one of two people waits."""

import copy
from dataclasses import replace
from datetime import timedelta

import pytest

from reputation_guard.domain.approval import PROPOSAL_HOLDS, Identity
from reputation_guard.domain.incident import Signal, SignalKind, opened
from reputation_guard.domain.obstacles import Obstacle
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.preflight_words import preflight_in_words
from reputation_guard.domain.sending import Finding, Sending
from reputation_guard.domain.tenant import Owner, Standing
from reputation_guard.usecases.foresee import foresee
from reputation_guard.usecases.orders import Order, OrderRefusedError
from reputation_guard.usecases.resume import resume
from reputation_guard.usecases.tell import Hearing, tell
from tests.fakes.builders import NOW, STANDARD, ago, tenant
from tests.fakes.incidents import InMemoryDoorbell
from tests.fakes.ses import arn_of
from tests.usecases.pending import to_pause
from tests.usecases.world import World, blast

ANN, BOB = Identity("ann", proved=True), Identity("bob", proved=True)
ORDER = Order("shop", "list cleaned", ANN)
TWO_PEOPLE = replace(STANDARD, name="two-people", approvals=2)


def paused_world(*, two_people: bool = False) -> World:
    world = World()
    to_pause(world)
    world.enforce()
    if two_people:
        world.shelf.put(TWO_PEOPLE, ago(hours=1), "olga")
        world.book.tenants["shop"] = replace(world.tenant(), assigned_policy="two-people")
    return world


def refused(world: World, order: Order, after: timedelta = timedelta()) -> OrderRefusedError:
    with pytest.raises(OrderRefusedError) as found:
        resume(order, world.resuming(), NOW + after)
    return found.value


def test_a_dry_run_writes_nothing() -> None:
    world = paused_world(two_people=True)
    before = copy.deepcopy((world.book, world.proposals, world.ses.statuses))
    foresee(ORDER, world.foreseeing(), NOW)
    assert (world.book, world.proposals, world.ses.statuses) == before


def test_a_dry_run_foresees_what_the_order_then_does() -> None:
    world = paused_world()
    world.ses.open_findings[arn_of("shop")] = (Finding("BOUNCE", "HIGH", "too many"),)
    found = foresee(ORDER, world.foreseeing(), NOW)
    assert (found.refusal, found.stops, found.standing) == (None, (Owner.GUARD,), Standing.PAUSED)
    assert found.paused_by
    assert found.paused_by.decision == world.tenant().decided
    decision, after = resume(ORDER, world.resuming(), NOW)
    world.enforce()
    assert found.terms
    assert found.terms.until == after.probation_ends
    assert world.ses.statuses[arn_of("shop")].customer_managed is found.becomes is Sending.REINSTATED
    assert decision.proposed_by is None


def test_the_guard_pauses_again_at_the_number_that_was_told_and_not_before() -> None:
    """The whole way: the mail is counted, and judged by the guard as it runs."""
    for short in (0, 1):
        world = paused_world()
        [bounces] = [each.bounces for each in foresee(ORDER, world.foreseeing(), NOW).margins if each.mails == 50]
        assert bounces
        resume(ORDER, world.resuming(), NOW)
        world.enforce()
        sent_at = NOW + timedelta(minutes=1)
        world.judged(blast(sends=50, bounces=bounces - short, sent_at=sent_at), NOW + timedelta(minutes=5))
        assert (world.standing() is Standing.PAUSED) is (short == 0)


@pytest.mark.parametrize(
    ("name", "code"), [("stranger", "UnknownTenant"), ("healthy", "NotPaused"), ("shop", "StoppedBySes")]
)
def test_a_dry_run_and_an_order_name_the_same_refusal(name: str, code: str) -> None:
    world = paused_world()
    world.ses.change(arn_of("shop"), ses_managed=Sending.DISABLED)
    world.book.tenants["healthy"] = tenant("healthy", arn=world.ses.add("healthy"))
    order = replace(ORDER, tenant=name)
    found = foresee(order, world.foreseeing(), NOW)
    assert found.refusal
    assert found.refusal.code == code == refused(world, order).code


def test_of_a_tenant_that_ses_does_not_know_any_more_both_say_that_it_is_gone() -> None:
    world = paused_world()
    del world.ses.statuses[arn_of("shop")]
    found = foresee(ORDER, world.foreseeing(), NOW)
    assert found.refusal
    assert found.refusal.code == "GoneFromSes" == refused(world, ORDER).code
    assert (found.standing, found.stops, found.terms) == (Standing.PAUSED, (Owner.GUARD,), None)


def test_a_dry_run_notes_no_change_of_mode() -> None:
    world = paused_world()
    world.mode = Mode.OBSERVE
    assert foresee(ORDER, world.foreseeing(), NOW).mode is Mode.OBSERVE
    assert world.book.page.in_force is not Mode.OBSERVE


def test_an_order_against_an_older_incident_is_refused_with_the_present_one() -> None:
    world = paused_world()
    older = replace(ORDER, incident="shop.99")
    assert refused(world, older).code == "OlderIncident"
    assert f"{world.tenant().decided} of 2026-11-24" in refused(world, older).advice
    assert world.standing() is Standing.PAUSED
    resume(replace(ORDER, incident=world.tenant().decided), world.resuming(), NOW)
    assert world.standing() is Standing.PROBATION


def test_an_order_names_its_pause_before_there_is_an_incident_of_it() -> None:
    """Else an old form would lift whatever pause is in force when it is sent (Law 5)."""
    world = paused_world()
    found = foresee(ORDER, world.foreseeing(), NOW)
    assert (found.incident, found.version) == (world.tenant().decided, None)


def test_an_order_by_somebody_who_did_not_see_what_the_incident_was_told_is_refused() -> None:
    world = paused_world()
    begun = world.tenant().decided or ""
    world.incidents.open(opened(world.bus.announced[-1], "arn:execution", NOW))
    found = foresee(ORDER, world.foreseeing(), NOW)
    assert (found.incident, found.version) == (begun, 0)
    said = Signal(id="a", kind=SignalKind.NOTED, at=NOW, by="Otto Operator", text="wait, they still send")
    tell(begun, said, Hearing(world.incidents, InMemoryDoorbell()))
    blind = replace(ORDER, incident=found.incident, version=found.version)
    assert refused(world, blind).code == "OlderIncident"
    assert "noted by Otto Operator" in refused(world, blind).advice
    assert foresee(blind, world.foreseeing(), NOW).refusal == Obstacle("OlderIncident", refused(world, blind).advice)
    told = preflight_in_words(foresee(ORDER, world.foreseeing(), NOW))
    assert "  noted by Otto Operator (as declared) on 2026-11-24 12:02 UTC: wait, they still send" in told
    resume(replace(blind, version=1), world.resuming(), NOW)
    assert world.standing() is Standing.PROBATION


def test_of_two_people_the_first_proposes_and_the_second_carries_it_out() -> None:
    world = paused_world(two_people=True)
    first = refused(world, ORDER)
    assert first.code == "WaitsForSecondApprover"
    assert "waits for a second approver" in first.advice
    assert "13:02 UTC" in first.advice
    assert world.standing() is Standing.PAUSED
    assert foresee(replace(ORDER, operator=BOB), world.foreseeing(), NOW).proposal == world.proposals.proposal("shop")
    decision, _ = resume(Order("shop", "I agree", BOB), world.resuming(), NOW + timedelta(minutes=59))
    assert (decision.operator, decision.operator_proved, decision.proposed_by) == ("bob", True, ANN)


def test_nobody_approves_himself() -> None:
    world = paused_world(two_people=True)
    refused(world, ORDER)
    again = refused(world, replace(ORDER, operator=Identity("Ann", proved=True)))
    assert again.code == "SecondApproverNeeded"
    assert "somebody else has to order it too" in again.advice


def test_a_proposal_lapses_after_an_hour() -> None:
    world = paused_world(two_people=True)
    refused(world, ORDER)
    assert refused(world, replace(ORDER, operator=BOB), PROPOSAL_HOLDS).code == "WaitsForSecondApprover"
    found = world.proposals.proposal("shop")
    assert found
    assert found.by == BOB


def test_a_proposal_is_about_one_pause() -> None:
    """What ann saw before the tenant was paused anew is no word on the new pause."""
    world = paused_world(two_people=True)
    refused(world, ORDER)
    world.book.tenants["shop"] = replace(world.tenant(), decided="shop.99")
    assert refused(world, replace(ORDER, operator=BOB)).code == "WaitsForSecondApprover"


def test_of_two_first_orders_at_once_one_is_the_second() -> None:
    world = paused_world(two_people=True)

    def first() -> None:
        world.ses.after_look = lambda: None
        refused(world, ORDER)

    world.ses.after_look = first
    decision, _ = resume(replace(ORDER, operator=BOB), world.resuming(), NOW)
    assert decision.proposed_by == ANN
