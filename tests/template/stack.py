"""The template as CloudFormation gets it: translated offline, and small questions about the result."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
EVENTS = ROOT / "events"

CODE_OF = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
}


class NoManagedPolicies:
    """SAM looks up names of managed policies; the template names none."""

    def load(self) -> dict[str, str]:
        """Return no policy."""
        return {}


def written() -> dict[str, Any]:
    """Return the template as it is written, with intrinsic functions in their long form."""
    template: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return template


def translated() -> Stack:
    """Return the template after the SAM transform, which wants the code to be uploaded already."""
    template = written()
    for resource in template["Resources"].values():
        if resource["Type"] in CODE_OF:
            resource["Properties"][CODE_OF[resource["Type"]]] = "s3://bucket/key"
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    return Stack(transform(template, {}, NoManagedPolicies())["Resources"])


def logical_id(value: object) -> str:
    """Return the resource a `Ref`, `Fn::GetAtt` or `Fn::Sub` names; nothing where the value names none."""
    match value:
        case {"Ref": str(name)}:
            return name
        case {"Fn::GetAtt": [str(name), *_]}:
            return name
        case {"Fn::GetAtt": str(path)}:
            return path.partition(".")[0]
        case {"Fn::Sub": str(text)} if text.startswith("${") and not text.startswith("${AWS::"):
            return text[2:].partition("}")[0].partition(".")[0]
    return ""


def listed(value: object) -> list[Any]:
    """Return a list, also where IAM writes a list of one as its only element."""
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True, slots=True)
class Stack:
    """Plain CloudFormation resources by logical id."""

    resources: dict[str, dict[str, Any]]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of every resource of this type, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == f"AWS::{kind}"
        }

    def rights(self, function: str) -> Iterator[dict[str, Any]]:
        """Return every statement written into the role of a function."""
        role = logical_id(self.of_type("Lambda::Function")[function]["Role"])
        for policy in self.of_type("IAM::Role")[role].get("Policies", []):
            yield from listed(policy["PolicyDocument"]["Statement"])

    def rights_at_times(self, function: str) -> Iterator[dict[str, Any]]:
        """Return every statement that its role gets by a policy of its own, which a condition may leave out."""
        role = logical_id(self.of_type("Lambda::Function")[function]["Role"])
        for policy in self.of_type("IAM::Policy").values():
            if role in {logical_id(each) for each in policy["Roles"]}:
                yield from listed(policy["PolicyDocument"]["Statement"])

    def actions(self, function: str) -> set[str]:
        """Return the actions the role of a function allows."""
        return {action for statement in self.rights(function) for action in listed(statement["Action"])}
