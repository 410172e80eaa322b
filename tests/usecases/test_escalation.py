"""The climb: rung after rung is paged, and a resume ends it at once."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.incident import Outcome, SignalKind
from reputation_guard.domain.policy import PRESETS, Resumes
from reputation_guard.domain.tenant import ACCOUNT, Owner, Standing, Tenant
from tests.fakes.builders import STANDARD, decision
from tests.usecases.escalating import Escalating

VIP = PRESETS["vip"]


@pytest.fixture
def world() -> Escalating:
    return Escalating()


def test_nobody_answers_so_every_rung_is_paged_in_order_and_then_all_of_them_again(world: Escalating) -> None:
    incident = world.paused()
    world.pass_time(seconds=19)
    assert world.pages() == [], "a moment for others to be told in the same page"
    world.pass_time(seconds=1)
    assert world.pages() == [("FIRST", (0,))]
    world.pass_time(minutes=15)
    assert world.pages()[1:] == [("CLIMBED", (1,))]
    world.pass_time(minutes=30)
    assert world.pages()[2:] == [("UNANSWERED", (0, 1))]
    world.pass_time(minutes=30)
    assert world.pages()[3:] == [("UNANSWERED", (0, 1))]
    world.pass_time(minutes=59)
    assert len(world.pages()) == 4, "each time twice as long as before"
    world.pass_time(minutes=1)
    assert len(world.pages()) == 5
    assert world.incident(incident).is_open


def test_repeated_pages_never_end_and_are_never_more_than_four_hours_apart(world: Escalating) -> None:
    world.paused(policy=VIP)
    world.pass_time(days=7)
    ats = [each.at for each in world.told()]
    gaps = [later - earlier for earlier, later in pairwise(ats)]
    assert max(gaps) == timedelta(hours=4)
    assert len(ats) > 7 * 24 / 4


def test_a_page_says_what_comes_next_and_when(world: Escalating) -> None:
    world.paused()
    world.pass_time(seconds=20)
    (page,) = world.told()
    assert page.then
    assert (page.then.at, page.then.rungs) == (world.now + timedelta(minutes=15), (1,))


@pytest.mark.parametrize("minutes", [0, 5, 20, 60, 200])
def test_a_resume_during_any_wait_ends_it(world: Escalating, minutes: int) -> None:
    incident = world.paused()
    world.pass_time(minutes=minutes)
    pages = len(world.pages())
    world.resume()
    world.tell(incident, SignalKind.RESUMED, by="guard")
    world.pass_time(hours=23)
    assert len(world.pages()) == pages
    assert world.incident(incident).is_open, "an episode lasts until the tenant is healthy again"


def test_an_incident_is_closed_when_its_tenant_is_healthy_again(world: Escalating) -> None:
    incident = world.paused()
    world.pass_time(minutes=1)
    world.resume(probation=timedelta(hours=2))
    world.tell(incident, SignalKind.RESUMED, by="guard")
    world.pass_time(hours=2)
    world.change(standing=Standing.HEALTHY, probation_ends=None)
    world.pass_time(minutes=1)
    (told,) = world.told(GuardEvent.INCIDENT_CLOSED)
    assert told.incident.outcome is Outcome.HEALTHY
    assert world.executions == [], "no execution outlives its incident"


def test_a_resume_that_nobody_told_of_is_found_by_the_clock(world: Escalating) -> None:
    world.paused()
    world.pass_time(minutes=1)
    world.resume()
    world.pass_time(hours=3)
    assert world.pages() == [("FIRST", (0,))]


def test_a_second_episode_during_an_acknowledged_first_pages_anew(world: Escalating) -> None:
    """Law 8: an acknowledgement never swallows a new episode."""
    first = world.paused()
    world.pass_time(minutes=1)
    world.tell(first, SignalKind.ACKNOWLEDGED)
    world.resume()
    world.tell(first, SignalKind.RESUMED, by="guard")
    second = world.paused()
    assert second != first
    world.pass_time(minutes=1)
    assert [each.incident.id for each in world.told()] == [first, second]
    ended = world.incident(first)
    assert (ended.outcome, ended.successor) == (Outcome.PAUSED_AGAIN, second)
    assert world.incident(second).answer is None


def test_a_duplicate_of_the_event_starts_nothing(world: Escalating) -> None:
    case = world.pause()
    assert world.begin(case)
    assert not world.begin(case)
    world.pass_time(minutes=10)
    assert not world.begin(case)
    assert len(world.executions) == 1
    assert world.pages() == [("FIRST", (0,))]


def test_an_older_episode_that_comes_late_starts_nothing(world: Escalating) -> None:
    late = world.pause()
    world.resume()
    world.paused()
    assert not world.begin(late)
    assert late.decision.id not in world.incidents.incidents


def test_a_refusal_that_is_told_after_the_pause_was_made_is_no_news() -> None:
    """reconcile may tell of it while the enforcer makes it: the incident goes on about a pause that was made."""
    world = Escalating()
    case = world.pause()
    assert world.begin(case)
    world.now += timedelta(seconds=1)
    assert not world.begin(world.said(case.decision, GuardEvent.PAUSE_REFUSED))
    incident = world.incident(case.decision.id)
    assert (incident.case, incident.signals) == (case, ())


def test_a_pause_that_ses_makes_at_last_is_the_same_episode(world: Escalating) -> None:
    case = world.pause()
    refused = world.said(case.decision, GuardEvent.PAUSE_REFUSED)
    world.begin(refused)
    world.pass_time(minutes=1)
    confirmed = world.said(case.decision)
    assert not world.begin(confirmed)
    world.answer_the_bell()
    incident = world.incident(case.decision.id)
    assert incident.case == confirmed
    assert incident.heard(SignalKind.CONFIRMED)
    assert world.pages() == [("FIRST", (0,)), ("CONFIRMED", (0,))], (
        "who read that it still sends reads that it does not"
    )
    assert not world.begin(refused), "what was told before is no news"
    assert world.incident(case.decision.id).case == confirmed


def test_a_refused_pause_that_was_called_off_is_closed_as_such(world: Escalating) -> None:
    case = world.pause()
    world.begin(world.said(case.decision, GuardEvent.PAUSE_REFUSED))
    world.pass_time(minutes=1)
    world.change(standing=Standing.HEALTHY, stops=frozenset(), pause=None)
    world.pass_time(minutes=15)
    assert world.incident(case.decision.id).outcome is Outcome.WITHDRAWN


def test_a_tenant_that_ses_does_not_know_any_more_needs_nobody(world: Escalating) -> None:
    incident = world.paused()
    world.pass_time(minutes=1)
    world.change(standing=Standing.HEALTHY, gone_at=world.now)
    world.pass_time(minutes=15)
    assert world.incident(incident).outcome is Outcome.GONE


def test_whoever_paused_it_by_hand_has_it_until_that_lapses(world: Escalating) -> None:
    incident = world.paused(owner=Owner.OPERATOR, operator="Olga Operator", reason="stolen keys", because=None)
    has_it = world.incident(incident).answer
    assert has_it
    assert has_it.by == "Olga Operator"
    world.pass_time(minutes=119)
    assert world.pages() == []
    world.pass_time(minutes=1)
    assert world.pages() == [("LAPSED", (0,))]


def test_an_incident_whose_execution_died_is_taken_over_by_the_next_one(world: Escalating) -> None:
    """Nobody pages for it any more: what announces it anew starts another execution, and only then is it taken over."""
    incident = world.paused()
    world.pass_time(minutes=1)
    case = world.incident(incident).case
    assert not world.begin(case), "while it runs nobody takes it over"
    world.dies(incident)
    world.pass_time(hours=2)
    assert len(world.pages()) == 1
    assert world.begin(case)
    world.pass_time(seconds=1)
    assert [cause for cause, _ in world.pages()] == ["FIRST", "CLIMBED"]
    assert not world.begin(case), "and the one that took over runs"


def test_a_closed_incident_is_taken_over_by_nobody(world: Escalating) -> None:
    incident = world.paused()
    world.pass_time(minutes=1)
    world.change(standing=Standing.HEALTHY)
    world.tell(incident, SignalKind.NOTED, text="it is well")
    world.dies(incident)
    assert not world.begin(world.incident(incident).case)


def test_a_person_is_asked_once_where_only_a_person_ends_the_pause(world: Escalating) -> None:
    """`resumes: person`: when the guard would have ended it, although somebody has it."""
    policy = replace(STANDARD, resumes=Resumes.PERSON, acknowledged_for=timedelta(hours=12))
    incident = world.paused(policy=policy)
    world.pass_time(minutes=1)
    world.tell(incident, SignalKind.ACKNOWLEDGED)
    world.pass_time(minutes=58)
    assert world.pages() == [("FIRST", (0,))]
    world.pass_time(minutes=1)
    assert world.pages()[1:] == [("ASKS", (0,))]
    world.pass_time(hours=10)
    assert len(world.pages()) == 2


def test_an_incident_of_the_account_goes_on_until_the_guard_says_that_it_is_over(world: Escalating) -> None:
    made = decision(tenant=Tenant(name=ACCOUNT), because=None, announces=GuardEvent.BRAKE_ENGAGED)
    assert world.begin(world.said(made, GuardEvent.BRAKE_ENGAGED))
    world.pass_time(minutes=20)
    assert world.pages() == [("FIRST", (0,)), ("CLIMBED", (1,))]
    world.tell(made.id, SignalKind.OVER, by="guard")
    assert world.incident(made.id).outcome is Outcome.OVER
    assert world.executions == []
