"""Many tenants paused together are one page."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.escalation import announcement_of
from reputation_guard.domain.incident import Answer, Cause, Incident, Outcome, Signal, SignalKind, closed, paged
from reputation_guard.domain.policy import PRESETS, Resumes
from reputation_guard.domain.tenant import ACCOUNT, Owner, Standing, Tenant
from reputation_guard.usecases.escalate import look
from reputation_guard.usecases.tell import Hearing, tell
from tests.fakes.builders import STANDARD, decision
from tests.usecases.escalating import Escalating

PERSON = replace(STANDARD, resumes=Resumes.PERSON, acknowledged_for=timedelta(hours=12))


@pytest.fixture
def world() -> Escalating:
    return Escalating()


def acknowledged(incident: Incident, by: str, now: datetime) -> Incident:
    return replace(incident, answer=Answer(by, False, now, now + timedelta(hours=1)))  # noqa: FBT003 - declared


def braked(world: Escalating) -> str:
    made = decision(tenant=Tenant(name=ACCOUNT), because=None, announces=GuardEvent.BRAKE_ENGAGED)
    assert world.begin(world.said(made, GuardEvent.BRAKE_ENGAGED))
    return made.id


def test_tenants_paused_together_are_one_page(world: Escalating) -> None:
    leader = world.paused("one")
    world.pass_time(seconds=5)
    others = [world.paused(name) for name in ("two", "three")]
    world.pass_time(minutes=10)
    (page,) = world.told()
    assert page.page
    assert (page.incident.id, page.incident.members, page.page.told_with) == (leader, tuple(others), 2)
    assert all(world.incident(other).leader == leader for other in others)


def test_a_tenant_paused_after_the_page_gets_one_of_its_own(world: Escalating) -> None:
    first = world.paused("one")
    world.pass_time(seconds=21)
    second = world.paused("two")
    world.pass_time(seconds=21)
    assert [each.incident.id for each in world.told()] == [first, second]


def test_an_answer_to_the_page_answers_for_all_of_it(world: Escalating) -> None:
    leader, other = world.paused("one"), world.paused("two")
    world.pass_time(minutes=1)
    world.tell(leader, SignalKind.ACKNOWLEDGED)
    answer = world.incident(other).answer
    assert answer
    assert answer.by == "Olga Operator"
    world.tell(leader, SignalKind.RESUMED, by="guard")
    world.resume("one")
    world.tell(leader, SignalKind.NOTED, text="resumed")
    world.pass_time(minutes=100)
    assert len(world.pages()) == 1, "who has it has all of it, also when the first is resumed"
    world.pass_time(minutes=40)
    assert world.pages(lambda each: each.incident.id == other) == [("LAPSED", (0,)), ("CLIMBED", (1,))]


def test_one_of_a_group_that_is_handed_over_is_paged_by_itself(world: Escalating) -> None:
    leader, other = world.paused("one"), world.paused("two")
    world.pass_time(minutes=1)
    world.tell(other, SignalKind.HANDED_OVER, rung="lead")
    assert world.pages(lambda each: each.incident.id == other) == [("HANDED_OVER", (1,))]
    world.tell(leader, SignalKind.ACKNOWLEDGED)
    assert world.incident(other).answer is None, "who has the group does not have what was handed over"


def test_one_that_is_handed_over_before_its_first_page_joins_no_group(world: Escalating) -> None:
    other = world.paused("one")
    leader = world.paused("two")
    world.pass_time(seconds=5)
    world.tell(leader, SignalKind.HANDED_OVER, rung="lead")
    assert world.pages() == [("HANDED_OVER", (1,))]
    assert world.incident(other).leader == ""


def test_the_leaders_page_asks_a_person_to_resume_all_of_them(world: Escalating) -> None:
    leader = world.paused("one", policy=PERSON)
    world.pass_time(seconds=5)
    other = world.paused("two", policy=PERSON)
    world.pass_time(minutes=1)
    world.tell(leader, SignalKind.ACKNOWLEDGED)
    world.pass_time(hours=3)
    asked = [each for each in world.told() if each.page and each.page.cause is Cause.ASKS]
    assert [(each.incident.id, each.incident.members) for each in asked] == [(leader, (other,))]


def test_a_member_whose_leader_needs_no_person_asks_for_one_itself(world: Escalating) -> None:
    world.paused("one", policy=replace(PERSON, resumes=STANDARD.resumes, cool_downs=(timedelta(hours=12),)))
    world.pass_time(seconds=5)
    other = world.paused("two", policy=PERSON)
    world.pass_time(hours=3)
    asked = [each for each in world.told() if each.page and each.page.cause is Cause.ASKS]
    assert [each.incident.id for each in asked] == [other]


def test_one_that_somebody_has_already_is_in_nobodys_way(world: Escalating) -> None:
    """Who answers the group has all of it but that one, and is told so by nobody's refusal."""
    leader, taken, other = (world.paused(name) for name in ("one", "two", "three"))
    world.pass_time(minutes=1)
    world.tell(taken, SignalKind.HANDED_OVER, rung="lead")
    world.incidents.save(world.incident(taken), replace(world.incident(taken), leader=leader))
    world.tell(taken, SignalKind.NOTED, text="a race")
    world.incidents.save(world.incident(taken), acknowledged(world.incident(taken), "Anna", world.now))
    world.tell(leader, SignalKind.ACKNOWLEDGED, by="Bert")
    has = {each: found.by for each in (leader, taken, other) if (found := world.incident(each).answer)}
    assert has == {leader: "Bert", taken: "Anna", other: "Bert"}


def test_who_answers_one_of_a_group_answers_its_pages(world: Escalating) -> None:
    """Its own pages are its leader's: to answer it and be paged on would be no answer."""
    leader, named, other = (world.paused(name) for name in ("one", "two", "three"))
    world.pass_time(minutes=1)
    world.tell(named, SignalKind.ACKNOWLEDGED)
    assert all(world.incident(each).answer for each in (leader, named, other))
    world.pass_time(minutes=100)
    assert world.pages() == [("FIRST", (0,))]


def test_tenants_with_other_ladders_are_no_group(world: Escalating) -> None:
    """A group climbs by its leader's: a tenant whose lead is to be woken in five minutes does not wait for fifteen."""
    world.paused("one")
    vip = world.paused("two", policy=PRESETS["vip"])
    world.pass_time(minutes=1)
    assert world.incident(vip).leader == ""
    assert len(world.pages()) == 2


def test_one_that_was_handed_over_is_never_in_a_group_again(world: Escalating) -> None:
    brake = braked(world)
    world.pass_time(minutes=1)
    one = world.paused("one")
    assert world.incident(one).leader == brake
    world.executions = [each for each in world.executions if each.incident != one]
    world.tell(one, SignalKind.HANDED_OVER, rung="lead")
    world.tell(one, SignalKind.ACKNOWLEDGED)
    look(one, world.world, world.now)
    assert world.incident(one).leader == ""


def test_when_the_first_is_resumed_the_others_are_one_page_again(world: Escalating) -> None:
    leader = world.paused("one")
    others = [world.paused(name) for name in ("two", "three")]
    world.pass_time(minutes=1)
    world.resume("one")
    world.tell(leader, SignalKind.RESUMED, by="guard")
    world.pass_time(minutes=1)
    assert [each.incident.id for each in world.told()] == [leader, others[0]]
    assert world.told()[1].incident.members == (others[1],)


def test_a_lost_word_of_the_release_is_made_good_by_the_clock(world: Escalating) -> None:
    """Its leader is closed and nobody told it: it looks by itself."""
    leader, other = world.paused("one"), world.paused("two")
    world.pass_time(minutes=1)
    world.executions = [each for each in world.executions if each.incident == other]
    world.change("one", standing=Standing.HEALTHY)
    world.pass_time(hours=1)
    world.pass_time(minutes=1)
    assert [each.incident.id for each in world.told()] == [leader, other]


def test_one_that_joins_in_the_moment_of_the_page_is_told_of_at_once(world: Escalating) -> None:
    """Law 8: the page had not told of it, and no answer to that page swallows it."""
    leader = world.paused("one")
    world.pass_time(minutes=1)
    world.tell(leader, SignalKind.ACKNOWLEDGED)
    late = world.pause("two")
    world.begin(late)
    world.tell(leader, SignalKind.JOINED, by="guard", about=late.decision.id)
    assert world.pages()[1:] == [("MORE", (0,))]
    assert world.incident(leader).answer is None
    world.pass_time(minutes=14)
    assert world.pages(lambda each: each.incident.id == leader)[2:] == []


def test_a_page_has_room_for_a_hundred_and_the_next_one_leads_another(world: Escalating) -> None:
    """An item holds 400 KB, and a storm may pause thousands."""
    began = [world.paused(f"tenant-{number}") for number in range(103)]
    world.pass_time(minutes=1)
    assert [len(each.incident.members) for each in world.told()] == [100, 1]
    told_of = [name for each in world.told() for name in (each.incident.id, *each.incident.members)]
    assert sorted(told_of) == sorted(began)


def test_a_storm_is_a_page_for_each_moment_and_everybody_is_told_of(world: Escalating) -> None:
    began = []
    for number in range(60):
        began.append(world.paused(f"tenant-{number}"))
        world.pass_time(seconds=2)
    world.pass_time(minutes=1)
    pages = [each for each in world.told() if each.page]
    told_of = [name for each in pages for name in (each.incident.id, *each.incident.members)]
    assert sorted(told_of) == sorted(began)
    assert len(pages) <= timedelta(minutes=2) / timedelta(seconds=20) + 1


def test_who_has_one_already_does_not_have_the_next(world: Escalating) -> None:
    """Law 8: whoever paused a tenant by hand, or answered before the first page, has not heard of another one."""
    by_hand = world.paused("one", owner=Owner.OPERATOR, operator="Olga Operator", because=None)
    world.pass_time(seconds=5)
    next_one = world.paused("two")
    world.tell(next_one, SignalKind.ACKNOWLEDGED)
    world.pass_time(seconds=5)
    last = world.paused("three")
    world.pass_time(minutes=1)
    assert world.incident(next_one).leader == world.incident(last).leader == ""
    assert [each.incident.id for each in world.told()] == [last]
    assert by_hand


def test_a_pause_that_ses_refuses_is_in_no_group(world: Escalating) -> None:
    """Law 4: it still sends, and no page about others may hide that."""
    leader = world.paused("one")
    world.pass_time(seconds=5)
    case = world.pause("two")
    world.begin(world.said(case.decision, GuardEvent.PAUSE_REFUSED))
    world.pass_time(minutes=1)
    assert [each.incident.id for each in world.told()] == [leader, case.decision.id]


def test_a_page_that_could_not_be_written_down_is_no_other_page(world: Escalating) -> None:
    """Its number is given out again; its id is not, or the next page would pass for a repetition."""
    incident = world.paused("one")
    world.pass_time(seconds=19)
    before = world.incident(incident)
    first, page = paged(before, Cause.FIRST, (0,), world.now)
    world.tell(incident, SignalKind.ACKNOWLEDGED)
    later, again = paged(world.incident(incident), Cause.LAPSED, (0,), world.now)
    told, told_again = (
        announcement_of(GuardEvent.ESCALATION_RAISED, each, world.now, of)
        for each, of in ((first, page), (later, again))
    )
    assert page.number == again.number
    assert told.id != told_again.id


def test_one_that_joins_as_its_leader_ends_finds_another(world: Escalating, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it waits for the pages of an incident that sends none."""
    leader = world.paused("one")
    world.pass_time(seconds=5)

    def ends_first(incident_id: str, signal: Signal, hearing: Hearing) -> Incident:
        if signal.kind is SignalKind.JOINED:
            before = world.incident(leader)
            world.incidents.save(before, closed(before, Outcome.HEALTHY, world.now))
            monkeypatch.undo()
        return tell(incident_id, signal, hearing)

    monkeypatch.setattr("reputation_guard.usecases.group.tell", ends_first)
    other = world.paused("two")
    assert world.incident(other).leader == ""
    world.pass_time(minutes=1)
    assert [each.incident.id for each in world.told()] == [other]
