"""What failed for good, and how to send it round again."""

from collections.abc import Iterator
from typing import Any

from cli.deployment import Resource
from cli.doctor.diagnosis import Diagnosis, Examination, fail, ok
from cli.words import count

_SUFFIX = "DeadLetters"


def dead_letters(exam: Examination) -> Iterator[Diagnosis]:
    """No queue of failures holds anything."""
    found = [each for each in exam.deployment.of_kind("SQS::Queue") if each.logical_id.endswith(_SUFFIX)]
    full = 0
    for each in found:
        depth = _depth(exam, each)
        if depth:
            full += 1
            yield fail(f"{each.logical_id} holds {count(depth, 'message')}.", _fix(exam, each), each.logical_id)
    if not full:
        yield ok(f"{count(len(found), 'dead-letter queue')}, all empty.")


def _depth(exam: Examination, queue: Resource) -> int:
    # Also what somebody is looking at just now.
    wanted: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs = exam.deployment.account.client("sqs")
    found = sqs.get_queue_attributes(QueueUrl=queue.physical_id, AttributeNames=wanted)["Attributes"]
    return sum(int(found.get(name, 0)) for name in wanted)


def _fix(exam: Examination, queue: Resource) -> str:
    """Look first; then send it round again where there is a queue to send it to, or throw it away."""
    account = exam.deployment.account
    options = (f"--queue-url {queue.physical_id}", "--max-number-of-messages 10", "--visibility-timeout 0")
    look = account.command("sqs receive-message", *options)
    source = exam.deployment.resources.get(queue.logical_id.removesuffix(_SUFFIX) + "Queue")
    if source is None:
        # Wake-ups: what they were for is still in the tables, and is done by the next one.
        purge = account.command("sqs purge-queue", f"--queue-url {queue.physical_id}")
        return f"{look}\n# when the cause is mended; what it was for is safe in the tables:\n{purge}"
    again = account.command(
        "sqs start-message-move-task",
        f"--source-arn {_arn(exam, queue)}",
        f"--destination-arn {_arn(exam, source)}",
    )
    return f"{look}\n# when the cause is mended, send them round again:\n{again}"


def _arn(exam: Examination, queue: Resource) -> str:
    return exam.deployment.arn("sqs", queue.physical_id.rpartition("/")[2])
