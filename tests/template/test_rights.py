"""Who may do what: each function what its verb needs, and nothing else."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.template.stack import Stack, listed, logical_id, written

COUNT = {"dynamodb:UpdateItem", "dynamodb:Query"}
MAINTAIN = COUNT | {"dynamodb:GetItem"}
WRITE_BOOK = {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"}
SET_STATUS = "ses:UpdateReputationEntityCustomerManagedStatus"
LOOK = {"ses:GetTenant", "ses:GetReputationEntity"}
FINDINGS = {"ses:ListRecommendations"}
PUBLISH = {"sns:Publish"}
WAKE = {"states:SendTaskSuccess"}
READ = {"dynamodb:GetItem", "dynamodb:Query"}
VERIFY = {"secretsmanager:GetSecretValue"}
READING = ("Get", "BatchGet", "Query", "List", "Describe", "Filter")
ROTATE = {"DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"}
KEEP = REMIND = {"sqs:SendMessage"}
TOPICS = ("PagesTopic", "SecondRungTopic", "ThirdRungTopic", "WarningsTopic", "ChatTopic")

# What each function may do to what.
RIGHTS: dict[str, dict[str, set[str]]] = {
    "IngestFunction": {"CountsTable": COUNT | {"dynamodb:PutItem", "dynamodb:DeleteItem"}},
    "EvaluateFunction": {
        "CountsTable": MAINTAIN,
        "BookTable": WRITE_BOOK,
        "BookTable/index/todo": {"dynamodb:Query"},
        "AppointmentsQueue": REMIND,
        "EvaluateDeadLetters": KEEP,
    },
    "EnforceFunction": {
        "BookTable": WRITE_BOOK,
        "BookTable/index/todo": {"dynamodb:Query"},
        "tenant/*": LOOK | {SET_STATUS},
        "*": FINDINGS,
        "GuardBus": {"events:PutEvents"},
        "EnforceDeadLetters": KEEP,
    },
    "ReviewFunction": {
        "CountsTable": MAINTAIN,
        "BookTable": WRITE_BOOK,
        "BookTable/index/todo": {"dynamodb:Query"},
        "BookTable/index/standing": {"dynamodb:Query"},
        "configuration-set/*": {"ses:ListResourceTenants"},
        "tenant/*": {"ses:GetTenant"},
        "EnforceFunction": {"lambda:InvokeFunction"},
        "AppointmentsQueue": REMIND,
        "ReviewDeadLetters": KEEP,
    },
    "MirrorFunction": {"BookTable": WRITE_BOOK, "tenant/*": LOOK, "*": FINDINGS},
    "ManualResumeFunction": {
        "BookTable": WRITE_BOOK,
        "CountsTable": {"dynamodb:GetItem", "dynamodb:Query"},
        "tenant/*": LOOK,
        "*": FINDINGS,
    },
    "ManualPauseFunction": {"BookTable": WRITE_BOOK, "tenant/*": LOOK},
    "EscalateFunction": {
        "BookTable": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "GuardBus": {"events:PutEvents"},
        "STACK-escalation": WAKE,
    },
    "ConsoleFunction": {
        "BookTable": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "CountsTable": READ,
        "EscalationMachine": WAKE,
        "LinkKey": VERIFY,
    },
    "OperatorsFunction": {
        "BookTable": WRITE_BOOK | {"dynamodb:BatchGetItem"},
        "BookTable/index/todo": {"dynamodb:Query"},
        "CountsTable": READ,
        "tenant/*": LOOK,
        "*": FINDINGS,
        "EscalationMachine": WAKE,
        "LinkKey": VERIFY,
    },
    "SignalFunction": {"BookTable": {"dynamodb:GetItem", "dynamodb:UpdateItem"}, "EscalationMachine": WAKE},
    "RotateKeyFunction": {
        "LinkKey": {f"secretsmanager:{action}" for action in ROTATE},
        "RotationDeadLetters": KEEP,
    },
    "NotifyFunction": {
        **{f"{topic}Topic": PUBLISH for topic in ("Pages", "SecondRung", "ThirdRung", "Warnings", "Chat")},
        "GuardBus": {"events:PutEvents"},
        "BookTable": {"dynamodb:Query", "dynamodb:PutItem"},
        "LinkKey": {"secretsmanager:GetSecretValue"},
    },
    "DigestFunction": {
        "WarningsTopic": {"sns:Publish"},
        "ChatTopic": {"sns:Publish"},
        "BookTable": {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"},
        "BookTable/index/todo": {"dynamodb:Query"},
        "DigestDeadLetters": KEEP,
    },
}

# What SAM adds to a role for the log and for reading an event source; everything else is written in the template.
ADDED_BY_SAM = {
    "service-role/AWSLambdaBasicExecutionRole",
    "service-role/AWSLambdaSQSQueueExecutionRole",
    "service-role/AWSLambdaDynamoDBExecutionRole",
}


def reach(stack: Stack, function: str) -> dict[str, set[str]]:
    """Return the actions a function may take, by resource."""
    allowed: dict[str, set[str]] = {}
    for statement in stack.rights(function):
        for resource in listed(statement["Resource"]):
            allowed.setdefault(called(resource), set()).update(listed(statement["Action"]))
    return allowed


def called(resource: str | dict[str, Any]) -> str:
    """Return a logical id, the index of one, or the last part of an ARN."""
    if isinstance(resource, str):
        return resource
    index = resource.get("Fn::Sub", "").partition("/index/")[2]
    named = resource.get("Fn::Sub", "").replace("${AWS::StackName}", "STACK").rpartition(":")[2]
    return (logical_id(resource) or named) + (f"/index/{index}" if index else "")


def test_a_function_may_do_what_its_verb_needs(stack: Stack) -> None:
    """All rights in one table, so that a new one is a line somebody has read."""
    assert {function: reach(stack, function) for function in stack.of_type("Lambda::Function")} == RIGHTS


def test_the_function_that_decides_has_no_right_at_ses(stack: Stack) -> None:
    """Evaluate writes an order and cannot carry it out; a mistake in it waits to be read before it harms a sender."""
    assert {action for action in stack.actions("EvaluateFunction") if action.startswith("ses:")} == set()


def test_only_enforce_may_stop_or_start_a_sender(stack: Stack) -> None:
    """One function changes a sending status, so one place re-reads the mode and the standing before it does."""
    able = {function for function in stack.of_type("Lambda::Function") if SET_STATUS in stack.actions(function)}
    assert able == {"EnforceFunction"}


def test_no_right_is_wider_than_a_resource(stack: Stack) -> None:
    """No action with a wildcard, and "*" as a resource only where IAM knows no other for a tenant's findings."""
    for function in stack.of_type("Lambda::Function"):
        for statement in stack.rights(function):
            actions = listed(statement["Action"])
            assert not [action for action in actions if "*" in action], function
            if "*" in listed(statement["Resource"]):
                assert actions == ["ses:ListRecommendations"], function


def test_roles_have_only_the_managed_policies_sam_adds(stack: Stack) -> None:
    """A managed policy is a right nobody reads in the template: those for logs and event sources, and no other."""
    for name, role in stack.of_type("IAM::Role").items():
        attached = {arn["Fn::Sub"] if isinstance(arn, dict) else arn for arn in role.get("ManagedPolicyArns", [])}
        assert {arn.partition(":policy/")[2] for arn in attached} <= ADDED_BY_SAM, name


def test_the_guard_announces_in_its_own_name_only(stack: Stack) -> None:
    """The right to publish is tied to a source: only two announce, and notify, which cannot, hands on to channels."""
    sources = {
        "EnforceFunction": "reputation-guard",
        "EscalateFunction": "reputation-guard",
        "NotifyFunction": "reputation-guard.channels",
    }
    for function, source in sources.items():
        [announce] = [each for each in stack.rights(function) if "events:PutEvents" in listed(each["Action"])]
        assert logical_id(announce["Resource"]) == "GuardBus"
        assert announce["Condition"] == {"StringEquals": {"events:source": source}}


def test_every_ses_right_names_a_resource_iam_knows_for_it(stack: Stack) -> None:
    """A right on a kind of resource its action does not know is a silent refusal, and a pause that never comes."""
    # Found without importing cfn-lint, which takes seconds.
    cfnlint = find_spec("cfnlint")
    assert cfnlint
    [folder] = cfnlint.submodule_search_locations or []
    data = Path(folder, "data", "AdditionalSpecs", "Policies.json").read_text(encoding="utf-8")
    known: dict[str, dict[str, Any]] = json.loads(data)["ses"]["Actions"]
    for function in stack.of_type("Lambda::Function"):
        for statement in stack.rights(function):
            for action in listed(statement["Action"]):
                if action.startswith("ses:") and statement["Resource"] != "*":
                    kind = statement["Resource"]["Fn::Sub"].rpartition(":")[2].partition("/")[0]
                    assert kind in known[action.partition(":")[2].lower()]["Resources"], (function, action)


def test_who_has_a_link_writes_nothing_but_answers(stack: Stack) -> None:
    """Everybody can reach the page: a mistake in it must not reach tenants, decisions or policies."""
    writes = [each for each in stack.rights("ConsoleFunction") if "dynamodb:PutItem" in listed(each["Action"])]
    [condition] = [each["Condition"] for each in writes]
    assert condition == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["incident#*", "form#*"]}}


def test_links_pause_and_resume_only_where_the_deployment_says_so(stack: Stack) -> None:
    """What they need for it is a policy of its own, and none of it changes a sender at SES."""
    [(name, policy)] = stack.of_type("IAM::Policy").items()
    assert stack.resources[name]["Condition"] == "LinksAct"
    assert [logical_id(role) for role in policy["Roles"]] == ["ConsoleFunctionRole"]
    actions = {each for statement in policy["PolicyDocument"]["Statement"] for each in listed(statement["Action"])}
    assert actions == WRITE_BOOK - {"dynamodb:GetItem"} | LOOK | FINDINGS


def test_only_the_page_of_links_is_open_to_everybody(stack: Stack) -> None:
    urls = stack.of_type("Lambda::Url")
    assert {name: each["AuthType"] for name, each in urls.items()} == {
        "ConsoleFunctionUrl": "NONE",
        "OperatorsFunctionUrl": "AWS_IAM",
    }


def test_operators_ask_the_guard_and_change_nothing_themselves(stack: Stack) -> None:
    """Their policy writes to no table and sets no status, and their function takes nobody who comes round its URL."""
    statements = stack.of_type("IAM::ManagedPolicy")["OperatorsPolicy"]["PolicyDocument"]["Statement"]
    given = {action for each in statements for action in listed(each["Action"])}
    asking = {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}
    assert {each for each in given - asking if not each.partition(":")[2].startswith(READING)} == set()
    conditions = {
        action: each.get("Condition")
        for each in statements
        for action in listed(each["Action"])
        if [logical_id(thing) for thing in listed(each["Resource"])] == ["OperatorsFunction"]
    }
    assert conditions == {
        "lambda:InvokeFunctionUrl": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
        "lambda:InvokeFunction": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
    }


def test_the_policy_of_operators_is_told_and_belongs_to_nobody(stack: Stack) -> None:
    """Its owner attaches it; a deployment gives nobody a right."""
    policy = stack.of_type("IAM::ManagedPolicy")["OperatorsPolicy"]
    assert {"Users", "Groups", "Roles", "ManagedPolicyName"}.isdisjoint(policy)
    assert written()["Outputs"]["OperatorsPolicy"]["Value"] == {"Ref": "OperatorsPolicy"}


@pytest.mark.parametrize("kind", ["Feedback", "Sends", "Status", "Notices", "Signals"])
def test_only_its_rule_writes_to_a_queue(stack: Stack, kind: str) -> None:
    """A forged event would be counted, so a queue and its dead letters take messages of their rule alone."""
    policy = stack.of_type("SQS::QueuePolicy")[f"{kind}QueuesPolicy"]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert {logical_id(queue) for queue in policy["Queues"]} == {f"{kind}Queue", f"{kind}DeadLetters"}
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    assert logical_id(statement["Condition"]["ArnEquals"]["aws:SourceArn"]) == f"{kind}Rule"


def test_only_secrets_manager_asks_for_a_rotation_and_only_of_the_key_of_links(stack: Stack) -> None:
    """Another account, or another secret of this one, cannot have the function run."""
    [permission] = [
        each for each in stack.of_type("Lambda::Permission").values() if "secretsmanager" in each["Principal"]
    ]
    assert logical_id(permission["FunctionName"]) == "RotateKeyFunction"
    assert logical_id(permission["SourceArn"]) == "LinkKey"
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
