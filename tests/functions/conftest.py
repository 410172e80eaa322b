"""The handlers as Lambda runs them: the template's environment, tables in moto, and fakes where moto has no SES."""

import importlib.util
import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from reputation_guard import wiring
from reputation_guard.wiring import links, notices
from tests.aws.tables import BOOK, COUNTS, create_tables
from tests.fakes.builders import OWN_TAG
from tests.fakes.outlets import Bell
from tests.fakes.ses import InMemorySes
from tests.functions.within_rights import watch, within_rights

ROOT = Path(__file__).resolve().parents[2]
ARRIVED = datetime.fromisoformat("2026-11-24T08:45:00+00:00")
"""The examples in events/ tell of mails sent at 08:41:02."""

ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "COUNTS_TABLE": COUNTS,
    "BOOK_TABLE": BOOK,
    "GUARD_BUS": "guard",
    "MODE": "enforce",
    "POLICY_PRESET": "standard",
    "TENANT_TAG": OWN_TAG,
    "COUNT_SIMULATOR": "no",
    "RECIPIENT_ADDRESSES": "hashed",
    "STACK_ID": "arn:aws:cloudformation:us-east-1:123456789012:stack/guard/00000000",
    "RECEIVES": "5",
    "PAGER_DUTY": "no",
    "WEBHOOK": "no",
    "RUNBOOK_URL": "docs/operations.md",
    "SENDS_BATCH_WINDOW": "5",
    "BRAKE_LEAST": "1000",
    "BRAKE_PERCENT": "10",
    "GROUP_WAIT": "20",
    "LINKS_MAY": "answer",
    "LINK_KEY": "links-of-nobody",
    "CONSOLE_URL": "https://console.example/",
    "CONFIGURATION_SETS": "arn:aws:ses:us-east-1:123456789012:configuration-set/",
    "ENFORCE_FUNCTION": "enforce",
    "POWERTOOLS_SERVICE_NAME": "reputation-guard",
    "POWERTOOLS_METRICS_NAMESPACE": "ReputationGuard",
    "POWERTOOLS_METRICS_DISABLED": "true",
}

Handler = Callable[[Any, Any], Any]


@cache
def client(service: str) -> Any:
    """A client that outlives its test's account: making one takes longer than most tests."""
    connect: Any = boto3.client
    made = connect(service, region_name="us-east-1")
    watch(made)
    return made


class Clock:
    """The handlers' clock; a test sets it."""

    def __init__(self) -> None:
        self.now = ARRIVED

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account with the guard's tables and queue, and a wiring that has built nothing yet."""
    with mock_aws():
        create_tables(client("dynamodb"))
        queue = client("sqs").create_queue(QueueName="appointments")["QueueUrl"]
        for name, value in {**ENVIRONMENT, "APPOINTMENTS_QUEUE": queue}.items():
            monkeypatch.setenv(name, value)
        for room in (wiring, notices, links):
            for built in vars(room).values():
                if hasattr(built, "cache_clear"):
                    built.cache_clear()
        monkeypatch.setattr(wiring, "client", client)
        yield


@pytest.fixture
def outlets(account: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - they are made in it
    """The guard bus and the topics."""
    client("events").create_event_bus(Name="guard")
    for name in ("PAGES", "SECOND_RUNG", "THIRD_RUNG", "WARNINGS", "CHAT"):
        monkeypatch.setenv(f"{name}_TOPIC", client("sns").create_topic(Name=name.lower())["TopicArn"])


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The handlers' clock."""
    found = Clock()
    monkeypatch.setattr(wiring, "now", found)
    return found


@pytest.fixture(autouse=True)
def ses(monkeypatch: pytest.MonkeyPatch) -> InMemorySes:
    """SES, which knows no tenant yet."""
    found = InMemorySes()
    monkeypatch.setattr(wiring, "gate", lambda: found)
    monkeypatch.setattr(wiring, "associations", lambda: found)
    monkeypatch.setattr(wiring, "tenant_tags", lambda: found)
    return found


@pytest.fixture(autouse=True)
def bell(monkeypatch: pytest.MonkeyPatch) -> Bell:
    """The way to the enforcer."""
    found = Bell()
    monkeypatch.setattr(wiring, "waker", lambda: found)
    return found


def handler_of(name: str, module: str = "app") -> Handler:
    """The handler of a function, as its runtime loads it and in its role."""
    return within_rights(module_of(name, module).handler, ROOT / "functions" / name / f"{module}.py")


@cache
def module_of(name: str, module: str = "app") -> ModuleType:
    """The module of a function."""
    path = ROOT / "functions" / name / f"{module}.py"
    spec = importlib.util.spec_from_file_location(f"function_{name}_{module}", path)
    assert spec
    assert spec.loader
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def example(name: str) -> dict[str, Any]:
    """One of the events in events/."""
    found: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def from_queue(**bodies: Any) -> dict[str, Any]:
    """An SQS event with these bodies, by the id of their record."""
    return {
        "Records": [
            {"messageId": name, "body": body if isinstance(body, str) else json.dumps(body)}
            for name, body in bodies.items()
        ]
    }


def failures(answer: dict[str, Any]) -> list[str]:
    """The records that go back to their queue."""
    assert set(answer) == {"batchItemFailures"}
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


class Context:
    """What Lambda tells a function about its run."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 300_000


class Lines(logging.Handler):
    """The log lines of a function, with what they carry."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def of(self, message: str) -> list[dict[str, Any]]:
        """What the lines with this message carry."""
        return [vars(record) for record in self.records if record.getMessage() == message]


@pytest.fixture
def log() -> Iterator[Lines]:
    """The log of all functions: they share one service, and so one logger."""
    lines, logger = Lines(), logging.getLogger(ENVIRONMENT["POWERTOOLS_SERVICE_NAME"])
    logger.addHandler(lines)
    yield lines
    logger.removeHandler(lines)
