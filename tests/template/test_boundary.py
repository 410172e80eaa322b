"""What AWS's own policies give a function on everything ends at the stack; what its role gives does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.rights import ASK_KMS, FUNCTIONS, allowed, called
from tests.template.stack import Stack, listed, logical_id

# AWS's policies for functions, in which every action stands on "*" (AWS managed policy reference).
GIVEN_ON_EVERYTHING = {
    "AWSLambdaBasicExecutionRole": {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"},
    "AWSLambdaSQSQueueExecutionRole": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
    "AWSLambdaDynamoDBExecutionRole": {
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    },
}
# IAM knows no resource for it.
STAYS = {"dynamodb:ListStreams"}


@pytest.fixture
def statements(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.of_type("IAM::ManagedPolicy")["Boundary"]["PolicyDocument"]["Statement"]
    return found


def ends(statements: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Return the actions that the boundary denies, each with the resources it leaves."""
    denials = (each for each in statements if each["Effect"] == "Deny")
    return {
        action: {called(resource) for resource in listed(each["NotResource"])}
        for each in denials
        for action in each["Action"]
    }


def test_every_function_has_the_boundary(stack: Stack) -> None:
    for name in FUNCTIONS:
        role = stack.of_type("IAM::Role")[logical_id(stack.of_type("Lambda::Function")[name]["Role"])]
        assert logical_id(role["PermissionsBoundary"]) == "Boundary", name


def test_what_awss_policies_give_on_everything_ends_at_what_functions_read(
    stack: Stack, statements: list[dict[str, Any]]
) -> None:
    """A function whose code was taken over reads no other queue of the account, and writes to no other log."""
    read = {logical_id(each["EventSourceArn"]) for each in stack.of_type("Lambda::EventSourceMapping").values()}
    queues, tables = read & set(stack.of_type("SQS::Queue")), read & set(stack.of_type("DynamoDB::Table"))
    left = {"sqs": queues, "dynamodb": tables, "logs": set(stack.of_type("Logs::LogGroup"))}
    given = set().union(*GIVEN_ON_EVERYTHING.values()) - STAYS
    assert ends(statements) == {action: left[action.partition(":")[0]] for action in given}


def test_the_boundary_is_open_to_what_roles_give_and_to_nothing_else(
    stack: Stack, statements: list[dict[str, Any]]
) -> None:
    """Else a right in the template is a refusal in the account, where nobody looks for it, or a door for a mistake."""
    [open_to] = [set(each["Action"]) for each in statements if each["Effect"] == "Allow"]
    denied, given = ends(statements), set().union(*GIVEN_ON_EVERYTHING.values(), ASK_KMS)
    for function in FUNCTIONS:
        for on, actions in allowed(stack, function).items():
            given |= actions
            assert [action for action in actions if on not in denied.get(action, {on})] == [], (function, on)
    assert open_to == given
