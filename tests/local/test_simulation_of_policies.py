"""IAM's policy simulation, by which `guard doctor` asks for rights: it judges by the context it is told."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from local.aws import EmbeddedAws

pytestmark = pytest.mark.embedded

ACTION = "events:PutEvents"
ONLY_AS_THE_GUARD = {"StringEquals": {"events:source": "guard"}}
ONLY_TO_NAMED_PLACES = {"ForAllValues:StringEquals": {"aws:TagKeys": ["place", "floor"]}}


def policy(condition: Mapping[str, Any]) -> str:
    """Whoever has it may put events on a condition."""
    statement = {"Effect": "Allow", "Action": ACTION, "Resource": "*", "Condition": condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def told(key: str, *values: str) -> list[dict[str, Any]]:
    """One entry of the context of a call."""
    return [{"ContextKeyName": key, "ContextKeyType": "stringList", "ContextKeyValues": list(values)}]


def decision(answer: Mapping[str, Any]) -> str:
    (result,) = answer["EvaluationResults"]
    return str(result["EvalDecision"])


@pytest.fixture(scope="module")
def iam(embedded_aws: EmbeddedAws) -> Any:
    """An IAM client."""
    return embedded_aws.client("iam")


@pytest.fixture(scope="module")
def role(iam: Any) -> str:
    """A role that may put events as the guard only."""
    arn = iam.create_role(RoleName="speaker", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    iam.put_role_policy(RoleName="speaker", PolicyName="speak", PolicyDocument=policy(ONLY_AS_THE_GUARD))
    return str(arn)


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (told("events:source", "guard"), "allowed"),
        (told("Events:Source", "guard"), "allowed"),
        (told("events:source", "somebody"), "implicitDeny"),
        (told("events:detail-type", "guard"), "implicitDeny"),
    ],
)
def test_a_role_is_judged_by_what_the_call_tells(
    iam: Any, role: str, context: list[dict[str, Any]], expected: str
) -> None:
    answer = iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=[ACTION], ContextEntries=context)
    assert decision(answer) == expected


def test_what_one_call_was_told_the_next_one_does_not_know(iam: Any, role: str) -> None:
    call = {"PolicySourceArn": role, "ActionNames": [ACTION]}
    assert decision(iam.simulate_principal_policy(**call, ContextEntries=told("events:source", "guard"))) == "allowed"
    assert decision(iam.simulate_principal_policy(**call)) == "implicitDeny"


@pytest.mark.parametrize(
    ("condition", "context", "expected"),
    [
        (ONLY_AS_THE_GUARD, told("aws:username", "ann") + told("events:source", "guard"), "allowed"),
        (ONLY_TO_NAMED_PLACES, told("aws:TagKeys", "place", "floor"), "allowed"),
        (ONLY_TO_NAMED_PLACES, told("aws:TagKeys", "place", "door"), "implicitDeny"),
    ],
)
def test_a_policy_of_nobodys_is_judged_so_too(
    iam: Any, condition: Mapping[str, Any], context: list[dict[str, Any]], expected: str
) -> None:
    answer = iam.simulate_custom_policy(
        PolicyInputList=[policy(condition)], ActionNames=[ACTION], ContextEntries=context
    )
    assert decision(answer) == expected
