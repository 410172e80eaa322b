"""manual_resume's dry run, and manual_pause, through the wiring."""

import json
from typing import Any

import pytest

from reputation_guard import wiring
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Owner, Standing
from reputation_guard.ports.errors import UnavailableError
from tests.fakes.ses import InMemorySes, arn_of
from tests.functions.conftest import handler_of
from tests.functions.test_way_of_an_event import NAME, ORDER, enforce, tenant, to_pause

pytestmark = pytest.mark.usefixtures("outlets")


def test_a_dry_run_answers_with_the_pre_flight_and_changes_nothing(ses: InMemorySes) -> None:
    to_pause(ses)
    enforce()
    before = tenant()
    answer = handler_of("manual_resume")({"tenant": NAME, "dry_run": True}, None)
    assert json.loads(json.dumps(answer)) == answer
    assert (answer["resumed"], answer["dry_run"]) == (False, True)
    assert "error" not in answer
    assert answer["lines"][0] == f"{NAME} is PAUSED, stopped by the guard."
    assert answer["preflight"]["paused_by"]["decision"] == before.decided
    assert [each["mails"] for each in answer["preflight"]["margins"]] == [50, 500, 5000]
    assert tenant() == before


def test_a_dry_run_names_what_the_order_would_be_refused_for(ses: InMemorySes) -> None:
    to_pause(ses)
    enforce()
    ses.change(arn_of(NAME), ses_managed=Sending.DISABLED)
    answer = handler_of("manual_resume")({"tenant": NAME, "dry_run": True}, None)
    assert answer["error"] == "StoppedBySes"
    assert "In the way: SES itself has stopped" in answer["lines"][-1]


def test_an_order_against_an_older_incident_is_refused(ses: InMemorySes) -> None:
    to_pause(ses)
    enforce()
    answer = handler_of("manual_resume")({**ORDER, "incident": f"{NAME}.77"}, None)
    assert answer["error"] == "OlderIncident"
    assert handler_of("manual_resume")({**ORDER, "incident": tenant().decided}, None)["resumed"]


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({**ORDER, "dry_run": "yes"}, "dry_run"),
        ({**ORDER, "incident": ""}, "incident"),
        ({**ORDER, "version": 1}, "version: is that of an incident: name the incident too"),
        ({**ORDER, "version": 0, "dry_run": True}, "version: is that of an incident: name the incident too"),
        ({**ORDER, "incident": f"{NAME}.1", "version": -1}, "version"),
        ({"tenant": NAME, "dry_run": True, "operator": "night\nshift"}, "operator: has to be one line"),
    ],
)
def test_an_order_to_resume_that_makes_no_sense_is_refused_by_its_field(order: dict[str, Any], words: str) -> None:
    answer = handler_of("manual_resume")(order, None)
    assert answer["error"] == "BadOrder"
    assert words in answer["message"]


def test_an_operator_pauses_a_tenant_the_book_does_not_know(ses: InMemorySes) -> None:
    ses.add(NAME)
    answer = handler_of("manual_pause")(ORDER, None)
    assert json.loads(json.dumps(answer)) == answer
    assert (answer["paused"], answer["standing"], answer["decision"]) == (True, "PAUSED", f"{NAME}.1")
    enforce()
    assert ses.statuses[arn_of(NAME)].aggregate is Sending.DISABLED
    assert (tenant().standing, tenant().stops) == (Standing.PAUSED, frozenset({Owner.OPERATOR}))


@pytest.mark.parametrize(
    ("order", "error", "words"),
    [
        ({**ORDER, "tenant": "stranger"}, "UnknownTenant", "stranger"),
        ({**ORDER, "reason": " "}, "BadOrder", "reason"),
        ({**ORDER, "dry_run": True}, "BadOrder", "dry_run"),
        ({**ORDER, "incident": f"{NAME}.1"}, "BadOrder", "incident"),
        ({**ORDER, "version": 1}, "BadOrder", "version"),
        (None, "BadOrder", "body"),
    ],
)
def test_an_order_to_pause_that_makes_no_sense_is_refused(
    order: object, error: str, words: str, ses: InMemorySes
) -> None:
    ses.add(NAME)
    answer = handler_of("manual_pause")(order, None)
    assert (answer["paused"], answer["error"]) == (False, error)
    assert words in answer["message"]
    assert wiring.book().tenant(NAME) is None


def test_who_orders_a_pause_is_told_when_aws_does_not_answer(ses: InMemorySes) -> None:
    def throttled() -> None:
        raise UnavailableError("TooManyRequestsException")

    ses.add(NAME)
    ses.after_look = throttled
    assert handler_of("manual_pause")(ORDER, None)["error"] == "NotNow"
