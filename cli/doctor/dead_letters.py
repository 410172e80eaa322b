"""What failed for good, and how to have it done after all."""

from collections.abc import Iterator

from cli.doctor.diagnosis import Diagnosis, Examination, fail, ok
from cli.redrive.letters import SUFFIX, DeadLetters
from cli.words import count


def dead_letters(exam: Examination) -> Iterator[Diagnosis]:
    """No queue of failures holds anything."""
    found = [each for each in exam.deployment.of_kind("SQS::Queue") if each.logical_id.endswith(SUFFIX)]
    full = 0
    for each in found:
        depth = DeadLetters(exam.deployment.account.client("sqs"), each.physical_id).depth()
        if depth:
            full += 1
            yield fail(f"{each.logical_id} holds {count(depth, 'message')}.", _fix(each.logical_id), each.logical_id)
    if not full:
        yield ok(f"{count(len(found), 'dead-letter queue')}, all empty.")


def _fix(queue: str) -> str:
    return f"guard redrive    # what is there, and why\n# when the cause is mended:\nguard redrive {queue}"
