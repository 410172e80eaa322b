"""What an incident is told: it keeps what matters, and nobody is locked out of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.incident import Cause, Incident, Signal, SignalKind, opened, paged
from reputation_guard.domain.telling import MOST_ANSWERS, MOST_NOTES, CannotTellError, told
from tests.fakes.builders import NOW, decision


def begun() -> Incident:
    made = decision()
    case = Announcement(id="case", name=GuardEvent.TENANT_PAUSED, at=NOW, decision=made)
    return opened(case, "arn:execution", NOW)


def said(number: int, kind: SignalKind, text: str = "", rung: str = "") -> Signal:
    return Signal(id=f"said.{kind}.{number}", kind=kind, at=NOW, by="Olga Operator", text=text, rung=rung)


def full_of_notes() -> Incident:
    incident = begun()
    for number in range(MOST_NOTES):
        incident = told(incident, said(number, SignalKind.NOTED, text="who has a link may write"))
    return incident


def test_notes_fill_an_incident_and_still_somebody_can_answer() -> None:
    incident = full_of_notes()
    with pytest.raises(CannotTellError, match="TooMany"):
        told(incident, said(MOST_NOTES, SignalKind.NOTED, text="one more"))
    assert told(incident, said(0, SignalKind.ACKNOWLEDGED)).answer
    assert told(incident, said(0, SignalKind.HANDED_OVER, rung="lead")).hand_over_to == 1


def test_of_answers_the_latest_are_kept_and_the_notes_stay() -> None:
    incident = told(begun(), said(0, SignalKind.NOTED, text="kept"))
    for number in range(3 * MOST_ANSWERS):
        incident = told(incident, said(number, SignalKind.ACKNOWLEDGED))
    assert incident.version == 3 * MOST_ANSWERS + 1, "each was one more thing to know"
    assert len(incident.signals) == MOST_ANSWERS + 1
    assert incident.heard(SignalKind.NOTED)
    assert incident.signals[-1].id == f"said.{SignalKind.ACKNOWLEDGED}.{3 * MOST_ANSWERS - 1}"


def test_nobody_snoozes_away_what_another_has() -> None:
    """He is told who has it, as with an acknowledgement."""
    incident = told(begun(), said(0, SignalKind.ACKNOWLEDGED))
    snooze = Signal(id="z", kind=SignalKind.SNOOZED, at=NOW, by="Mallory", until=NOW + timedelta(days=1))
    with pytest.raises(CannotTellError, match="AlreadyAcknowledged"):
        told(incident, snooze)
    assert told(incident, replace(snooze, by="Olga Operator")).answer


def test_a_member_joins_once_whatever_its_word_is_called() -> None:
    incident = begun()
    for number in range(2):
        joined = Signal(id=f"joined.{number}", kind=SignalKind.JOINED, at=NOW, by="guard", about="other.4")
        incident = told(incident, joined)
    assert incident.members == ("other.4",)


def test_a_page_that_is_sent_once_is_never_forgotten_among_repeated_ones() -> None:
    incident = begun()
    causes = [Cause.FIRST, Cause.CONFIRMED, Cause.ASKS, *[Cause.UNANSWERED] * 300]
    for number, cause in enumerate(causes):
        incident, _ = paged(incident, cause, (0,), NOW + timedelta(hours=number))
    assert len(incident.pages) == 100
    assert [page.cause for page in incident.pages[:4]] == causes[:4]
    assert incident.pages[-1].number == len(causes)


def test_a_page_after_an_answer_is_another_alarm() -> None:
    incident, first = paged(begun(), Cause.FIRST, (0,), NOW)
    incident, climbed = paged(incident, Cause.CLIMBED, (1,), NOW)
    incident, lapsed = paged(told(incident, said(0, SignalKind.ACKNOWLEDGED)), Cause.LAPSED, (0,), NOW)
    assert [page.alarm for page in (first, climbed, lapsed)] == [0, 0, 1]
