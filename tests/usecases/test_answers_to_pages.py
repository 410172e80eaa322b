"""What people say to a page: it holds the climb for a while, and somebody is paged again in the end."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.incident import SignalKind
from reputation_guard.domain.telling import CannotTellError
from reputation_guard.domain.tenant import Standing
from reputation_guard.usecases.tell import tell
from tests.usecases.escalating import HOLD, Escalating


@pytest.fixture
def world() -> Escalating:
    return Escalating()


def test_an_acknowledgement_stops_the_climb_lapses_and_the_climb_goes_on(world: Escalating) -> None:
    """Law 8: an acknowledgement lapses."""
    incident = world.paused()
    world.pass_time(minutes=5)
    world.tell(incident, SignalKind.ACKNOWLEDGED)
    world.pass_time(minutes=119)
    assert world.pages() == [("FIRST", (0,))]
    world.pass_time(minutes=1)
    assert world.pages()[1:] == [("LAPSED", (0,))]
    world.pass_time(minutes=15)
    assert world.pages()[2:] == [("CLIMBED", (1,))]


def test_the_others_are_told_once_who_has_it(world: Escalating) -> None:
    incident = world.paused()
    world.pass_time(minutes=5)
    world.tell(incident, SignalKind.ACKNOWLEDGED)
    world.tell(incident, SignalKind.NOTED, text="the list came from a partner")
    world.pass_time(hours=1)
    (told,) = world.told(GuardEvent.ESCALATION_ACKNOWLEDGED)
    assert told.incident.answer
    assert told.incident.answer.by == "Olga Operator"


def test_a_second_person_hears_who_has_it(world: Escalating) -> None:
    incident = world.paused()
    world.tell(incident, SignalKind.ACKNOWLEDGED)
    with pytest.raises(CannotTellError, match="Olga Operator has it until") as refused:
        world.tell(incident, SignalKind.ACKNOWLEDGED, by="Otto Operator")
    assert refused.value.code == "AlreadyAcknowledged"
    world.pass_time(hours=3)
    assert world.tell(incident, SignalKind.ACKNOWLEDGED, by="Otto Operator").answer, "the first one has lapsed"


def test_who_has_it_may_say_so_again_and_has_it_longer(world: Escalating) -> None:
    incident = world.paused()
    world.tell(incident, SignalKind.ACKNOWLEDGED)
    world.pass_time(hours=1)
    after = world.tell(incident, SignalKind.ACKNOWLEDGED)
    assert after.answer
    assert after.answer.until == world.now + timedelta(hours=2)


def test_a_snooze_holds_every_page_until_it_is_over(world: Escalating) -> None:
    incident = world.paused()
    world.pass_time(minutes=1)
    world.tell(incident, SignalKind.SNOOZED, until=world.now + timedelta(hours=8))
    world.pass_time(hours=7, minutes=59)
    assert world.pages() == [("FIRST", (0,))]
    world.pass_time(minutes=1)
    assert world.pages()[1:] == [("AWOKE", (0,))]


@pytest.mark.parametrize("length", [timedelta(0), timedelta(days=31)])
def test_a_snooze_ends_in_the_future_and_within_a_month(world: Escalating, length: timedelta) -> None:
    incident = world.paused()
    with pytest.raises(CannotTellError, match="30 days"):
        world.tell(incident, SignalKind.SNOOZED, until=world.now + length)


def test_a_hand_over_pages_the_named_rung_at_once_and_the_climb_goes_on_from_there(world: Escalating) -> None:
    incident = world.paused()
    world.pass_time(minutes=1)
    world.tell(incident, SignalKind.ACKNOWLEDGED)
    world.tell(incident, SignalKind.HANDED_OVER, rung="lead")
    assert world.pages()[1:] == [("HANDED_OVER", (1,))]
    world.pass_time(minutes=30)
    assert world.pages()[2:] == [("UNANSWERED", (0, 1))]


def test_a_hand_over_to_nobody_names_the_rungs_there_are(world: Escalating) -> None:
    incident = world.paused()
    with pytest.raises(CannotTellError, match="there are on-call, lead"):
        world.tell(incident, SignalKind.HANDED_OVER, rung="leed")


def test_a_closed_incident_takes_notes_and_nothing_else(world: Escalating) -> None:
    incident = world.paused()
    world.change(standing=Standing.HEALTHY)
    world.pass_time(minutes=1)
    assert not world.incident(incident).is_open
    with pytest.raises(CannotTellError, match="is closed"):
        world.tell(incident, SignalKind.ACKNOWLEDGED)
    assert world.tell(incident, SignalKind.RESUMED, by="guard").version == 0
    assert world.tell(incident, SignalKind.NOTED, text="a partner's list").version == 1


_SAID = st.sampled_from([SignalKind.ACKNOWLEDGED, SignalKind.SNOOZED, SignalKind.HANDED_OVER, SignalKind.NOTED])


@given(said=st.lists(st.tuples(st.integers(0, 400), _SAID), max_size=8))
def test_whatever_people_say_somebody_is_paged_again_in_the_end(said: list[tuple[int, SignalKind]]) -> None:
    """No order of answers silences an incident for good: after the last of them has lapsed, people are paged."""
    world = Escalating()
    incident = world.paused()
    for minutes, kind in said:
        world.pass_time(minutes=minutes)
        world.tell(incident, kind, until=world.now + timedelta(hours=8), rung="lead", text="a note")
    pages, since = len(world.pages()), world.now
    world.pass_time(hours=8, seconds=HOLD.total_seconds())
    assert len(world.pages()) > pages
    assert len(world.executions) == 1
    assert world.now - since == timedelta(hours=8) + HOLD


@given(said=st.lists(_SAID, max_size=5), again=st.integers(0, 4))
def test_the_same_signal_again_changes_nothing(said: list[SignalKind], again: int) -> None:
    world = Escalating()
    incident = world.paused()
    for number, kind in enumerate(said):
        after = world.tell(incident, kind, until=world.now + timedelta(hours=1), rung="lead", text="a note")
        before = world.incident(incident)
        if number == again:
            world.doorbell.rung.clear()
            repeated = after.signals[-1]
            assert tell(incident, repeated, world.hearing) == before
