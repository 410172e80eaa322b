"""The queue of somebody who is told what the guard does."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from local.aws import EmbeddedAws
from local.digest import warnings_in

_TOPICS = ("PagesTopic", "SecondRungTopic", "ThirdRungTopic", "WarningsTopic")


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
    ask_for_digest: Callable[[], object]
    delivered: dict[str, Delivered] = field(default_factory=dict)

    @classmethod
    def subscribed(cls, aws: EmbeddedAws) -> "Inbox":
        """Make the queue, and subscribe it to the topics people read."""
        sqs, sns = aws.client("sqs"), aws.client("sns")
        url = sqs.create_queue(QueueName="on-call")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for topic in _TOPICS:
            sns.subscribe(TopicArn=aws.outputs[topic], Protocol="sqs", Endpoint=arn)
        functions, digest = aws.client("lambda"), aws.outputs["DigestFunction"]
        return cls(sqs, url, lambda: functions.invoke(FunctionName=digest, Payload=b"{}"))

    def read(self) -> list[Delivered]:
        """Take in what has come, and return all of it; a notice that came twice is one."""
        while messages := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                for notice in _notices(json.loads(message["Body"])):
                    self.delivered.setdefault(notice.id, notice)
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return list(self.delivered.values())


def _notices(envelope: Mapping[str, Any]) -> Iterator[Delivered]:
    """The notice; of a digest each warning by itself."""
    told = _notice(envelope)
    if told.event != "Digest":
        yield told
        return
    for tenant, event, subject, text in warnings_in(told.text):
        yield replace(told, id=f"{told.id}.{tenant}.{event}", tenant=tenant, event=event, subject=subject, text=text)


def _notice(envelope: Mapping[str, Any]) -> Delivered:
    attributes = {name: each["Value"] for name, each in envelope["MessageAttributes"].items()}
    return Delivered(
        id=attributes["id"],
        event=attributes["event"],
        tenant=attributes.get("tenant", ""),
        urgent=attributes["severity"] == "page",
        at=datetime.fromisoformat(envelope["Timestamp"]),
        subject=envelope["Subject"],
        text=envelope["Message"],
    )
