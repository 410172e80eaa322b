"""What is kept: under which key, for how long, and that nothing secret lies in the open."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.template.rights import ASK_KMS
from tests.template.stack import Stack, listed, logical_id, written

NOTHING = {"Ref": "AWS::NoValue"}
YOURS = {"Ref": "KmsKeyArn"}
# How each kind of resource that keeps something is told the key, and what it is told where there is none.
TOLD: dict[str, dict[str, tuple[Any, Any]]] = {
    "DynamoDB::Table": {
        "SSESpecification": ({"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": YOURS}, NOTHING),
    },
    "SQS::Queue": {"KmsMasterKeyId": (YOURS, NOTHING), "SqsManagedSseEnabled": (NOTHING, True)},
    "SNS::Topic": {"KmsMasterKeyId": (YOURS, NOTHING)},
    "Logs::LogGroup": {"KmsKeyId": (YOURS, NOTHING)},
    "S3::Bucket": {
        "BucketEncryption": (
            {
                "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": YOURS},
                "BucketKeyEnabled": True,
            },
            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
        )
    },
    "SecretsManager::Secret": {"KmsKeyId": (YOURS, NOTHING)},
    "StepFunctions::StateMachine": {
        "EncryptionConfiguration": (
            {"Type": "CUSTOMER_MANAGED_KMS_KEY", "KmsKeyId": YOURS, "KmsDataKeyReusePeriodSeconds": 900},
            {"Type": "AWS_OWNED_KEY"},
        )
    },
}


@pytest.mark.parametrize("kind", TOLD)
def test_everything_kept_lies_under_your_key_if_you_name_one(stack: Stack, kind: str) -> None:
    """Mail addresses pass through queues and tables, and a log or a topic is as good a place to read them."""
    assert stack.of_type(kind)
    for name, properties in stack.of_type(kind).items():
        for field, (with_yours, without) in TOLD[kind].items():
            assert _told(properties, field) == {"Fn::If": ["KeyOfYours", with_yours, without]}, (name, field)


def _told(properties: dict[str, Any], field: str) -> Any:
    found = properties.get(field)
    # A bucket has a list of such rules, which holds one.
    return found["ServerSideEncryptionConfiguration"][0] if field == "BucketEncryption" and found else found


def test_no_topic_lies_under_the_key_that_aws_gives_topics(stack: Stack) -> None:
    """Neither EventBridge nor an alarm may use alias/aws/sns, and what they say would be lost without a word."""
    assert "alias/aws" not in json.dumps(stack.resources)


def test_whoever_touches_what_is_kept_may_ask_for_your_key(stack: Stack) -> None:
    """A role that is left out fails at its first call, and only where a key is named: nobody would see it here."""
    policy = stack.of_type("IAM::ManagedPolicy")["UseOfYourKey"]
    asking = {"lambda.amazonaws.com", "scheduler.amazonaws.com"}
    roles = {name for name, role in stack.of_type("IAM::Role").items() if _services(role) & asking}
    assert {logical_id(role) for role in policy["Roles"]} == roles
    [statement] = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == (ASK_KMS, YOURS)
    through = [each["Fn::Sub"].partition(".")[0] for each in statement["Condition"]["StringEquals"]["kms:ViaService"]]
    assert through == ["dynamodb", "sqs", "sns", "secretsmanager", "s3"]


def test_escalations_may_ask_for_your_key(stack: Stack) -> None:
    """Step Functions asks in the machine's own name, for this machine alone."""
    policy = stack.of_type("IAM::Policy")["UseOfYourKeyByEscalations"]
    [role] = [logical_id(each["RoleArn"]) for each in stack.of_type("StepFunctions::StateMachine").values()]
    assert [logical_id(each) for each in policy["Roles"]] == [role]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == (ASK_KMS, YOURS)
    [machine] = statement["Condition"]["StringEquals"].values()
    assert logical_id(machine) in stack.of_type("StepFunctions::StateMachine")


def test_nobody_may_use_your_key_where_there_is_none(stack: Stack) -> None:
    """Rights to a key exist only under the condition that there is one; the boundary gives none."""
    named = {name for name, each in stack.resources.items() if "kms:" in json.dumps(each)} - {"Boundary"}
    assert {stack.resources[name].get("Condition") for name in named} == {"KeyOfYours"}


def _services(role: dict[str, Any]) -> set[str]:
    statements = role["AssumeRolePolicyDocument"]["Statement"]
    return {service for each in statements for service in listed(each["Principal"]["Service"])}


def test_tables_forget_by_plan_and_never_by_accident(stack: Stack) -> None:
    """Items expire by their own date, changes are streamed, and neither a mistake nor a deletion takes a table away."""
    for name, properties in stack.of_type("DynamoDB::Table").items():
        assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}, name
        assert properties["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}, name
        assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert properties["BillingMode"] == "PAY_PER_REQUEST", name
        assert stack.resources[name]["DeletionPolicy"] == "RetainExceptOnCreate", name
        assert stack.resources[name]["UpdateReplacePolicy"] == "Retain", name


def test_what_goes_with_the_stack_is_said_to(stack: Stack) -> None:
    """A log that goes, or a table that stays, was decided by somebody and not by a default."""
    for kind in ("DynamoDB::Table", "Logs::LogGroup"):
        for name in stack.of_type(kind):
            assert {"DeletionPolicy", "UpdateReplacePolicy"} <= set(stack.resources[name]), name


def test_logs_end(stack: Stack) -> None:
    """No function writes to a log that is kept for ever, and no log is."""
    groups = stack.of_type("Logs::LogGroup")
    for name, function in stack.of_type("Lambda::Function").items():
        assert logical_id(function["LoggingConfig"]["LogGroup"]) in groups, name
    for name, group in groups.items():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name


def test_no_secret_is_in_an_environment(stack: Stack) -> None:
    """Whoever may look at a function reads its environment: it names the secret, and the function asks for it."""
    hidden = {name for name, each in written()["Parameters"].items() if each.get("NoEcho") or "Secret" in name}
    for name, function in stack.of_type("Lambda::Function").items():
        for variable, value in function["Environment"]["Variables"].items():
            assert "{{resolve:" not in json.dumps(value), (name, variable)
            assert logical_id(value) not in hidden, (name, variable)
            if any(word in variable for word in ("KEY", "SECRET", "TOKEN", "PASSWORD")):
                assert logical_id(value) in stack.of_type("SecretsManager::Secret"), (name, variable)


def test_no_parameter_takes_a_secret() -> None:
    """A parameter's value is read by whoever may describe the stack, and comes from a file or a shell's history."""
    for name, each in written()["Parameters"].items():
        if any(word in name for word in ("Key", "Secret", "Token", "Password")):
            assert "ARN" in each["Description"], name
