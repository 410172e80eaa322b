"""The small services in memory: buses with the template's rules, topics, secrets; and the errors each of them gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count as numbers
from typing import Any

from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from tests.chaos.faults import Fault, Point
from tests.chaos.tables import refusal
from tests.template.patterns import matches

_THROTTLED = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "sesv2": "TooManyRequestsException",
    "lambda": "TooManyRequestsException",
    "sns": "ThrottledException",
}
_PASSING = {"sesv2": "ConflictException"}
_SERVER_ERROR = 500
_KEY = "0" * 64


def error_of(fault: Fault, point: Point) -> Exception:
    """What botocore raises for it."""
    service, operation = point.service, point.operation
    match fault:
        case Fault.THROTTLED:
            return refusal(operation, _THROTTLED.get(service, "ThrottlingException"))
        case Fault.SERVER_ERROR:
            return refusal(operation, "InternalServerError", _SERVER_ERROR)
        case Fault.NOT_MADE:
            return ConnectTimeoutError(endpoint_url=service)
        case Fault.UNANSWERED:
            return ReadTimeoutError(endpoint_url=service)
        case Fault.LOST_RACE if operation == "TransactWriteItems":
            return _canceled(point, "ConditionalCheckFailed")
        case Fault.LOST_RACE:
            return refusal(operation, "ConditionalCheckFailedException")
        case Fault.CONFLICT if operation == "TransactWriteItems":
            return _canceled(point, "TransactionConflict")
    return refusal(operation, _PASSING.get(service, "ConflictException"), 409)


def _canceled(point: Point, why: str) -> Exception:
    others = [{"Code": "None"}] * (len(point.asked["TransactItems"]) - 1)
    reasons = [{"Code": why}, *others]
    return refusal(point.operation, "TransactionCanceledException", CancellationReasons=reasons)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the template and where its events go."""

    bus: str
    pattern: Mapping[str, Any]
    target: Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class Buses:
    """The default bus and the guard's. `said`: everything the guard announced, in its order."""

    clock: Callable[[], datetime]
    rules: list[Rule] = field(default_factory=list)
    said: list[dict[str, Any]] = field(default_factory=list)
    _numbers: Any = field(default_factory=numbers)

    def call(self, _operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """`PutEvents`."""
        entries = []
        for entry in asked["Entries"]:
            event = {
                "source": entry["Source"],
                "detail-type": str(entry["DetailType"]),
                "time": entry["Time"].isoformat(),
                "resources": list(entry.get("Resources", [])),
                "detail": json.loads(entry["Detail"]),
            }
            self.said.append(event)
            entries.append({"EventId": self.put(entry["EventBusName"], event)})
        return {"FailedEntryCount": 0, "Entries": entries}

    def put(self, bus: str, event: dict[str, Any]) -> str:
        """Bring an event to the rules of a bus; returns its id."""
        event = {"version": "0", "id": f"event-{next(self._numbers)}", "account": "123456789012", **event}
        for rule in self.rules:
            if rule.bus == bus and matches(dict(rule.pattern), event):
                rule.target(event)
        return str(event["id"])

    @staticmethod
    def not_taken(asked: Mapping[str, Any]) -> dict[str, Any]:
        """The answer where EventBridge took none of the entries."""
        failed = {"ErrorCode": "InternalFailure", "ErrorMessage": "try again"}
        return {"FailedEntryCount": len(asked["Entries"]), "Entries": [failed for _ in asked["Entries"]]}


@dataclass(slots=True)
class Topics:
    """What people were told: topic and attributes of each notice, in its order."""

    told: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def call(self, _operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """`Publish`."""
        attributes = {name: each["StringValue"] for name, each in asked["MessageAttributes"].items()}
        self.told.append((asked["TopicArn"], attributes))
        return {"MessageId": f"told-{len(self.told)}"}


@dataclass(slots=True)
class Secrets:
    """The key of links: its versions by their stages."""

    versions: dict[str, str] = field(default_factory=lambda: {"version-1": _KEY})
    stages: dict[str, str] = field(default_factory=lambda: {"AWSCURRENT": "version-1"})

    def call(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Do one call of the API."""
        answer: dict[str, Any] = getattr(self, f"_{operation}")(asked)
        return answer

    def _GetSecretValue(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802 - the API's name
        version = asked.get("VersionId") or self.stages.get(asked["VersionStage"], "")
        staged = self.stages.get(asked["VersionStage"])
        if version not in self.versions or staged != version:
            raise refusal("GetSecretValue", "ResourceNotFoundException")
        return {"VersionId": version, "SecretString": self.versions[version]}

    def _DescribeSecret(self, _: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        stages: dict[str, list[str]] = {}
        for stage, version in self.stages.items():
            stages.setdefault(version, []).append(stage)
        return {"ARN": LINK_KEY, "RotationLambdaARN": ROTATOR, "VersionIdsToStages": stages}

    def _PutSecretValue(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        version, value = asked["ClientRequestToken"], asked["SecretString"]
        if self.versions.get(version, value) != value:
            raise refusal("PutSecretValue", "ResourceExistsException")
        self.versions[version] = value
        self.stages |= dict.fromkeys(asked["VersionStages"], version)
        return {}

    def _UpdateSecretVersionStage(self, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        if self.stages["AWSCURRENT"] != asked["RemoveFromVersionId"]:
            raise refusal("UpdateSecretVersionStage", "InvalidParameterException")
        self.stages |= {"AWSPREVIOUS": self.stages["AWSCURRENT"], "AWSCURRENT": asked["MoveToVersionId"]}
        return {}


LINK_KEY = "arn:aws:secretsmanager:us-east-1:123456789012:secret:links"
ROTATOR = "arn:aws:lambda:us-east-1:123456789012:function:rotate-key"
