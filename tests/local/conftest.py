"""One embedded AWS for all tests of this room; each test makes tenants of its own."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.aws import EmbeddedAws

_numbers = itertools.count()


@pytest.fixture(scope="session")
def embedded_aws() -> Iterator[EmbeddedAws]:
    """An embedded AWS without a stack."""
    with EmbeddedAws.start() as aws:
        yield aws


@pytest.fixture(scope="session")
def ses(embedded_aws: EmbeddedAws) -> Any:
    """A SESv2 client that tells every refusal at once instead of trying again."""
    return embedded_aws.client("sesv2", retries={"total_max_attempts": 1})


@pytest.fixture
def new_tenant(ses: Any) -> Callable[[], tuple[str, str]]:
    """Create a tenant and return its name and ARN."""

    def create() -> tuple[str, str]:
        name = f"tenant-{next(_numbers)}"
        return name, ses.create_tenant(TenantName=name)["TenantArn"]

    return create


@pytest.fixture
def event_queue(embedded_aws: EmbeddedAws) -> Iterator[str]:
    """A queue that receives every event of source aws.ses on the default bus, and its URL."""
    sqs, events = embedded_aws.client("sqs"), embedded_aws.client("events")
    name = f"events-{next(_numbers)}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=name, EventPattern='{"source": ["aws.ses"]}')
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    yield url
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def received(embedded_aws: EmbeddedAws, event_queue: str) -> Callable[[], list[dict[str, Any]]]:
    """Return the events that reached the queue, in order."""
    sqs = embedded_aws.client("sqs")

    def drain() -> list[dict[str, Any]]:
        found = []
        while messages := sqs.receive_message(QueueUrl=event_queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=event_queue, ReceiptHandle=message["ReceiptHandle"])
            found += [json.loads(message["Body"]) for message in messages]
        return found

    return drain
