"""Who may do what, who hears the guard, and what failed for good."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cli.doctor.rights import EXECUTION, NEEDS, SET_STATUS
from cli.doctor.subscriptions import TOPICS
from reputation_guard.aws.policies import PolicyTable
from reputation_guard.domain.policy import PRESETS, Rung
from tests.cli.aws import HERE, OUTPUTS, FakeAws, decided, examined, queue_url, subscription
from tests.template.rights import FUNCTIONS, allowed
from tests.template.stack import translated


def test_the_doctor_asks_for_exactly_the_rights_the_template_gives() -> None:
    """A right added to the template and not here would never be checked; one only here would always fail."""
    stack = translated()
    asked: dict[str, dict[str, set[str]]] = {function: {} for function in NEEDS}
    for function, of in NEEDS.items():
        for on, actions in of.items():
            # The template's side calls an execution by its machine.
            asked[function].setdefault("EscalationMachine" if on == EXECUTION else on, set()).update(actions)
    assert asked == {function: allowed(stack, function, at_times=False) for function in FUNCTIONS}


def test_every_right_is_asked_for_on_the_thing_itself(aws: FakeAws) -> None:
    examined()
    asked = [parameters for name, parameters in aws.calls if name == "SimulatePrincipalPolicy"]
    resources = {arn for parameters in asked for arn in parameters["ResourceArns"]}
    assert {
        f"arn:aws:dynamodb:{HERE}:table/book/index/todo",
        f"arn:aws:events:{HERE}:event-bus/guard-bus",
        f"arn:aws:lambda:{HERE}:function:EnforceFunction",
        f"arn:aws:sqs:{HERE}:AppointmentsQueue",
        OUTPUTS["PagesTopic"],
        "*",
    } <= resources
    assert asked[0]["PolicySourceArn"] == "arn:aws:iam::123456789012:role/IngestRole"


def test_an_enforcer_that_may_not_pause_is_found(aws: FakeAws) -> None:
    aws.answers["SimulatePrincipalPolicy"] = lambda **asked: {
        "EvaluationResults": [decided(action, judges=True) for action in asked["ActionNames"]]
    }
    failed = [each for each in examined()["rights"] if each["health"] == "fail"]
    assert [each["about"] for each in failed] == [["EnforceFunction"]]
    assert SET_STATUS in failed[0]["text"]
    assert "sam deploy" in failed[0]["fix"]


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}}, "AWS organization"),
        ({"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}}, "permissions boundary"),
    ],
)
def test_what_denies_from_outside_the_role_is_named(aws: FakeAws, detail: Mapping[str, Any], words: str) -> None:
    aws.answers["SimulatePrincipalPolicy"] = lambda **asked: {
        "EvaluationResults": [{**decided(action, judges=True), **detail} for action in asked["ActionNames"]]
    }
    failed = [each for each in examined()["rights"] if each["health"] == "fail"]
    assert all(words in each["fix"] for each in failed)


def test_judges_that_could_pause_are_found(aws: FakeAws) -> None:
    aws.answers["SimulatePrincipalPolicy"] = lambda **asked: {
        "EvaluationResults": [decided(action, judges=False) for action in asked["ActionNames"]]
    }
    failed = [each for each in examined()["rights"] if each["health"] == "fail"]
    assert [each["about"] for each in failed] == [["IngestFunction"], ["EvaluateFunction"]]
    assert "may pause tenants, and must not" in failed[0]["text"]


def test_a_simulation_that_gives_no_answer_is_never_ok(aws: FakeAws) -> None:
    aws.answers["SimulatePrincipalPolicy"] = {"EvaluationResults": []}
    assert {each["health"] for each in examined()["rights"]} == {"not checked"}


UNREAD: dict[str, Any] = {"MissingContextValues": ["aws:PrincipalTag/team"]}


@pytest.mark.parametrize(
    "detail", [UNREAD, {"ResourceSpecificResults": [{"EvalResourceName": "*", "EvalResourceDecision": "x"} | UNREAD]}]
)
def test_a_right_that_depends_on_what_iam_was_not_told_is_not_checked(aws: FakeAws, detail: dict[str, Any]) -> None:
    """Nobody knows: never the same as refused, and with those that must not pause never the same as ok."""
    unread = ("events:PutEvents", SET_STATUS)
    aws.answers["SimulatePrincipalPolicy"] = lambda **asked: {
        "EvaluationResults": [
            decided(action, judges=True) | ({"EvalDecision": "implicitDeny"} | detail if action in unread else {})
            for action in asked["ActionNames"]
        ]
    }
    found = [each for each in examined()["rights"] if each["health"] != "ok"]
    assert [(each["health"], each["about"]) for each in found] == [
        ("not checked", ["IngestFunction"]),
        ("not checked", ["EvaluateFunction"]),
        ("not checked", ["EnforceFunction"]),
        ("not checked", ["EnforceFunction"]),
        ("not checked", ["ReconcileFunction"]),
        ("not checked", ["EscalateFunction"]),
        ("not checked", ["NotifyFunction"]),
    ]
    assert all("depends on aws:PrincipalTag/team" in each["text"] for each in found)


@pytest.mark.parametrize("topic", list(TOPICS))
def test_a_topic_that_nobody_listens_to_is_found(aws: FakeAws, topic: str) -> None:
    aws.answers["ListSubscriptionsByTopic"] = lambda TopicArn: {  # noqa: N803 - AWS's name
        "Subscriptions": [] if TopicArn == OUTPUTS[topic] else [subscription()]
    }
    [found] = [each for each in examined()["subscriptions"] if each["health"] != "ok"]
    assert found["health"] == ("fail" if TOPICS[topic][1] else "warn")
    assert f"--topic-arn {OUTPUTS[topic]}" in found["fix"]


def test_a_third_rung_that_a_policy_pages_needs_somebody_who_listens(aws: FakeAws) -> None:
    """PagerDuty or a webhook make up for it as little as for the first: a failed escalation is told by topics alone."""
    aws.answers["ListSubscriptionsByTopic"] = lambda TopicArn: {  # noqa: N803 - AWS's name
        "Subscriptions": [] if TopicArn == OUTPUTS["ThirdRungTopic"] else [subscription()]
    }
    ladder = (*PRESETS["vip"].rungs, Rung("boss", timedelta(hours=1)))
    shelf = PolicyTable(aws.dynamodb, OUTPUTS["BookTable"])
    assert [each["health"] for each in examined()["subscriptions"] if each["health"] != "ok"] == ["warn"]
    shelf.put(replace(PRESETS["vip"], version=2, rungs=ladder), aws.now, "ann")
    [found] = [each for each in examined()["subscriptions"] if each["health"] != "ok"]
    assert (found["health"], found["about"]) == ("fail", ["ThirdRungTopic"])


def test_an_unconfirmed_subscription_is_nobody_who_listens(aws: FakeAws) -> None:
    aws.answers["ListSubscriptionsByTopic"] = {"Subscriptions": [subscription("PendingConfirmation")]}
    found = examined()["subscriptions"]
    assert [each["health"] for each in found] == [
        "warn",
        "fail",
        "warn",
        "fail",
        "warn",
        "warn",
        "warn",
        "fail",
        "warn",
        "warn",
    ]
    assert "oncall@example.com to PagesTopic is not confirmed" in found[0]["text"]
    assert "aws sns subscribe" in found[0]["fix"]


def test_beside_a_confirmed_subscription_an_unconfirmed_one_is_only_told(aws: FakeAws) -> None:
    both = [subscription("PendingConfirmation"), subscription()]
    aws.answers["ListSubscriptionsByTopic"] = {"Subscriptions": both}
    assert {each["health"] for each in examined()["subscriptions"]} == {"warn", "ok"}


def holding(name: str) -> Any:
    """Queues of which one holds two messages."""
    return lambda QueueUrl, **_: {  # noqa: N803 - AWS's name
        "Attributes": {
            "ApproximateNumberOfMessages": "1" if QueueUrl == queue_url(name) else "0",
            "ApproximateNumberOfMessagesNotVisible": "1" if QueueUrl == queue_url(name) else "0",
        }
    }


def test_dead_letters_of_a_queue_are_sent_round_again(aws: FakeAws) -> None:
    aws.answers["GetQueueAttributes"] = holding("FeedbackDeadLetters")
    [found] = examined()["dead letters"]
    assert found["text"] == "FeedbackDeadLetters holds 2 messages."
    assert found["fix"].endswith("\nguard redrive FeedbackDeadLetters")
