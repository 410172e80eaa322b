"""Whether whoever asks the doctor could do, in an incident, what operators do."""

from collections.abc import Mapping
from typing import Any

import pytest

from cli.doctor.operators import NEEDED, POLICY
from tests.cli.aws import HERE, OWNER, FakeAws, examined, refused
from tests.template.rights import called
from tests.template.stack import listed, translated

POLICY_ARN = f"arn:aws:iam::{OWNER}:policy/guard-OperatorsPolicy-1"
SSO = "AWSReservedSSO_Operators_0123456789abcdef"


def lacking(action: str, **more: Any) -> Any:
    """An IAM that denies one action."""

    def simulate(**asked: Any) -> Mapping[str, Any]:
        return {
            "EvaluationResults": [
                {"EvalActionName": each, "EvalDecision": "implicitDeny" if each == action else "allowed"}
                | (more if each == action else {})
                for each in asked["ActionNames"]
            ]
        }

    return simulate


def yours() -> list[tuple[str, str, str]]:
    """What the doctor says of the caller's rights."""
    return [(each["health"], each["text"], each["fix"]) for each in examined()["your rights"]]


def test_the_doctor_asks_for_exactly_the_rights_of_the_operators_policy() -> None:
    document = translated().of_type("IAM::ManagedPolicy")[POLICY]["PolicyDocument"]
    given: dict[str, set[str]] = {}
    for statement in document["Statement"]:
        for thing in map(called, listed(statement["Resource"])):
            given.setdefault(thing, set()).update(listed(statement["Action"]))
    assert {on.replace("stack/*", "stack/${AWS::StackName}/*"): set(actions) for on, actions in NEEDED.items()} == given


def test_who_may_do_all_of_it_is_told(aws: FakeAws) -> None:
    assert yours() == [("ok", "You may do all that the operators' commands do.", "")]
    asked = [
        each for name, each in aws.calls if name == "SimulatePrincipalPolicy" and each["PolicySourceArn"][-3:] == "ann"
    ]
    by_url = next(each for each in asked if "OperatorsFunction" in each["ResourceArns"][0])
    assert {each["ContextKeyName"] for each in by_url["ContextEntries"]} == {
        "lambda:FunctionUrlAuthType",
        "lambda:InvokedViaFunctionUrl",
    }
    assert {arn for each in asked for arn in each["ResourceArns"]} >= {
        f"arn:aws:cloudformation:{HERE}:stack/reputation-guard/any",
        f"arn:aws:logs:{HERE}:log-group:guard-log",
        f"arn:aws:dynamodb:{HERE}:table/book/index/todo",
    }


@pytest.mark.parametrize("action", ["lambda:InvokeFunctionUrl", "logs:FilterLogEvents", "ses:ListRecommendations"])
def test_a_right_that_a_user_misses_is_named_with_the_policy_to_attach(aws: FakeAws, action: str) -> None:
    aws.outputs[POLICY] = POLICY_ARN
    aws.answers["SimulatePrincipalPolicy"] = lacking(action)
    [(health, text, fix)] = yours()
    assert (health, f"You may not do {action} on " in text) == ("warn", True)
    assert "aws iam attach-user-policy" in fix
    assert "--user-name ann" in fix
    assert f"--policy-arn {POLICY_ARN}" in fix


@pytest.mark.parametrize(
    ("role", "words"),
    [("ops", "--role-name ops"), (SSO, "customer managed policy guard-OperatorsPolicy-1 to your permission set")],
)
def test_of_a_session_its_role_is_asked_for(aws: FakeAws, role: str, words: str) -> None:
    aws.outputs[POLICY] = POLICY_ARN
    aws.answers["GetCallerIdentity"] = {"Arn": f"arn:aws:sts::{OWNER}:assumed-role/{role}/ann"}
    aws.answers["GetRole"] = {"Role": {"Arn": f"arn:aws:iam::{OWNER}:role/some/path/{role}"}}
    aws.answers["SimulatePrincipalPolicy"] = lacking("lambda:InvokeFunctionUrl")
    [(health, _, fix)] = yours()
    assert (health, words in fix) == ("warn", True)
    assert f"arn:aws:iam::{OWNER}:role/some/path/{role}" in {
        each["PolicySourceArn"] for name, each in aws.calls if name == "SimulatePrincipalPolicy"
    }


def test_a_stack_without_the_policy_is_to_be_deployed_again(aws: FakeAws) -> None:
    aws.answers["SimulatePrincipalPolicy"] = lacking("lambda:InvokeFunctionUrl")
    assert "Deploy the stack" in yours()[0][2]


def test_what_nobody_can_tell_is_never_ok(aws: FakeAws) -> None:
    aws.answers["SimulatePrincipalPolicy"] = {"EvaluationResults": []}
    assert {health for health, _, _ in yours()} == {"not checked"}
    aws.answers["SimulatePrincipalPolicy"] = refused("SimulatePrincipalPolicy", "AccessDenied")
    [(health, _, fix)] = yours()
    assert (health, "iam:SimulatePrincipalPolicy" in fix) == ("not checked", True)
    aws.answers["SimulatePrincipalPolicy"] = lacking("logs:FilterLogEvents", MissingContextValues=["aws:SourceIp"])
    assert [(health, "aws:SourceIp" in text) for health, text, _ in yours()] == [("not checked", True)]
    aws.answers["GetCallerIdentity"] = {"Arn": f"arn:aws:sts::{OWNER}:federated-user/ann"}
    assert [health for health, _, _ in yours()] == ["not checked"]


def test_the_root_user_may_do_all_of_it(aws: FakeAws) -> None:
    aws.answers["GetCallerIdentity"] = {"Arn": f"arn:aws:iam::{OWNER}:root"}
    assert [health for health, _, _ in yours()] == ["ok"]
