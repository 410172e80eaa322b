"""Clients of the embedded AWS, tenants of a test's own, and what the default bus carried about them."""

import io
import itertools
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from local.aws import EmbeddedAws

_numbers = itertools.count()


@pytest.fixture(scope="session")
def ses(embedded_aws: EmbeddedAws) -> Any:
    """A SESv2 client that tells every refusal at once instead of trying again."""
    return embedded_aws.client("sesv2", retries={"total_max_attempts": 1})


@pytest.fixture(scope="session")
def sqs(embedded_aws: EmbeddedAws) -> Any:
    """An SQS client."""
    return embedded_aws.client("sqs")


@pytest.fixture(scope="session")
def new_function(embedded_aws: EmbeddedAws) -> Callable[..., str]:
    """Create a function with code of its own and variables of its environment, and return its ARN."""

    def create(name: str, code: str, **variables: str) -> str:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("app.py", code)
        arn: str = embedded_aws.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=f"arn:aws:iam::000000000000:role/{name}",
            Handler="app.handler",
            Code={"ZipFile": archive.getvalue()},
            Environment={"Variables": variables},
        )["FunctionArn"]
        return arn

    return create


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Wait until a look finds something, and return what it found, or what it found last."""

    def wait(look: Callable[[], Any], seconds: float = 15) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := look()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    return wait


@pytest.fixture
def tenants() -> list[str]:
    """The names of this test's tenants."""
    return []


@pytest.fixture
def new_tenant(ses: Any, tenants: list[str]) -> Callable[[], tuple[str, str]]:
    """Create a tenant and return its name and ARN."""

    def create() -> tuple[str, str]:
        # Of one length, so that no name is within another.
        tenants.append(f"tenant-{next(_numbers):04}")
        return tenants[-1], ses.create_tenant(TenantName=tenants[-1])["TenantArn"]

    return create


@pytest.fixture(scope="session")
def event_queue(embedded_aws: EmbeddedAws, sqs: Any) -> str:
    """A queue that receives every event of source aws.ses on the default bus, and its URL."""
    events = embedded_aws.client("events")
    url: str = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="events", EventPattern='{"source": ["aws.ses"]}')
    events.put_targets(Rule="events", Targets=[{"Id": "queue", "Arn": arn}])
    return url


@pytest.fixture
def received(sqs: Any, event_queue: str, tenants: list[str]) -> Callable[[], list[dict[str, Any]]]:
    """Return the events about this test's tenants that reached the queue, in order."""

    def drain() -> list[dict[str, Any]]:
        found = []
        while messages := sqs.receive_message(QueueUrl=event_queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=event_queue, ReceiptHandle=message["ReceiptHandle"])
            found += [message["Body"] for message in messages]
        return [json.loads(body) for body in found if any(name in body for name in tenants)]

    return drain
