"""The queues of a stack as moto has them, and what may lie in them."""

import json
from collections.abc import Mapping
from typing import Any

from cli.redrive.edges import EDGES
from tests.cli.aws import OUTPUTS, FakeAws, client_of, guard, queue_url
from tests.template.stack import EVENTS

BOUNCE = (EVENTS / "bounce-hard.json").read_text(encoding="utf-8")
POISON = json.dumps({"detail": {"eventType": "Bounce", "mail": {"messageId": "m-1"}}})
BUCKET, KEPT = "stream-failures", "aws/lambda/1/shard/2026/11/24/batch"
OF_S3 = json.dumps({"source": "aws.s3", "detail": {"bucket": {"name": BUCKET}, "object": {"key": KEPT}}})


class Queues:
    """The queues of the stack."""

    def __init__(self, aws: FakeAws) -> None:
        self.aws = aws
        self.sqs = client_of("sqs")
        del aws.answers["GetQueueAttributes"]
        resources = aws.answers["ListStackResources"]
        assert isinstance(resources, Mapping)
        found = {each["LogicalResourceId"]: each for each in resources["StackResourceSummaries"]}
        for name in (*EDGES, *(name.replace("DeadLetters", "Queue") for name in EDGES)):
            self.sqs.create_queue(QueueName=name)
            found.setdefault(name, _resource(name))
        found["PagesTopic"]["PhysicalResourceId"] = OUTPUTS["PagesTopic"]
        found["EscalationFailedRule"] = _resource("EscalationFailedRule", "Events::Rule", "failed-rule")
        aws.answers["ListStackResources"] = {"StackResourceSummaries": list(found.values())}

    def put(self, queue: str, body: str, **told: str) -> str:
        """Put a letter, and what whoever put it there says of the failure; its id."""
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
        sent = self.sqs.send_message(QueueUrl=queue_url(queue), MessageBody=body, MessageAttributes=attributes)
        return str(sent["MessageId"])

    def bodies(self, queue: str) -> list[str]:
        """What anybody else finds in a queue at this moment; it stays."""
        found = self.sqs.receive_message(QueueUrl=queue_url(queue), MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [each["Body"] for each in found.get("Messages", [])]

    def keep(self, *records: Mapping[str, Any]) -> None:
        """Keep a failed batch, as Lambda does."""
        s3 = client_of("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        context = {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 11}
        kept = {"requestContext": context, "payload": json.dumps({"Records": records})}
        s3.put_object(Bucket=BUCKET, Key=KEPT, Body=json.dumps(kept).encode())

    def record_calls(self, operation: str, answer: Mapping[str, Any] | None = None) -> list[Mapping[str, Any]]:
        """Have AWS answer an operation; what it was called with."""
        called: list[Mapping[str, Any]] = []

        def answers(**given: Any) -> Mapping[str, Any]:
            called.append(given)
            return answer or {}

        self.aws.answers[operation] = answers
        return called


def _resource(name: str, kind: str = "SQS::Queue", physical: str = "") -> dict[str, str]:
    return {
        "LogicalResourceId": name,
        "ResourceType": f"AWS::{kind}",
        "PhysicalResourceId": physical or queue_url(name),
    }


def told(*words: str) -> dict[str, Any]:
    """What a command answers a program."""
    found: dict[str, Any] = json.loads(guard(*words, "--json").stdout)
    return found
