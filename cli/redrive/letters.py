"""Dead letters in their queue: held while somebody works on them, and back as they were unless they were removed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from reputation_guard.wire import MalformedError

# How the names of these queues end in the template.
SUFFIX = "DeadLetters"
# Long enough for a replay of thousands; whoever is cut off meanwhile finds them back after it.
_HELD_SECONDS = 600
# SQS asks all of its servers only where one waits; without it a queue that holds something may look empty.
WAIT_SECONDS = 1
_A_BATCH = 10


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it lies there. `told`: what EventBridge or Scheduler say of the failure (message attributes)."""

    id: str
    body: str
    sent_at: datetime
    receives: int
    told: Mapping[str, str]
    # The queue whose consumer failed on it, where it came from one.
    from_queue: str

    def content(self) -> dict[str, Any]:
        """The body as an object. Raises `MalformedError`."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise MalformedError("body", f"is no JSON: {error}") from None
        if not isinstance(found, dict):
            raise MalformedError("body", "is no JSON object")
        return found


def letter_of(message: Mapping[str, Any]) -> Letter:
    """A letter, as SQS brings it."""
    attributes = message.get("Attributes", {})
    return Letter(
        id=message["MessageId"],
        body=message["Body"],
        sent_at=datetime.fromtimestamp(int(attributes.get("SentTimestamp", 0)) / 1000, UTC),
        receives=int(attributes.get("ApproximateReceiveCount", 1)),
        told={name: each.get("StringValue", "") for name, each in message.get("MessageAttributes", {}).items()},
        from_queue=attributes.get("DeadLetterQueueSourceArn", "").rpartition(":")[2],
    )


@dataclass(slots=True)
class DeadLetters:
    """A queue of dead letters. Letters that were read are held, and let go at the end of the `with` block."""

    sqs: Any
    url: str
    _held: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        held = list(self._held.items())
        for start in range(0, len(held), _A_BATCH):
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for number, (_, receipt) in enumerate(held[start : start + _A_BATCH])
            ]
            # What SQS does not let go now comes back by itself.
            self.sqs.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)
        self._held.clear()

    def depth(self) -> int:
        """How many there are, about; with those that somebody holds."""
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=wanted)["Attributes"]
        return sum(int(found.get(name, 0)) for name in wanted)

    def letters(self) -> Iterator[Letter]:
        """Each letter that nobody else holds, once."""
        while True:
            found = self.sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=_A_BATCH,
                VisibilityTimeout=_HELD_SECONDS,
                WaitTimeSeconds=WAIT_SECONDS,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            fresh = [letter_of(each) for each in found if each["MessageId"] not in self._held]
            self._held |= {each["MessageId"]: each["ReceiptHandle"] for each in found}
            if not fresh:
                return
            yield from fresh

    def remove(self, letter: Letter) -> None:
        """Delete a letter that is held."""
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=self._held.pop(letter.id))
