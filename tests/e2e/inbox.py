"""A subscribed queue, as an on-call tool has it: every notice of its topics, with its attributes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from local.aws import EmbeddedAws
from local.digest import warnings_in
from tests.e2e.waiting import eventually

TOPICS = ("PagesTopic", "SecondRungTopic", "ThirdRungTopic", "WarningsTopic")


@dataclass(frozen=True, slots=True)
class Delivered:
    """A notice as it reached the queue."""

    topic: str
    subject: str
    text: str
    id: str
    event: str
    severity: str
    tenant: str = ""
    rung: str = ""
    incident: str = ""


class Inbox:
    """The queue, and all that was read from it so far."""

    def __init__(self, aws: EmbeddedAws, *topics: str) -> None:
        self._sqs = aws.client("sqs")
        self._url = self._sqs.create_queue(QueueName="inbox-of-the-people-on-call")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]
        for topic in topics:
            aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
        self._functions, self._digest = aws.client("lambda"), aws.outputs["DigestFunction"]
        self._delivered: list[Delivered] = []

    def delivered(self, tenant: str, event: str | None = None) -> list[Delivered]:
        """All notices about a tenant that came so far, duplicates included; of one event, if it is named."""
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self._delivered += _each(_read(message))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return [each for each in self._delivered if each.tenant == tenant and event in {None, each.event}]

    def wait_for(self, tenant: str, event: str) -> Delivered:
        """The first notice of an event about a tenant."""

        def found() -> list[Delivered]:
            if there := self.delivered(tenant, event):
                return there
            # Warnings would wait for the schedule.
            self._functions.invoke(FunctionName=self._digest, Payload=b"{}")
            return self.delivered(tenant, event)

        return eventually(found, f"a notice {event} about {tenant}")[0]


def _read(message: dict[str, Any]) -> Delivered:
    body = json.loads(message["Body"])
    # A failed escalation is told past the guard, without attributes.
    attributes = {name: each["Value"] for name, each in body.get("MessageAttributes", {}).items()}
    nameless = {"id": body["MessageId"], "event": "", "severity": ""}
    subject = body.get("Subject", "")
    return Delivered(topic=body["TopicArn"], subject=subject, text=body["Message"], **nameless | attributes)


def _each(delivered: Delivered) -> Iterator[Delivered]:
    """The warnings in a digest, each by itself; any other notice as it is."""
    if delivered.event != "Digest":
        yield delivered
        return
    for tenant, event, subject, text in warnings_in(delivered.text):
        yield replace(delivered, tenant=tenant, event=event, subject=subject, text=text)
