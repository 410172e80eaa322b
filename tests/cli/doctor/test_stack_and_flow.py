"""The stack, the mode, and the way of an event: what is found, and how it is mended."""

from datetime import timedelta

import pytest

from reputation_guard.domain.tenant import Owner, Standing
from reputation_guard.ports.book import Outcome
from tests.cli.aws import FakeAws, examined


@pytest.mark.parametrize(
    ("status", "health"),
    [
        ("CREATE_COMPLETE", "ok"),
        ("UPDATE_COMPLETE", "ok"),
        ("UPDATE_ROLLBACK_COMPLETE", "warn"),
        ("UPDATE_IN_PROGRESS", "warn"),
        ("ROLLBACK_COMPLETE", "fail"),
        ("UPDATE_ROLLBACK_FAILED", "fail"),
    ],
)
def test_the_state_of_the_stack(aws: FakeAws, status: str, health: str) -> None:
    aws.stack_status = status
    [found] = examined()["stack"]
    assert found["health"] == health
    assert bool(found["fix"]) == (health != "ok")


def test_a_guard_that_only_observes_by_its_template_says_how_to_enforce(aws: FakeAws) -> None:
    aws.parameters["Mode"] = "observe"
    [found] = examined()["mode"]
    assert (found["health"], found["fix"].split()[-1]) == ("warn", "Mode=enforce")


def test_a_guard_switched_to_observe_says_how_to_switch_it_back(aws: FakeAws) -> None:
    item = {"pk": {"S": "guard"}, "sk": {"S": "mode"}, "switch": {"S": "observe"}}
    aws.dynamodb.put_item(TableName="book", Item=item)
    [found] = examined()["mode"]
    assert found["health"] == "warn"
    assert "aws dynamodb update-item" in found["fix"]
    assert "--table-name book" in found["fix"]


def test_a_disabled_rule_is_enabled_on_its_own_bus(aws: FakeAws) -> None:
    names = {"default": [("feedback-rule", "ENABLED")], "guard-bus": [("notices-rule", "DISABLED")]}
    aws.answers["ListRules"] = lambda EventBusName: {  # noqa: N803 - AWS's name
        "Rules": [{"Name": name, "State": state} for name, state in names[EventBusName]]
    }
    [found] = examined()["event rules"]
    assert found["health"] == "fail"
    assert "aws events enable-rule" in found["fix"]
    assert "--name notices-rule" in found["fix"]
    assert "--event-bus-name guard-bus" in found["fix"]


def test_a_rule_that_somebody_deleted_is_missed(aws: FakeAws) -> None:
    aws.answers["ListRules"] = {"Rules": []}
    assert [(each["health"], each["about"]) for each in examined()["event rules"]] == [
        ("fail", ["feedback-rule"]),
        ("fail", ["notices-rule"]),
    ]


def test_a_queue_that_nobody_reads_is_found(aws: FakeAws) -> None:
    aws.answers["GetEventSourceMapping"] = {"State": "Disabled"}
    [found] = examined()["event sources"]
    assert found["health"] == "fail"
    assert "--uuid 11111111-1111" in found["fix"]


def test_a_disabled_schedule_is_found(aws: FakeAws) -> None:
    aws.answers["GetSchedule"] = {"State": "DISABLED"}
    [found] = examined()["schedule"]
    assert found["health"] == "fail"
    assert "every-minute > Enable" in found["fix"]


def test_a_review_that_leaves_its_tenants_waiting_does_not_work(aws: FakeAws) -> None:
    late = aws.now - timedelta(hours=1)
    aws.enter("shop", standing=Standing.PROBATION, probation_ends=late)
    [found] = examined()["review"]
    assert (found["health"], found["about"]) == ("fail", ["shop"])
    assert "aws logs tail guard-log" in found["fix"]


def test_a_decision_pending_for_minutes_is_found_and_a_fresh_one_is_not(aws: FakeAws) -> None:
    aws.pause(aws.enter("fresh"))
    assert [each["health"] for each in examined()["decisions"]] == ["ok"]
    aws.now -= timedelta(minutes=10)
    decision = aws.pause(aws.enter("late"))
    [found] = examined()["decisions"]
    assert (found["health"], found["about"]) == ("fail", ["late"])
    assert "nobody carried it out" in found["text"]
    aws.book.mark_refused(decision, aws.now)
    assert "SES refuses it" in examined()["decisions"][0]["text"]


def test_a_settled_decision_is_late_for_nothing(aws: FakeAws) -> None:
    aws.now -= timedelta(minutes=10)
    decision = aws.pause(aws.enter("shop", stops=frozenset({Owner.GUARD})))
    aws.book.settle(decision, Outcome.CONFIRMED, aws.now)
    assert [each["health"] for each in examined()["decisions"]] == ["ok"]
