"""`guard incidents`: who has what, what comes next, and what happened."""

import json
from dataclasses import replace
from datetime import timedelta

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import Answer as Decided
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.incident import Answer, Cause, Outcome, Page, Signal, SignalKind, opened
from reputation_guard.domain.tenant import ACCOUNT, Tenant
from tests.cli.aws import FakeAws, guard
from tests.cli.incidents.opened import changed, open_incident, table
from tests.fakes.builders import decision


def words(*line: str) -> str:
    """What a command prints, its lines joined."""
    result = guard(*line)
    assert result.exit_code == 0, result.output
    assert max(map(len, result.stdout.splitlines())) <= 80
    return " ".join(result.stdout.split())


def test_a_deployment_without_open_incidents_says_so(aws: FakeAws) -> None:
    assert words("incidents") == "No incident is open."
    aws.parameters["GroupWait"] = "5"
    assert json.loads(guard("incidents", "--json").stdout)["incidents"] == []


def test_open_incidents_say_who_has_them_and_what_comes_next(aws: FakeAws) -> None:
    incident = open_incident(aws)
    page = Page(number=1, at=aws.now, cause=Cause.FIRST, rungs=(0,))
    changed(aws, incident, pages=(page,))
    answered = open_incident(aws, "news")
    changed(aws, answered, answer=Answer("Ann", proved=True, at=aws.now, until=aws.now + timedelta(hours=2)))
    text = words("incidents")
    assert "2 incidents open, 1 unanswered." in text
    assert " Ann " in text
    told = json.loads(guard("incidents", "--json").stdout)["incidents"]
    assert sorted((each["tenant"], each["answered_by"], each["next"]["what"]) for each in told) == [
        ("news", "Ann", "the acknowledgement lapsed"),
        ("shop", None, "nobody answered the rung below"),
    ]


def test_the_list_for_programs_names_the_next_page(aws: FakeAws) -> None:
    incident = open_incident(aws)
    (told,) = json.loads(guard("incidents", "--json").stdout)["incidents"]
    assert (told["incident"], told["answered_by"], told["version"]) == (incident.id, None, 0)
    assert (told["next"]["what"], told["next"]["rungs"]) == ("it began", ["on-call"])
    assert told["next"]["at"] == (incident.held_from + timedelta(seconds=20)).isoformat()
    aws.parameters["GroupWait"] = "5"
    (told,) = json.loads(guard("incidents", "--json").stdout)["incidents"]
    assert told["next"]["at"] == (incident.held_from + timedelta(seconds=5)).isoformat()


def test_one_incident_carries_the_whole_case_and_all_that_happened(aws: FakeAws) -> None:
    incident = open_incident(aws)
    page = Page(number=1, at=aws.now - timedelta(minutes=9), cause=Cause.FIRST, rungs=(0,))
    signals = (
        Signal(id="1", kind=SignalKind.NOTED, at=aws.now, by="Olga", text="their list was bought"),
        Signal(id="2", kind=SignalKind.HANDED_OVER, at=aws.now, by="Ann", proved=True, rung="lead"),
        Signal(id="3", kind=SignalKind.JOINED, at=aws.now, by="guard", about="news.4"),
    )
    changed(aws, incident, pages=(page,), signals=signals, members=("news.4",), hand_over_to=1)
    text = words("incidents", "shop")
    assert f"Incident {incident.id}: shop PAUSED" in text
    assert "Who has it: nobody." in text
    assert "lead is paged, because it was handed over" in text
    assert "Its pages tell of news.4 as well." in text
    assert "45 hard bounces of 214 sent" in text
    for happened in (
        "opened by TenantPaused",
        "page 1 to on-call: it began",
        "note: their list was",
        "handed over to lead",
    ):
        assert happened in text
    assert "Ann (IAM)" in text
    told = json.loads(guard("incidents", incident.id, "--json").stdout)
    assert [each["by"] for each in told["timeline"]] == ["guard", "guard", "Olga", "Ann", "guard"]


def test_who_has_it_is_told_with_what_vouches_for_him(aws: FakeAws) -> None:
    incident = open_incident(aws)
    answer = Answer("Ann", proved=False, at=aws.now, until=aws.now + timedelta(hours=2), is_snooze=True)
    incident = changed(aws, incident, answer=answer)
    assert "Who has it: Ann snoozed it until" in words("incidents", "shop")
    assert "Ann (snoozed)" in words("incidents")
    changed(aws, incident, answer=replace(answer, is_snooze=False, proved=True))
    assert "(proved by IAM)" in words("incidents", "shop")


def test_an_incident_that_another_pages_for_names_it(aws: FakeAws) -> None:
    incident = open_incident(aws)
    changed(aws, incident, leader="news.4")
    assert "It is told of in the pages of news.4: answer that one." in words("incidents", "shop")
    assert "see news.4" in words("incidents")


def test_a_closed_incident_is_shown_and_not_listed(aws: FakeAws) -> None:
    incident = open_incident(aws)
    changed(aws, incident, closed_at=aws.now, outcome=Outcome.HEALTHY)
    assert words("incidents") == "No incident is open."
    text = words("incidents", "shop")
    assert "It is closed" in text
    assert "Who has it" not in text
    assert "closed: the tenant is healthy again" in text


def test_the_incident_of_the_account_has_a_short_name(aws: FakeAws) -> None:
    made = decision(tenant=Tenant(name=ACCOUNT), answer=Decided.HOLD, announces=GuardEvent.BRAKE_ENGAGED, because=None)
    case = Announcement(id=f"{made.id}.x", name=GuardEvent.BRAKE_ENGAGED, at=aws.now, decision=made)
    table(aws).open(opened(case, "arn:execution", aws.now))
    assert f"Incident {made.id}: {ACCOUNT} the brake is ON" in words("incidents", "account")
    assert words("incidents").startswith("1 incident open, 1 unanswered.")


def test_an_unknown_incident_names_those_that_are_open(aws: FakeAws) -> None:
    assert "None is open." in guard("incidents", "nobody").stderr
    incident = open_incident(aws)
    for named in ("nobody", "shop.99"):
        result = guard("incidents", named)
        assert (result.exit_code, result.stdout) == (1, "")
        assert f"Open: {incident.id}." in result.stderr
    told = json.loads(guard("incidents", "nobody", "--json").stdout)
    assert told["error"] == "UnknownIncident"
