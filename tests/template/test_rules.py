"""Which event goes where: every rule against every file in `events/`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reputation_guard.domain.incident_notice import notice_about
from reputation_guard.wire.announcement import SOURCE, parse_announcement
from reputation_guard.wire.channels import BY_EVENT, CHANNELS_SOURCE
from tests.template.patterns import matches
from tests.template.stack import Stack, logical_id

# The first words of a file's name say which rule takes it.
TAKEN_BY = {
    "send": "SendsRule",
    "bounce": "FeedbackRule",
    "complaint": "FeedbackRule",
    "status": "StatusRule",
    "finding": "StatusRule",
    "announced": "NoticesRule",
    "escalation": "EscalationFailedRule",
    "stream-failure-of-evaluate": "EvaluateFailedRule",
    "stream-failure-of-enforce": "EnforceFailedRule",
    "unread": None,
}
# Who else takes what the guard announced, by its name.
ALSO_TAKEN_BY = {
    "TenantPaused": "EpisodeRule",
    "PauseRefused": "EpisodeRule",
    "BrakeEngaged": "EpisodeRule",
    "BrakeReleased": "SignalsRule",
    "GuardSighted": "SignalsRule",
    "GuardBlinded": "EpisodeRule",
    "TenantResumed": "SignalsRule",
    "ResumeRefused": "SignalsRule",
}
# These end an incident of the account.
ENDS = {"BrakeReleased", "GuardSighted"}
# What the machine's ARN is in events/.
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:reputation-guard-escalation"
TARGET_OF = {
    "SendsRule": "SendsQueue",
    "FeedbackRule": "FeedbackQueue",
    "StatusRule": "StatusQueue",
    "NoticesRule": "NoticesQueue",
    "EpisodeRule": "EscalationMachine",
    "SignalsRule": "SignalsQueue",
    "EvaluateFailedRule": "EvaluateDeadLetters",
    "EnforceFailedRule": "EnforceDeadLetters",
}
# What the bucket and the event source mappings are called in events/.
BUCKET = "reputation-guard-streamfailures-a1b2c3d4e5f6"
MAPPINGS = {
    "EvaluateFailedRule": ("EvaluateFunctionFeedbackGrew", "5d1b1a3c-0d4e-4f6b-9a3a-2f0c6a7b8c9d"),
    "EnforceFailedRule": ("EnforceFunctionDecisionWritten", "8e2c9b7a-3f1d-4c5e-b6a7-1d2e3f4a5b6c"),
}
# Nobody climbs for it any more, so that all rungs are woken.
FAILED_TO = {"PagesTopic", "SecondRungTopic", "ThirdRungTopic"}
# What notify hands on, by the name of its channel.
CHANNEL_RULES = {"PagerDutyRule": "PagerDuty", "WebhookRule": "webhook"}


def pattern_of(stack: Stack, rule: str) -> dict[str, Any]:
    """Return the pattern of a rule."""
    pattern: dict[str, Any] = stack.of_type("Events::Rule")[rule]["EventPattern"]
    if rule == "EscalationFailedRule":
        assert [logical_id(each) for each in pattern["detail"]["stateMachineArn"]] == ["EscalationMachine"]
        return pattern | {"detail": pattern["detail"] | {"stateMachineArn": [MACHINE]}}
    if rule in MAPPINGS:
        mapping, called = MAPPINGS[rule]
        [key], [bucket] = pattern["detail"]["object"]["key"], pattern["detail"]["bucket"]["name"]
        assert (key["prefix"]["Fn::Sub"], logical_id(bucket)) == (f"aws/lambda/${{{mapping}}}/", "StreamFailures")
        object_key = {"prefix": f"aws/lambda/{called}/"}
        return pattern | {"detail": {"bucket": {"name": [BUCKET]}, "object": {"key": [object_key]}}}
    return pattern


def test_every_event_is_taken_by_its_rule_and_by_no_other(stack: Stack, events: dict[str, dict[str, Any]]) -> None:
    """An event two rules count is counted twice, and one that no rule takes is never seen: each has exactly its own."""
    taken = {
        name: {rule for rule in stack.of_type("Events::Rule") if matches(pattern_of(stack, rule), event)}
        for name, event in events.items()
    }
    expected = {
        name: {TAKEN_BY.get(name) or TAKEN_BY[name.partition("-")[0]], ALSO_TAKEN_BY.get(event["detail-type"])} - {None}
        for name, event in events.items()
    }
    assert taken == expected


def test_what_notify_leaves_to_the_escalation_begins_one(stack: Stack, events: dict[str, dict[str, Any]]) -> None:
    """What neither tells is a page nobody gets; what both tell is two."""
    announced = {name: event for name, event in events.items() if name.startswith("announced-")}
    for name, event in announced.items():
        told = notice_about(parse_announcement(json.dumps(event))) is not None
        begins = matches(pattern_of(stack, "EpisodeRule"), event)
        # The end of an incident is told as such, by its escalation.
        ends = event["detail-type"] in ENDS and matches(pattern_of(stack, "SignalsRule"), event)
        assert told + begins + ends == 1, name


def test_a_tenant_that_ses_does_not_know_any_more_begins_no_episode(
    stack: Stack, events: dict[str, dict[str, Any]]
) -> None:
    """There is nothing left to resume or to pause: a notice says so, and nobody has to answer."""
    refused = events["announced-pause-refused"]
    gone = refused | {"detail": refused["detail"] | {"gone": True}}
    assert matches(pattern_of(stack, "EpisodeRule"), refused)
    assert not matches(pattern_of(stack, "EpisodeRule"), gone)


def test_every_rule_takes_some_event(stack: Stack, events: dict[str, dict[str, Any]]) -> None:
    """A rule of which `events/` holds no example is a rule nobody has tried."""
    rules = set(stack.of_type("Events::Rule"))
    assert rules == {*TARGET_OF, "EscalationFailedRule", *CHANNEL_RULES}
    taking = {rule for rule in rules for event in events.values() if matches(pattern_of(stack, rule), event)}
    assert taking == {*TARGET_OF, "EscalationFailedRule"}


def test_both_documented_ends_of_a_finding_are_read(stack: Stack, events: dict[str, dict[str, Any]]) -> None:
    """SES's pages call the end of a finding Resolved or Closed, by their age: the guard hears both."""
    ends = {event["detail-type"] for event in events.values() if matches(pattern_of(stack, "StatusRule"), event)}
    assert {"Advisor Recommendation Status Resolved", "Advisor Recommendation Status Closed"} <= ends


@pytest.mark.parametrize("rule", TARGET_OF)
def test_every_rule_has_one_target(stack: Stack, rule: str) -> None:
    """A queue, the machine that begins an execution for each, or people: no event is worked on before it is safe."""
    targets = stack.of_type("Events::Rule")[rule]["Targets"]
    assert [logical_id(target["Arn"]) for target in targets] == [TARGET_OF[rule]]


def test_a_failed_escalation_wakes_every_rung(stack: Stack) -> None:
    """Where nobody listens to the first rung's topic, somebody may on the others; each topic takes the rule's word."""
    targets = stack.of_type("Events::Rule")["EscalationFailedRule"]["Targets"]
    assert {logical_id(target["Arn"]) for target in targets} == FAILED_TO
    texts = {json.dumps(target["InputTransformer"]) for target in targets}
    assert len(texts) == 1
    assert "#escalationfailed" in texts.pop()
    for policy in stack.of_type("SNS::TopicPolicy").values():
        [topic], [statement] = policy["Topics"], policy["PolicyDocument"]["Statement"]
        assert statement["Resource"] == topic
    taking = {logical_id(policy["Topics"][0]) for policy in stack.of_type("SNS::TopicPolicy").values()}
    assert taking >= FAILED_TO


def test_the_guard_hears_its_own_bus_and_ses_the_default_one(stack: Stack) -> None:
    """SES publishes to the default bus only, and the guard's announcements never mix with it."""
    buses = {name: logical_id(rule.get("EventBusName")) for name, rule in stack.of_type("Events::Rule").items()}
    of_aws = {"FeedbackRule", "SendsRule", "StatusRule", "EscalationFailedRule", *MAPPINGS}
    assert buses == {
        rule: "" if rule in of_aws else "GuardBus" for rule in (*TARGET_OF, "EscalationFailedRule", *CHANNEL_RULES)
    }


@pytest.mark.parametrize("rule", CHANNEL_RULES)
def test_what_is_handed_to_a_channel_is_no_announcement(stack: Stack, rule: str) -> None:
    """Else notify would be told of its own notices, without end."""
    event = {"source": CHANNELS_SOURCE, "detail-type": CHANNEL_RULES[rule], "detail": {}}
    taken = [name for name in stack.of_type("Events::Rule") if matches(pattern_of(stack, name), event)]
    assert taken == [rule]
    [target] = stack.of_type("Events::Rule")[rule]["Targets"]
    assert (target["InputPath"], logical_id(target["Arn"])) == ("$.detail", rule.replace("Rule", "Destination"))
    assert set(CHANNEL_RULES.values()) == set(BY_EVENT)


@pytest.mark.parametrize("connection", ["PagerDutyConnection", "WebhookConnection"])
def test_no_secret_of_a_channel_is_a_parameter(stack: Stack, connection: str) -> None:
    """A parameter's value is read by whoever may describe the stack; a reference is resolved by CloudFormation."""
    key = stack.of_type("Events::Connection")[connection]["AuthParameters"]["ApiKeyAuthParameters"]["ApiKeyValue"]
    assert key["Fn::Sub"].startswith("{{resolve:secretsmanager:${")


def test_only_the_guard_may_speak_on_its_bus(stack: Stack) -> None:
    """A forged `TenantPaused` would be believed, so the bus refuses every source but the guard's."""
    [statement] = stack.of_type("Events::EventBus")["GuardBus"]["Policy"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Action"] == "events:PutEvents"
    assert statement["Condition"] == {"StringNotEquals": {"events:source": [SOURCE, CHANNELS_SOURCE]}}


FEEDBACK_GREW, DECISION_WRITTEN = "EvaluateFunctionFeedbackGrew", "EnforceFunctionDecisionWritten"
FEEDBACK = {"pk": "feedback#CustomerA", "sk": "slot"}
OF_ACCOUNT = {"pk": "account-feedback", "sk": "slot"}
SENDS = {"pk": "sends#CustomerA", "sk": "slot"}
SENDS_OF_ACCOUNT = {"pk": "account", "sk": "hour"}
PENDING = {"pk": "tenant#CustomerA", "sk": "decision#1", "todo": "enforce"}
DUE_LATER = {"pk": "tenant#CustomerA", "sk": "tenant", "todo": "review"}
STANDING = {"pk": "tenant#CustomerA", "sk": "tenant"}


def wakes(stack: Stack, event_source: str, happened: str, item: dict[str, str]) -> bool:
    """Tell whether a change of an item passes the filter of a stream."""
    image = {name: {"S": value} for name, value in item.items()}
    record = {"eventName": happened, "dynamodb": {"Keys": {key: image[key] for key in ("pk", "sk")}, "NewImage": image}}
    filters = stack.of_type("Lambda::EventSourceMapping")[event_source]["FilterCriteria"]["Filters"]
    return any(matches(json.loads(each["Pattern"]), record) for each in filters)


def test_feedback_that_grew_wakes_evaluate_and_nothing_else_does(stack: Stack) -> None:
    """Sends change the counts a hundred times as often and can only calm a judgement; an expiry is no news at all."""
    assert wakes(stack, FEEDBACK_GREW, "INSERT", FEEDBACK)
    assert wakes(stack, FEEDBACK_GREW, "MODIFY", FEEDBACK)
    assert wakes(stack, FEEDBACK_GREW, "MODIFY", OF_ACCOUNT)
    assert not wakes(stack, FEEDBACK_GREW, "REMOVE", FEEDBACK)
    assert not wakes(stack, FEEDBACK_GREW, "MODIFY", SENDS)
    assert not wakes(stack, FEEDBACK_GREW, "MODIFY", SENDS_OF_ACCOUNT)


def test_a_new_pending_decision_wakes_enforce_and_nothing_else_does(stack: Stack) -> None:
    """Enforce changes the decisions it works on; if that woke it, it would never sleep again."""
    assert wakes(stack, DECISION_WRITTEN, "INSERT", PENDING)
    assert not wakes(stack, DECISION_WRITTEN, "MODIFY", PENDING)
    assert not wakes(stack, DECISION_WRITTEN, "INSERT", DUE_LATER)
    assert not wakes(stack, DECISION_WRITTEN, "INSERT", STANDING)
