"""The queue of somebody who is told what the guard does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.aws import EmbeddedAws

_TOPICS = ("PagesTopic", "WarningsTopic")


@dataclass(frozen=True, slots=True)
class Delivered:
    """A notice as it reached a subscriber."""

    id: str
    event: str
    tenant: str
    urgent: bool
    at: datetime
    subject: str
    text: str


@dataclass(slots=True)
class Inbox:
    """A queue that is subscribed to everything the guard tells people, and what it got, in order."""

    sqs: Any
    url: str
    delivered: dict[str, Delivered] = field(default_factory=dict)

    @classmethod
    def subscribed(cls, aws: EmbeddedAws) -> "Inbox":
        """Make the queue, and subscribe it to both topics."""
        sqs, sns = aws.client("sqs"), aws.client("sns")
        url = sqs.create_queue(QueueName="on-call")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for topic in _TOPICS:
            sns.subscribe(TopicArn=aws.outputs[topic], Protocol="sqs", Endpoint=arn)
        return cls(sqs, url)

    def read(self) -> list[Delivered]:
        """Take in what has come, and return all of it; a notice that came twice is one."""
        while messages := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                notice = _notice(json.loads(message["Body"]))
                self.delivered.setdefault(notice.id, notice)
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return list(self.delivered.values())


def _notice(envelope: Mapping[str, Any]) -> Delivered:
    attributes = {name: each["Value"] for name, each in envelope["MessageAttributes"].items()}
    return Delivered(
        id=attributes["id"],
        event=attributes["event"],
        tenant=attributes["tenant"],
        urgent=attributes["severity"] == "page",
        at=datetime.fromisoformat(envelope["Timestamp"]),
        subject=envelope["Subject"],
        text=envelope["Message"],
    )
