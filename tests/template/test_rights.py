"""Who may do what: each function what its code calls, and nothing else."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.template.called import kinds_of_resource
from tests.template.keyed import PARTITIONS, Keys, keys_of, partitions_written_in
from tests.template.rights import FUNCTIONS, allowed, calls_of, keys_allowed, needed
from tests.template.stack import Stack, listed, logical_id, translated, written

SET_STATUS = "ses:UpdateReputationEntityCustomerManagedStatus"
LOOK = {"ses:GetTenant", "ses:GetReputationEntity"}
FINDINGS = {"ses:ListRecommendations"}
READING = ("Get", "BatchGet", "Query", "List", "Describe", "Filter")
WRITE_BOOK = {"dynamodb:Query", "dynamodb:PutItem"}

# What tells IAM its partition as dynamodb:LeadingKeys (Service Authorization Reference); a scan does not.
WITH_A_PARTITION = {"GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"}
# Partitions that a role is kept from although its code could name them, since it never does.
_A_DIGEST_IS_OF_NO_INCIDENT = Keys({"incident#*"}, {"incident#*"})
_NOBODY_ORDERS_ABOUT_THE_ACCOUNT = Keys(written={"account"})
NARROWER = {
    "DigestFunction": _A_DIGEST_IS_OF_NO_INCIDENT,
    "ConsoleFunction": _NOBODY_ORDERS_ABOUT_THE_ACCOUNT,
    "ManualPauseFunction": _NOBODY_ORDERS_ABOUT_THE_ACCOUNT,
    "ManualResumeFunction": _NOBODY_ORDERS_ABOUT_THE_ACCOUNT,
    "OperatorsFunction": _NOBODY_ORDERS_ABOUT_THE_ACCOUNT,
}

# What may be done to everything, and why (docs.aws.amazon.com/service-authorization).
ON_EVERYTHING = {
    "ses:ListRecommendations": "IAM knows only identities as its resource, and the guard asks for tenants",
    "ses:ListReputationEntities": "a list of all tenants is asked for on none of them",
    "cloudwatch:GetMetricData": "IAM knows no resource for it",
    "cloudwatch:ListMetrics": "IAM knows no resource for it",
}

# What SAM adds to a role for the log and for reading an event source; everything else is written in the template.
ADDED_BY_SAM = {
    "service-role/AWSLambdaBasicExecutionRole",
    "service-role/AWSLambdaSQSQueueExecutionRole",
    "service-role/AWSLambdaDynamoDBExecutionRole",
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_what_its_code_calls_and_nothing_else(stack: Stack, function: str) -> None:
    """A right that is missing is a call that fails at night; one too many is a door that nobody uses but a thief."""
    assert allowed(stack, function) == needed(stack, function)


def test_a_right_too_many_is_found(stack: Stack) -> None:
    """A test of the test: SES's door, planted in the role of the function that decides."""
    planted, [first, *_] = _own_copy(stack, "EvaluateFunction")
    first["Action"] = [*listed(first["Action"]), SET_STATUS]
    assert allowed(planted, "EvaluateFunction") != needed(planted, "EvaluateFunction")


def test_a_right_too_few_is_found(stack: Stack) -> None:
    for at in range(len(list(stack.rights("EnforceFunction")))):
        planted, statements = _own_copy(stack, "EnforceFunction")
        statements[at]["Action"] = listed(statements[at]["Action"])[1:]
        assert allowed(planted, "EnforceFunction") != needed(planted, "EnforceFunction")


@pytest.mark.parametrize(
    ("planted", "on", "action"),
    [
        ("def _stop(arn):\n    wiring.gate().shut(arn)\n", "tenant/*", SET_STATUS),
        ("def _stop(arn):\n    map(wiring.gate().shut, [arn])\n", "tenant/*", SET_STATUS),
        ("def _tell():\n    wiring.hearing().doorbell.ring('')\n", "EscalationMachine", "states:SendTaskSuccess"),
        (
            "from reputation_guard.wiring import notices\ndef _told():\n    notices.warnings().forget([])\n",
            "BookTable",
            "dynamodb:DeleteItem",
        ),
    ],
)
def test_a_call_that_is_new_is_found(stack: Stack, planted: str, on: str, action: str) -> None:
    """A test of the test: calls planted in the handler of the function that decides."""
    assert action in needed(stack, "EvaluateFunction", planted)[on]
    assert action not in needed(stack, "EvaluateFunction").get(on, set())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_reaches_the_partitions_of_the_book_that_its_code_names_and_no_others(
    stack: Stack, function: str
) -> None:
    """Who keeps receipts writes no tenant, and no function writes a policy, the one word of the owner's."""
    found, never = keys_of(calls_of(stack, function)), NARROWER.get(function, Keys())
    assert (never.read <= found.read, never.written <= found.written) == (True, True), "an exception nothing needs"
    assert keys_allowed(stack, function) == Keys(found.read - never.read, found.written - never.written)
    assert "policies" not in found.written


@pytest.mark.parametrize(
    ("planted", "partition"),
    [
        ("def _pause(before, after, now):\n    wiring.book().save(before, after, now)\n", "tenant#*"),
        ("def _turn(read, mode, since):\n    wiring.book().note_mode(read, mode, since)\n", "guard"),
        ("def _keep(decision, after):\n    wiring.brake().keep(decision, after)\n", "kept"),
        (
            "from reputation_guard.wiring import links\n\ndef _burn(it, until):\n    links.nonces().burn(it, until)\n",
            "form#*",
        ),
    ],
)
def test_a_write_to_another_partition_is_found(stack: Stack, planted: str, partition: str) -> None:
    """A test of the test: writes planted in the handler of the function that tells incidents."""
    assert partition in keys_of(calls_of(stack, "SignalFunction", planted)).written
    assert partition not in keys_of(calls_of(stack, "SignalFunction")).written


def test_every_partition_of_the_book_is_known_here() -> None:
    """A new kind of item is in no list of rights until it has a name in this one."""
    assert partitions_written_in(calls_of(translated(), "OperatorsFunction").reach.code) == set(PARTITIONS)


def test_a_bound_to_partitions_is_on_calls_that_have_one(stack: Stack) -> None:
    """`ForAllValues` lets a call pass that names no partition, such as a scan: no role has the right to one."""
    for function in FUNCTIONS:
        assert allowed(stack, function).get("BookTable", set()) <= {f"dynamodb:{name}" for name in WITH_A_PARTITION}


def _own_copy(stack: Stack, function: str) -> tuple[Stack, list[dict[str, Any]]]:
    copy = Stack(deepcopy(stack.resources))
    return copy, list(copy.rights(function))


def test_the_function_that_decides_has_no_right_at_ses(stack: Stack) -> None:
    """Evaluate writes an order and cannot carry it out; a mistake in it waits to be read before it harms a sender."""
    for found in (allowed(stack, "EvaluateFunction"), needed(stack, "EvaluateFunction")):
        assert [action for actions in found.values() for action in actions if action.startswith("ses:")] == []


def test_only_enforce_may_stop_or_start_a_sender(stack: Stack) -> None:
    """One function changes a sending status, so one place re-reads the mode and the standing before it does."""
    able = {each for each in FUNCTIONS if SET_STATUS in set().union(*allowed(stack, each).values())}
    calling = {each for each in FUNCTIONS if SET_STATUS in set().union(*needed(stack, each).values())}
    assert able == calling == {"EnforceFunction"}


def test_no_right_is_wider_than_a_resource(stack: Stack) -> None:
    """No action with a wildcard, and "*" as a resource only for what IAM knows no other."""
    for function in FUNCTIONS:
        found = allowed(stack, function)
        assert not [action for actions in found.values() for action in actions if "*" in action], function
        assert found.get("*", set()) <= set(ON_EVERYTHING), function


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
        "ReconcileFunction": "reputation-guard",
        "NotifyFunction": "reputation-guard.channels",
    }
    for function, source in sources.items():
        [announce] = [each for each in stack.rights(function) if "events:PutEvents" in listed(each["Action"])]
        assert logical_id(announce["Resource"]) == "GuardBus"
        assert announce["Condition"] == {"StringEquals": {"events:source": source}}


def test_every_ses_right_names_a_resource_iam_knows_for_it(stack: Stack) -> None:
    """A right on a kind of resource its action does not know is a silent refusal, and a pause that never comes."""
    for function in FUNCTIONS:
        for on, actions in allowed(stack, function).items():
            for action in actions:
                if action.startswith("ses:") and on != "*":
                    assert on.partition("/")[0] in kinds_of_resource(action), (function, action)


def test_who_has_a_link_writes_nothing_but_answers(stack: Stack) -> None:
    """Everybody can reach the page: a mistake in it must not reach tenants, decisions or policies."""
    writes = [each for each in stack.rights("ConsoleFunction") if "dynamodb:PutItem" in listed(each["Action"])]
    [condition] = [each["Condition"] for each in writes]
    assert condition == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["incident#*", "form#*"]}}


def test_links_pause_and_resume_only_where_the_deployment_says_so(stack: Stack) -> None:
    """What they need for it is a policy of its own, and none of it changes a sender at SES."""
    policy = stack.of_type("IAM::Policy")["ConsoleMayAct"]
    assert stack.resources["ConsoleMayAct"]["Condition"] == "LinksAct"
    assert [logical_id(role) for role in policy["Roles"]] == ["ConsoleFunctionRole"]
    actions = {each for statement in policy["PolicyDocument"]["Statement"] for each in listed(statement["Action"])}
    assert actions == WRITE_BOOK | LOOK | FINDINGS


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


def rules_by_queue(stack: Stack) -> dict[str, set[str]]:
    """Return the queues EventBridge writes to, as targets and for what failed, with the rules that do."""
    found: dict[str, set[str]] = {}
    for name, rule in stack.of_type("Events::Rule").items():
        for target in rule["Targets"]:
            for arn in (target["Arn"], target["DeadLetterConfig"]["Arn"]):
                if logical_id(arn) in stack.of_type("SQS::Queue"):
                    found.setdefault(logical_id(arn), set()).add(name)
    return found


def test_only_its_rule_writes_to_a_queue(stack: Stack) -> None:
    """A forged event would be counted, so a queue takes EventBridge's messages of this account's own rules alone."""
    takes: dict[str, set[str]] = {}
    for name, policy in stack.of_type("SQS::QueuePolicy").items():
        [statement] = policy["PolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}, name
        assert statement["Action"] == "sqs:SendMessage", name
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}, name
        for queue in policy["Queues"]:
            takes.setdefault(logical_id(queue), set()).update(_rules_in(stack, statement["Condition"]))
    assert takes == rules_by_queue(stack)


def _rules_in(stack: Stack, condition: dict[str, Any]) -> set[str]:
    """Return the rules a condition names: one, or all of a bus, whose hand-overs share a queue."""
    if "ArnEquals" in condition:
        return {logical_id(condition["ArnEquals"]["aws:SourceArn"])}
    shape = condition["ArnLike"]["aws:SourceArn"]["Fn::Sub"]
    assert shape == "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${GuardBus}/*"
    return {name for name in stack.of_type("Events::Rule") if name in ("PagerDutyRule", "WebhookRule")}


def test_a_topic_takes_nobodys_word_but_eventbridges_and_this_accounts(stack: Stack) -> None:
    """Which rule speaks cannot be asked (docs/decisions.md), so the rungs' topics alone take it."""
    takes = []
    for policy in stack.of_type("SNS::TopicPolicy").values():
        [statement] = policy["PolicyDocument"]["Statement"]
        assert [logical_id(topic) for topic in policy["Topics"]] == [logical_id(statement["Resource"])]
        assert (statement["Principal"], statement["Action"]) == ({"Service": "events.amazonaws.com"}, "sns:Publish")
        takes.append(logical_id(statement["Resource"]))
    assert sorted(takes) == ["PagesTopic", "SecondRungTopic", "ThirdRungTopic"]


def test_the_bus_lets_no_other_account_in(stack: Stack) -> None:
    """A bus is open to other accounts by what its policy allows: this one only denies."""
    [bus] = stack.of_type("Events::EventBus").values()
    assert {statement["Effect"] for statement in bus["Policy"]["Statement"]} == {"Deny"}


def test_a_role_is_taken_by_one_service_for_this_account(stack: Stack) -> None:
    """Lambda's roles are SAM's; every other service says for whom it asks, or could be made to ask for a stranger."""
    for name, role in stack.of_type("IAM::Role").items():
        [statement] = role["AssumeRolePolicyDocument"]["Statement"]
        [service] = listed(statement["Principal"]["Service"])
        if service not in ("lambda.amazonaws.com", "scheduler.amazonaws.com"):
            assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}, name


def test_only_secrets_manager_asks_for_a_rotation_and_only_of_the_key_of_links(stack: Stack) -> None:
    """Another account, or another secret of this one, cannot have the function run."""
    [permission] = [
        each for each in stack.of_type("Lambda::Permission").values() if "secretsmanager" in each["Principal"]
    ]
    assert logical_id(permission["FunctionName"]) == "RotateKeyFunction"
    assert logical_id(permission["SourceArn"]) == "LinkKey"
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
