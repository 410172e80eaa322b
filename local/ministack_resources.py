"""Resources of CloudFormation that MiniStack's services know and its CloudFormation does not, or by another name."""
# ruff: noqa: SLF001 -- private names are what this module is for

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.services import eventbridge, secretsmanager
from ministack.services.cloudformation import provisioners

from local.ministack_inside import Record, Response

Created = tuple[str, Record]
_Call = Callable[[Record], Response]


@dataclass(frozen=True, slots=True)
class _Named:
    """A resource whose properties are the parameters of its calls, known by its name."""

    creating: _Call
    updating: _Call
    deleting: _Call
    arn: str

    def create(self, logical_id: str, properties: Record, stack_name: str) -> Created:
        """Create it, under the template's name or one of CloudFormation's making."""
        name = properties.get("Name") or provisioners._physical_name(stack_name, logical_id, max_len=64)
        return name, self._attributes(self.creating({**properties, "Name": name}))

    def update(self, name: str, _: Record, properties: Record, __: str) -> Created:
        """Update it in place."""
        return name, self._attributes(self.updating({**properties, "Name": name}))

    def delete(self, name: str, _: Record) -> None:
        """Delete it; what is gone already is."""
        self.deleting({"Name": name})

    def _attributes(self, response: Response) -> Record:
        answer = _told(response)
        return {"Arn": answer[self.arn], "ArnForPolicy": answer[self.arn]}


@dataclass(frozen=True, slots=True)
class _SecretByArn:
    """A secret, which a template's `Ref` calls by its ARN as on AWS; MiniStack's own resource is called by its name."""

    own: dict[str, Any]

    def create(self, logical_id: str, properties: Record, stack_name: str) -> Created:
        """Create it."""
        return self._by_arn(self.own["create"](logical_id, properties, stack_name))

    def update(self, arn: str, before: Record, properties: Record, stack_name: str, logical_id: str) -> Created:
        """Update it, in place where it keeps its name."""
        return self._by_arn(self.own["update"](_name_of(arn), before, properties, stack_name, logical_id))

    def delete(self, arn: str, properties: Record) -> None:
        """Delete it; what is gone already is."""
        self.own["delete"](_name_of(arn), properties)

    @staticmethod
    def _by_arn(created: Created) -> Created:
        return created[1]["Arn"], created[1]


def _name_of(arn: str) -> str:
    _, secret = secretsmanager._resolve(arn)
    return str(secret["Name"]) if secret else arn


def _told(response: Response) -> Record:
    status, _, body = response
    answer: Record = json.loads(body)
    if status >= 400:  # noqa: PLR2004 -- HTTP's refusals
        # CloudFormation gives it as the reason why the resource failed.
        raise ValueError(answer.get("message", body))
    return answer


def _rotate(_: str, properties: Record, __: str) -> Created:
    """Let a secret rotate, at once unless told otherwise, as CloudFormation does."""
    asked: Record = {name: properties[name] for name in ("RotationLambdaARN", "RotationRules") if name in properties}
    at_once = properties.get("RotateImmediatelyOnUpdate", True) not in (False, "false")
    request = {"SecretId": properties["SecretId"], "RotateImmediately": at_once, **asked}
    return _told(secretsmanager._rotate_secret(request))["ARN"], {}


def add_resources() -> None:
    """Let templates have connections, API destinations and rotation schedules."""
    named = {
        "AWS::Events::Connection": _Named(
            eventbridge._create_connection,
            eventbridge._update_connection,
            eventbridge._delete_connection,
            "ConnectionArn",
        ),
        "AWS::Events::ApiDestination": _Named(
            eventbridge._create_api_destination,
            eventbridge._update_api_destination,
            eventbridge._delete_api_destination,
            "ApiDestinationArn",
        ),
    }
    handlers: dict[str, dict[str, Any]] = provisioners._RESOURCE_HANDLERS
    for kind, resource in named.items():
        handlers[kind] = {"create": resource.create, "update": resource.update, "delete": resource.delete}
    secret = _SecretByArn(handlers["AWS::SecretsManager::Secret"])
    handlers["AWS::SecretsManager::Secret"] = {
        **secret.own,
        "create": secret.create,
        "update": secret.update,
        "delete": secret.delete,
    }
    handlers["AWS::SecretsManager::RotationSchedule"] = {
        "create": _rotate,
        "update": lambda _, __, properties, stack_name: _rotate("", properties, stack_name),
        "delete": lambda *_: None,
    }
