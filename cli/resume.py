"""`guard resume`: let a paused tenant send again, and say what SES says about it afterwards."""

import json
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from cli.account import in_one_line
from cli.command import FINE, WRONG, Desk, command
from cli.words import moment
from reputation_guard.aws.book_reader import BookReader, WrittenDecision
from reputation_guard.domain.tenant import Sending, SendingStatus
from reputation_guard.domain.words import sending_in_words
from reputation_guard.ports import Outcome, RefusedError, UnavailableError

_PATIENCE_SECONDS = 90
_LOOK_EVERY_SECONDS = 1.0
# Between the order and the look other decisions about the tenant may have been written.
_LOOK_BACK = 10


@dataclass(frozen=True, slots=True)
class Report:
    """How a resume went. `outcome`: refused by the guard, decided, pending, or how the decision was settled."""

    tenant: str
    outcome: str
    message: str
    is_fine: bool
    decision: str | None = None
    error: str | None = None
    operator: str | None = None
    probation_ends: str | None = None
    sending_status: SendingStatus | None = None


@command
def resume(
    desk: Desk,
    tenant: Annotated[str, typer.Argument(metavar="TENANT", help="The paused tenant.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it may send again; kept for good.")],
    operator: Annotated[
        str | None,
        typer.Option("--operator", metavar="NAME", help="Who answers for it; else the ARN of your credentials."),
    ] = None,
    *,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait up to 90 s for SES's confirmation.")] = True,
) -> int:
    """Let a paused tenant send again, on probation: only mail sent from now on is judged.

    The guard refuses what makes no sense, such as a tenant that is not paused or that SES itself has stopped.
    """
    operator = operator or str(desk.deployment.account.client("sts").get_caller_identity()["Arn"])
    answer = _order(desk, {"tenant": tenant, "reason": reason, "operator": operator})
    if not answer.get("resumed"):
        return _print(desk, _not_resumed(tenant, operator, answer))
    decided = Report(
        tenant=answer["tenant"],
        outcome="decided",
        message=f"Decided. See how it went: guard status {answer['tenant']}",
        is_fine=True,
        decision=answer["decision"],
        operator=operator,
        probation_ends=answer.get("probation_ends"),
    )
    return _print(desk, _settled(desk, decided) if wait else decided)


def _order(desk: Desk, order: dict[str, str]) -> dict[str, Any]:
    """Invoke the function that resumes by hand; returns its answer."""
    name = desk.deployment.output("ManualResumeFunction")
    answer = desk.deployment.account.client("lambda").invoke(FunctionName=name, Payload=json.dumps(order).encode())
    body = json.loads(answer["Payload"].read() or b"{}")
    if "FunctionError" in answer:
        log = desk.deployment.outputs.get("GuardLog", "its log")
        why = f"{body.get('errorType', 'Error')}: {body.get('errorMessage', '')}. Look into {log}."
        return {"resumed": False, "error": "FunctionFailed", "message": f"The function {name} failed: {why}"}
    return dict(body)


def _not_resumed(tenant: str, operator: str, answer: dict[str, Any]) -> Report:
    error = str(answer.get("error", "NoAnswer"))
    message = str(answer.get("message", "The function gave no answer that guard understands."))
    return Report(tenant, "refused", message, is_fine=False, error=error, operator=operator)


def _settled(desk: Desk, decided: Report) -> Report:
    """Wait until the decision is settled or SES refused it, and ask SES itself."""
    book = desk.deployment.book_reader
    until = time.monotonic() + _PATIENCE_SECONDS
    with desk.err.status(f"Waiting for SES to let {decided.tenant} send again"):
        written = _find(book, decided)
        while (written is None or (written.is_pending and not written.refused_at)) and time.monotonic() < until:
            time.sleep(_LOOK_EVERY_SECONDS)
            written = _find(book, decided)
    try:
        name = decided.tenant
        arn = written.decision.tenant.arn if written else None
        sending, unread = desk.deployment.gate.look(arn or desk.deployment.gate.arn_of(name)), ""
    except (RefusedError, UnavailableError) as error:
        sending, unread = None, in_one_line(error)
    return _report(decided, written, sending, unread)


def _find(book: BookReader, decided: Report) -> WrittenDecision | None:
    found = book.decisions_of(decided.tenant, _LOOK_BACK)
    return next((each for each in found if each.decision.id == decided.decision), None)


def _report(decided: Report, written: WrittenDecision | None, sending: SendingStatus | None, unread: str) -> Report:
    outcome = written.outcome if written else None
    sends = sending is not None and sending.aggregate is not Sending.DISABLED
    name = decided.tenant
    if outcome is Outcome.CONFIRMED and sends:
        text = f"{name} sends again."
    elif outcome is Outcome.CONFIRMED:
        text = f"SES confirmed the resume of {name}, and by now it is stopped again." if sending else unread
    elif outcome:
        text = f"{name} was not resumed: the decision was {outcome}. See why: guard status {name}"
    elif written and written.refused_at:
        text = f"SES refused to let {name} send. The guard tries again every minute; check its rights: guard doctor"
    else:
        text = f"Not confirmed within {_PATIENCE_SECONDS} s. The guard keeps trying; look later: guard status {name}"
    return Report(
        tenant=name,
        outcome=outcome or "pending",
        message=text,
        is_fine=outcome is Outcome.CONFIRMED and (sends or sending is None),
        decision=decided.decision,
        operator=decided.operator,
        probation_ends=decided.probation_ends,
        sending_status=sending,
    )


def _print(desk: Desk, report: Report) -> int:
    if desk.as_json:
        desk.print_json(asdict(report))
        return FINE if report.is_fine else WRONG
    desk.say(f"{report.error}: {report.message}" if report.error else report.message, "" if report.is_fine else "bold")
    if report.sending_status:
        desk.say(f"SES says: {sending_in_words(report.sending_status)}, set {moment(report.sending_status.stamp)}.")
    if report.is_fine:
        desk.say(f"Probation until {_until(report)}. Decision {report.decision}, by {report.operator}.")
    return FINE if report.is_fine else WRONG


def _until(report: Report) -> str:
    return moment(datetime.fromisoformat(report.probation_ends)) if report.probation_ends else "its end"
