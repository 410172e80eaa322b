"""How a tenant stood between its decisions."""

from dataclasses import replace
from datetime import timedelta

from cli.export.lines import DecisionLine
from cli.report.timeline import marks, spans, words_of
from reputation_guard.domain.decision import Answer, GuardEvent
from reputation_guard.domain.tenant import WARNING_HOLDS, Standing
from reputation_guard.ports.book import Outcome
from tests.cli.histories import NOW, paused, resumed

PAUSED_AT, RESUMED_AT = NOW - timedelta(hours=60), NOW - timedelta(hours=50)
PAUSE = paused("acme", PAUSED_AT)
RESUME = resumed(PAUSE, RESUMED_AT, "mended")


def line(decision: object, outcome: Outcome | None = Outcome.CONFIRMED) -> DecisionLine:
    return DecisionLine.model_construct(decision=decision, outcome=outcome)


def test_a_pause_lasts_until_the_resume_and_probation_until_its_end() -> None:
    found = spans([line(PAUSE), line(RESUME)], NOW)
    assert [(span.start, span.end, span.standing) for span in found] == [
        (PAUSED_AT, RESUMED_AT, Standing.PAUSED),
        (RESUMED_AT, RESUMED_AT + RESUME.policy.probation, Standing.PROBATION),
    ]


def test_a_pause_nobody_lifted_lasts_until_now() -> None:
    assert [span.end for span in spans([line(PAUSE, None)], NOW)] == [NOW]


def test_a_warning_is_over_after_a_day() -> None:
    warning = replace(PAUSE, answer=Answer.WARN, announces=GuardEvent.TENANT_WARNED)
    (span,) = spans([line(warning, Outcome.ANNOUNCED)], NOW)
    assert (span.standing, span.end) == (Standing.WARNED, PAUSED_AT + WARNING_HOLDS)


def test_what_was_withdrawn_or_only_advised_moved_nothing() -> None:
    advice = replace(PAUSE, announces=GuardEvent.PAUSE_ADVISED)
    assert spans([line(PAUSE, Outcome.WITHDRAWN), line(advice, Outcome.ANNOUNCED)], NOW) == []


def test_decisions_are_numbered_in_words() -> None:
    assert [(mark.number, mark.words, mark.is_wrong) for mark in marks([line(PAUSE), line(RESUME)])] == [
        (1, "Paused", True),
        (2, "Resumed", False),
    ]


def test_an_event_without_words_of_its_own_is_still_readable() -> None:
    assert words_of(replace(PAUSE, announces=GuardEvent.RESUME_REFUSED)) == "Resume refused"
    assert words_of(replace(PAUSE, announces=None)) == "Pause"
