"""`guard doctor` as a whole: one line a check, a fix for what is wrong, and one check's failure is no other's."""

import json

import pytest

from cli.doctor.command import CHECKS
from tests.cli.aws import FakeAws, destination, examined, guard, refused


def test_a_healthy_deployment_passes_every_check(aws: FakeAws) -> None:
    aws.enter("shop")
    aws.send("shop", by_ses=True)
    result = guard("doctor")
    assert result.exit_code == 0
    assert "0 warn, 0 fail, 0 not checked." in result.stdout
    assert {each["health"] for checks in examined().values() for each in checks} == {"ok"}
    assert all(examined().values())


def test_it_changes_nothing(aws: FakeAws) -> None:
    guard("doctor")
    reading = ("Describe", "List", "Get", "Simulate")
    assert {name for name, _ in aws.calls if not name.startswith(reading)} == set()


@pytest.mark.parametrize(
    ("operation", "check"),
    [
        ("ListConfigurationSets", "configuration sets"),
        ("ListRules", "event rules"),
        ("GetEventSourceMapping", "event sources"),
        ("GetSchedule", "schedule"),
        ("SimulatePrincipalPolicy", "rights"),
        ("ListSubscriptionsByTopic", "subscriptions"),
        ("GetQueueAttributes", "dead letters"),
        ("ListTenants", "attribution"),
    ],
)
def test_what_may_not_be_looked_at_is_not_checked_and_stops_nothing(aws: FakeAws, operation: str, check: str) -> None:
    aws.enter("shop")
    aws.send("shop", by_ses=True)
    aws.answers[operation] = refused(operation, "AccessDenied")
    found = examined()
    assert {each["health"] for each in found[check]} <= {"not checked", "ok"}
    assert f"AWS refused {operation}: AccessDenied" in found[check][0]["text"]
    assert {each["health"] for title in CHECKS if check not in title for each in found[title]} == {"ok"}
    assert guard("doctor").exit_code == 0


def test_a_defect_in_one_check_is_not_the_end(aws: FakeAws) -> None:
    aws.answers["GetSchedule"] = ValueError("nobody thought of that")
    assert examined()["schedule"] == [
        {
            "check": "schedule",
            "health": "not checked",
            "text": "ValueError: nobody thought of that",
            "fix": "",
            "about": [],
        }
    ]


def test_one_failure_is_exit_code_1(aws: FakeAws) -> None:
    aws.answers["GetQueueAttributes"] = {"Attributes": {"ApproximateNumberOfMessages": "3"}}
    assert guard("doctor").exit_code == 1
    assert json.loads(guard("doctor", "--json").stdout)["summary"]["fail"] > 0


def test_what_is_no_command_fits_80_columns(aws: FakeAws) -> None:
    name = "s" * 64
    aws.enter("t" * 64)
    aws.send(configuration_set=name)
    aws.owners.note_unattributed([name])
    aws.parameters["Mode"] = "observe"
    aws.answers["ListConfigurationSets"] = {"ConfigurationSets": [name]}
    aws.answers["GetConfigurationSetEventDestinations"] = {"EventDestinations": [destination(enabled=False)]}
    lines = guard("doctor").stdout.splitlines()
    assert max(len(line) for line in lines if not line.startswith(("    aws ", "      "))) <= 80


def test_a_stack_that_is_not_there_yet_is_examined_as_far_as_it_is(aws: FakeAws) -> None:
    aws.stack_status, aws.outputs = "CREATE_IN_PROGRESS", {}
    aws.answers["ListStackResources"] = {"StackResourceSummaries": []}
    result = guard("doctor")
    assert result.exit_code == 1
    assert "is being changed just now" in result.stdout
    assert "not checked" in result.stdout
