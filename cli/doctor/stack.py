"""The stack as a whole: whether it is deployed, and in which mode."""

import json
from collections.abc import Iterator

from cli.doctor.diagnosis import Diagnosis, Examination, fail, ok, warn
from reputation_guard.aws.book_items import MODE_KEY
from reputation_guard.domain.policy import Mode


def deployed(exam: Examination) -> Iterator[Diagnosis]:
    """The stack is where CloudFormation wanted it to be."""
    name, status = exam.deployment.stack, exam.deployment.status
    events = exam.deployment.account.command(
        "cloudformation describe-stack-events",
        f"--stack-name {name}",
        "--query \"StackEvents[?contains(ResourceStatus,'FAILED')].[LogicalResourceId,ResourceStatusReason]\"",
        "--output text",
    )
    if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
        yield ok(f"{name} is {status}.")
    elif status in ("UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"):
        yield warn(f"The last deployment of {name} failed and was taken back; the one before it works.", events)
    elif status.endswith("_IN_PROGRESS"):
        yield warn(f"{name} is being changed just now ({status}).", "Run guard doctor again when it is done.")
    else:
        yield fail(f"{name} is {status}: what it is made of may be missing or old.", events)


def mode(exam: Examination) -> Iterator[Diagnosis]:
    """The guard acts, or only observes, and by whose word."""
    template, switch = exam.deployment.settings.mode, exam.deployment.book.mode().switch
    if Mode.most_cautious(template, switch) is Mode.ENFORCE:
        yield ok(f"The guard enforces (template {template}, the book's switch {switch or 'is not set'}).")
    if template is Mode.OBSERVE:
        fix = f"sam deploy --stack-name {exam.deployment.stack} --parameter-overrides Mode=enforce"
        yield warn("The guard only observes, because it was deployed so: it pauses nobody.", fix)
    if switch is Mode.OBSERVE:
        yield warn("The guard only observes, because the book's switch says so.", _switch_back(exam))


def _switch_back(exam: Examination) -> str:
    return exam.deployment.account.command(
        "dynamodb update-item",
        f"--table-name {exam.deployment.output('BookTable')}",
        f"--key '{json.dumps(MODE_KEY)}'",
        "--update-expression 'REMOVE #switch'",
        """--expression-attribute-names '{"#switch": "switch"}'""",
    )
