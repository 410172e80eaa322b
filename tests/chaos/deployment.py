"""What the template deploys, as the chaos world needs it: queues, streams, rules and functions, each by its numbers."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from tests.aws.tables import BOOK, COUNTS
from tests.chaos.aws import LINK_KEY
from tests.chaos.queues import Rules
from tests.chaos.streams import Source
from tests.template.stack import ROOT, logical_id, written

FUNCTIONS = {
    "IngestFunction": "ingest",
    "EvaluateFunction": "evaluate",
    "EnforceFunction": "enforce",
    "ReviewFunction": "review",
    "ReconcileFunction": "reconcile",
    "MirrorFunction": "mirror",
    "NotifyFunction": "notify",
    "DigestFunction": "digest",
    "EscalateFunction": "escalate",
    "SignalFunction": "signal",
    "ManualPauseFunction": "manual_pause",
    "ManualResumeFunction": "manual_resume",
    "RotateKeyFunction": "rotate_key",
}
TOPICS = ("PAGES_TOPIC", "SECOND_RUNG_TOPIC", "THIRD_RUNG_TOPIC", "WARNINGS_TOPIC", "CHAT_TOPIC")
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nobody",
    "LOG_LEVEL": "CRITICAL",
    "COUNTS_TABLE": COUNTS,
    "BOOK_TABLE": BOOK,
    "GUARD_BUS": "GuardBus",
    "MODE": "enforce",
    "POLICY_PRESET": "standard",
    "TENANT_TAG": "guard-tenant",
    "COUNT_SIMULATOR": "no",
    "RECIPIENT_ADDRESSES": "hashed",
    "STACK_ID": "arn:aws:cloudformation:us-east-1:123456789012:stack/guard/chaos",
    "BRAKE_PERCENT": "0",
    "RECEIVES": "5",
    "PAGER_DUTY": "no",
    "WEBHOOK": "no",
    "RUNBOOK_URL": "docs/operations.md",
    "SENDS_BATCH_WINDOW": "5",
    "GROUP_WAIT": "20",
    "LINKS_MAY": "answer",
    "LINK_KEY": LINK_KEY,
    "CONSOLE_URL": "https://console.example/",
    "CONFIGURATION_SETS": "arn:aws:ses:us-east-1:123456789012:configuration-set/",
    "ENFORCE_FUNCTION": "enforce",
    "APPOINTMENTS_QUEUE": "AppointmentsQueue",
    # Loggers are shared by name, and those of the other tests must not fall silent.
    "POWERTOOLS_SERVICE_NAME": "chaos",
    "POWERTOOLS_METRICS_NAMESPACE": "ReputationGuard",
    "POWERTOOLS_METRICS_DISABLED": "true",
    **{topic: topic for topic in TOPICS},
}
_UNRESERVED = 1000
_TABLES = {"CountsTable": COUNTS, "BookTable": BOOK}


@cache
def _template() -> dict[str, Any]:
    return written()


def _properties(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _template()["Resources"][name]["Properties"]
    return found


def _number(value: Any) -> int:
    if isinstance(value, dict):
        return int(_template()["Parameters"][value["Ref"]]["Default"])
    return int(value)


@cache
def memory_of(function: str) -> int:
    """A function's memory, in MB."""
    usual = _template()["Globals"]["Function"]["MemorySize"]
    return _number(_of_function(function).get("MemorySize", usual))


@cache
def timeout_of(function: str) -> timedelta:
    """How long a run of a function may take."""
    return timedelta(seconds=_number(_of_function(function)["Timeout"]))


@cache
def most_at_once(function: str) -> int:
    """How many runs of a function there may be at once."""
    return _number(_of_function(function).get("ReservedConcurrentExecutions", _UNRESERVED))


def _of_function(function: str) -> Mapping[str, Any]:
    return _properties(next(name for name, folder in FUNCTIONS.items() if folder == function))


def settings() -> set[str]:
    """The names of all that the template tells its functions."""
    return {setting for name in FUNCTIONS for setting in _properties(name).get("Environment", {}).get("Variables", {})}


def queues() -> dict[str, Rules]:
    """The queues that wake functions."""
    return {
        logical_id(event["Properties"]["Queue"]): _rules(FUNCTIONS[name], event["Properties"])
        for name in FUNCTIONS
        for event in _properties(name).get("Events", {}).values()
        if event["Type"] == "SQS"
    }


def _rules(function: str, event: Mapping[str, Any]) -> Rules:
    queue = _properties(logical_id(event["Queue"]))
    return Rules(
        function=function,
        batch_size=_number(event["BatchSize"]),
        visibility=timedelta(seconds=_number(queue["VisibilityTimeout"])),
        most_receives=_number(queue["RedrivePolicy"]["maxReceiveCount"]),
        window=timedelta(seconds=_number(event.get("MaximumBatchingWindowInSeconds", 0))),
        answers="ReportBatchItemFailures" in event.get("FunctionResponseTypes", []),
    )


def sources() -> list[Source]:
    """The streams that wake functions."""
    return [
        Source(
            function=FUNCTIONS[name],
            table=_TABLES[logical_id(event["Properties"]["Stream"])],
            pattern=json.loads(event["Properties"]["FilterCriteria"]["Filters"][0]["Pattern"]),
            lanes=_number(event["Properties"].get("ParallelizationFactor", 1)),
            batch_size=_number(event["Properties"]["BatchSize"]),
            most_retries=_number(event["Properties"]["MaximumRetryAttempts"]),
        )
        for name in FUNCTIONS
        for event in _properties(name).get("Events", {}).values()
        if event["Type"] == "DynamoDB"
    ]


@dataclass(frozen=True, slots=True)
class Way:
    """A rule: its bus, its pattern, and the resource its events go to."""

    bus: str
    pattern: Mapping[str, Any]
    target: str


def ways() -> list[Way]:
    """The rules of the template that bring events to a queue or to the state machine."""
    rules = [resource["Properties"] for resource in _template()["Resources"].values() if _is_rule(resource)]
    found = [(rule, logical_id(target["Arn"])) for rule in rules for target in rule["Targets"]]
    return [
        Way(logical_id(rule.get("EventBusName", "")) or "default", _plain(rule["EventPattern"]), target)
        for rule, target in found
        if target.endswith("Queue") or target in {"EscalationMachine", "PagesTopic"}
    ]


def _plain(pattern: Any) -> Any:
    """A pattern in which resources go by their logical ids."""
    if isinstance(pattern, dict):
        return logical_id(pattern) or {name: _plain(each) for name, each in pattern.items()}
    return [_plain(each) for each in pattern] if isinstance(pattern, list) else pattern


def _is_rule(resource: Mapping[str, Any]) -> bool:
    return bool(resource["Type"] == "AWS::Events::Rule")


@cache
def handler_of(function: str) -> Callable[[Any, Any], Any]:
    """The handler of a function, as its runtime loads it."""
    path = ROOT / "functions" / function / "app.py"
    spec = importlib.util.spec_from_file_location(f"chaos_{function}", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    handler: Callable[[Any, Any], Any] = loaded.handler
    return handler
