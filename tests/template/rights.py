"""What each function needs, by its code, and what its role allows, by the template: both by resource."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.template.called import Calls
from tests.template.keyed import Keys
from tests.template.reached import LAYER, Code, Reach
from tests.template.stack import ROOT, Stack, listed, logical_id, written

if TYPE_CHECKING:
    from pathlib import Path

# What whoever reads or writes under a key of the owner's asks KMS for.
ASK_KMS = ["kms:Decrypt", "kms:GenerateDataKey"]
RESOURCES = written()["Resources"]
IAM_READS = {"GetItem", "BatchGetItem", "Query"}
# Where a function's handler is.
HANDLERS = {
    name: ROOT
    / each["Properties"]["CodeUri"]
    / f"{each['Properties'].get('Handler', 'app.handler').partition('.')[0]}.py"
    for name, each in RESOURCES.items()
    if each["Type"] == "AWS::Serverless::Function"
}
FUNCTIONS = sorted(HANDLERS)
# What has the right to call a machine that calls it knows the machine by name.
MACHINES = {
    each["Properties"]["StateMachineName"]["Fn::Sub"]: name
    for name, each in RESOURCES.items()
    if each["Type"] == "AWS::StepFunctions::StateMachine"
}


def needed(stack: Stack, function: str, planted: str = "") -> dict[str, set[str]]:
    """Return what a function calls, from its code, and what Lambda does in its name: keeping what failed.

    `planted` is put behind the code of its handler.
    """
    found = calls_of(stack, function, planted).on_resources()
    for on, action in _failures_of(stack, function):
        found.setdefault(on, set()).add(action)
    return found


def calls_of(stack: Stack, function: str, planted: str = "") -> Calls:
    """Return what a function's code calls."""
    told = stack.of_type("Lambda::Function")[function]["Environment"]["Variables"]
    [machine] = stack.of_type("StepFunctions::StateMachine")
    resources = {name: logical_id(value) for name, value in told.items()}
    return Calls(_reach(HANDLERS[function], planted), resources, machine)


def allowed(stack: Stack, function: str, *, at_times: bool = True) -> dict[str, set[str]]:
    """Return the actions a function may take; `at_times`: with those that a condition may leave out."""
    found = defaultdict[str, set[str]](set)
    for statement in (*stack.rights(function), *(stack.rights_at_times(function) if at_times else ())):
        assert statement["Effect"] == "Allow"
        for resource in listed(statement["Resource"]):
            found[called(resource)].update(listed(statement["Action"]))
    return dict(found)


def keys_allowed(stack: Stack, function: str, *, at_times: bool = True) -> Keys:
    """Return the partitions of the Book that a function may read and write; "*" where nothing bounds it."""
    found = Keys()
    for statement in (*stack.rights(function), *(stack.rights_at_times(function) if at_times else ())):
        if "BookTable" in map(called, listed(statement["Resource"])):
            names = {each.partition(":")[2] for each in listed(statement["Action"])}
            bound = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
            keys = set(listed(bound.get("dynamodb:LeadingKeys", "*")))
            found.read |= keys if names & IAM_READS else set()
            found.written |= keys if names - IAM_READS else set()
    return found


@cache
def _reach(path: Path, planted: str) -> Reach:
    own = {each.stem: each.read_text(encoding="utf-8") for each in path.parent.glob("*.py")}
    return Reach.of(_layer().having({**own, path.stem: own[path.stem] + planted}), path.stem)


@cache
def _layer() -> Code:
    return Code.read(ROOT / "layers" / "guard" / LAYER)


def _failures_of(stack: Stack, function: str) -> set[tuple[str, str]]:
    """Return where Lambda puts what a function failed on, and what it asks for there."""
    invoked, read = stack.of_type("Lambda::EventInvokeConfig"), stack.of_type("Lambda::EventSourceMapping")
    edges = [each for each in (*invoked.values(), *read.values()) if logical_id(each["FunctionName"]) == function]
    kept = [each["DestinationConfig"]["OnFailure"] for each in edges if "DestinationConfig" in each]
    places = {logical_id(each["Destination"]) for each in kept}
    buckets = places & stack.of_type("S3::Bucket").keys()
    return {(place, "sqs:SendMessage") for place in places - buckets} | {
        each for bucket in buckets for each in ((bucket, "s3:ListBucket"), (f"{bucket}/*", "s3:PutObject"))
    }


def called(resource: str | dict[str, Any]) -> str:
    """Return a logical id, the index of one, or the last part of an ARN."""
    if isinstance(resource, str):
        return resource
    if "Fn::Join" in resource:
        separator, [of, *below] = resource["Fn::Join"]
        return str(separator).join([logical_id(of), *below])
    # An execution is called by its machine.
    text = resource.get("Fn::Sub", "").removesuffix(":*")
    named, index = re.split(r"(?<!:):(?!:)", text)[-1], text.partition("/index/")[2]
    return MACHINES.get(named) or (logical_id(resource) or named) + (f"/index/{index}" if index else "")
