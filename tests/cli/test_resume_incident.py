"""`guard resume` of an incident: all its tenants that are still paused, one by one."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.cli.aws import FakeAws, guard, refused
from tests.cli.incidents.opened import changed, healthy, open_incident
from tests.cli.resuming import FORESEEN, deciding, orders


def test_all_tenants_of_an_incident_that_are_still_paused_are_resumed(aws: FakeAws) -> None:
    """After a common cause that was none of theirs: the one that is resumed already is left alone."""
    aws.answers["Invoke"] = deciding(aws)
    incidents = [open_incident(aws, name) for name in ("shop", "news", "done")]
    leader = changed(aws, incidents[0], members=tuple(each.id for each in incidents[1:]))
    healthy(aws, "done")
    result = guard("resume", "--incident", leader.id, "--reason", "the provider was down", "--no-wait")
    assert result.exit_code == 0, result.stderr
    orders = [json.loads(asked["Payload"]) for name, asked in aws.calls if name == "Invoke"]
    resumed = {(each["tenant"], each["incident"]) for each in orders if not each.get("dry_run")}
    assert resumed == {(each.tenant, each.id) for each in incidents[:2]}
    assert "2 tenants: 2 fine, 0 not." in result.stdout


def stopped_by_ses(tenant: str) -> Mapping[str, Any]:
    """The answer of the pre-flight where SES itself stopped the tenant."""
    return {**FORESEEN, "error": "StoppedBySes", "message": f"SES itself has stopped {tenant}."}


def grouped(aws: FakeAws, *names: str) -> str:
    """Tenants that were paused together; returns the id of the incident that pages for them."""
    aws.answers["Invoke"] = deciding(aws)
    incidents = [open_incident(aws, name) for name in names]
    return changed(aws, incidents[0], members=tuple(each.id for each in incidents[1:])).id


def failing(aws: FakeAws, name: str, what: Mapping[str, Any] | Exception) -> None:
    """The pre-flight of one tenant ends so; the others go through."""
    fine = deciding(aws)

    def invoke(**asked: Any) -> Mapping[str, Any]:
        if json.loads(asked["Payload"])["tenant"] != name:
            found: Mapping[str, Any] = fine(**asked)
            return found
        if isinstance(what, Exception):
            raise what
        return {"Payload": io.BytesIO(json.dumps(what).encode())}

    aws.answers["Invoke"] = invoke


@pytest.mark.parametrize(
    ("what", "outcome", "error", "words"),
    [
        (stopped_by_ses("news"), "refused", "StoppedBySes", "SES itself has stopped news"),
        (refused("Invoke", "TooManyRequestsException"), "failed", "Failed", "AWS refused Invoke"),
    ],
)
def test_of_an_incidents_tenants_one_that_is_refused_or_fails_holds_up_no_other(
    aws: FakeAws, what: Mapping[str, Any] | Exception, outcome: str, error: str, words: str
) -> None:
    leader = grouped(aws, "shop", "news", "last")
    failing(aws, "news", what)
    result = guard("resume", "--incident", leader, "--reason", "the provider was down", "--no-wait", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert [(each["tenant"], each["outcome"]) for each in told] == [
        ("shop", "decided"),
        ("news", outcome),
        ("last", "decided"),
    ]
    assert (told[1]["error"], words in told[1]["message"]) == (error, True)
    assert [each["preflight"] is not None for each in told] == [True, outcome == "refused", True]
    assert [each["tenant"] for each in orders(aws)] == ["shop", "last"]


def test_people_are_told_of_each_of_an_incidents_tenants_and_of_all(aws: FakeAws) -> None:
    leader = grouped(aws, "shop", "news")
    failing(aws, "news", stopped_by_ses("news"))
    result = guard("resume", "--incident", leader, "--reason", "the provider was down", "--no-wait")
    assert result.exit_code == 1
    assert result.stdout.count("of its next 50 mails") == 2, "each has its own pre-flight"
    assert "2 tenants: 1 fine, 1 not." in result.stdout
    assert "  news: StoppedBySes" in result.stdout


def test_an_incidents_tenants_are_foreseen_without_an_order(aws: FakeAws) -> None:
    leader = grouped(aws, "shop", "news")
    result = guard("resume", "--incident", leader, "--dry-run", "--json")
    assert result.exit_code == 0
    assert [each["outcome"] for each in json.loads(result.stdout)] == ["foreseen", "foreseen"]
    assert orders(aws) == []


def test_for_programs_an_incident_is_a_list_however_many_are_still_paused(aws: FakeAws) -> None:
    leader = grouped(aws, "shop", "news")
    healthy(aws, "news")
    told = json.loads(guard("resume", "--incident", leader, "--reason", "x", "--no-wait", "--json").stdout)
    assert [each["tenant"] for each in told] == ["shop"]


def test_an_incident_that_is_unknown_or_over_resumes_nobody(aws: FakeAws) -> None:
    nobody = guard("resume", "--incident", "shop.99", "--reason", "x")
    assert nobody.exit_code == 2
    assert "There is no incident shop.99" in nobody.stderr
    over = open_incident(aws, "shop")
    healthy(aws, "shop")
    assert "No tenant is paused by incident" in guard("resume", "--incident", over.id, "--reason", "x").stderr
