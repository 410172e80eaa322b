"""Orders to the guard about a tenant: give one to its function, and find out what came of it at SES."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from cli.account import in_one_line
from cli.asking import by_function, by_url, has_url
from cli.command import FINE, WRONG, Desk
from cli.words import moment
from reputation_guard.aws.book_reader import BookReader, WrittenDecision
from reputation_guard.domain.sending import Sending, SendingStatus
from reputation_guard.domain.words import sending_in_words
from reputation_guard.ports.book import Outcome
from reputation_guard.ports.errors import RefusedError, UnavailableError

_PATIENCE_SECONDS = 90
_LOOK_EVERY_SECONDS = 1.0
# Between the order and the look other decisions about the tenant may have been written.
_LOOK_BACK = 10


@dataclass(frozen=True, slots=True)
class Deed:
    """What is ordered, in words. `done` is also the member of the function's answer that says so."""

    function: str
    noun: str
    done: str
    to_do: str
    came_to_be: str
    undone: str
    lets_send: bool


RESUME = Deed(
    function="ManualResumeFunction",
    noun="resume",
    done="resumed",
    to_do="let {} send",
    came_to_be="sends again",
    undone="stopped again",
    lets_send=True,
)
PAUSE = Deed(
    function="ManualPauseFunction",
    noun="pause",
    done="paused",
    to_do="stop {}",
    came_to_be="cannot send any more",
    undone="sending again",
    lets_send=False,
)


@dataclass(frozen=True, slots=True)
class Report:
    """How an order went. `outcome`: refused by the guard, decided, pending, or how the decision was settled.

    Of a resume also: foreseen (a dry run), declined (at the question), proposed (it waits for a second approver); of
    one of many: failed (AWS did not answer as it should, so that nobody knows whether it was done).
    """

    tenant: str
    outcome: str
    message: str
    is_fine: bool
    decision: str | None = None
    error: str | None = None
    operator: str | None = None
    probation_ends: str | None = None
    sending_status: SendingStatus | None = None
    preflight: Mapping[str, Any] | None = None


def who_orders(desk: Desk, operator: str | None) -> str:
    """The name given, else the ARN of the credentials, which IAM proves where there is a URL for operators."""
    return operator or str(desk.deployment.account.client("sts").get_caller_identity()["Arn"])


def give(desk: Desk, deed: Deed, order: Mapping[str, object], *, declared: bool) -> dict[str, Any]:
    """Give the order, and return the answer: in a declared name to its function, else in the name that IAM proves."""
    if declared or not has_url(desk):
        return by_function(desk, deed.function, order, deed.done)
    proved = {name: value for name, value in order.items() if name not in {"tenant", "operator"}}
    return by_url(desk, f"tenants/{quote(str(order['tenant']), safe='')}/{deed.noun}", proved, deed.done)


def refused(tenant: str, operator: str, answer: Mapping[str, Any]) -> Report:
    """The report of an order that the guard did not take."""
    error = str(answer.get("error", "NoAnswer"))
    message = str(answer.get("message", "The function gave no answer that guard understands."))
    return Report(tenant, "refused", message, is_fine=False, error=error, operator=operator)


def carried_out(desk: Desk, deed: Deed, answer: Mapping[str, Any], operator: str, *, wait: bool) -> Report:
    """The report of an order that was decided: what SES says of it, where there is time to wait."""
    decided = Report(
        tenant=answer["tenant"],
        outcome="decided",
        message=f"Decided. See how it went: guard status {answer['tenant']}",
        is_fine=True,
        decision=answer["decision"],
        operator=operator,
        probation_ends=answer.get("probation_ends"),
    )
    return _settled(desk, deed, decided) if wait else decided


def print_report(desk: Desk, report: Report) -> int:
    """Print one report, and return its exit code."""
    if desk.as_json:
        desk.print_json(asdict(report))
        return FINE if report.is_fine else WRONG
    named = report.error and not report.is_fine
    desk.say(f"{report.error}: {report.message}" if named else report.message, "" if report.is_fine else "bold")
    if report.sending_status:
        desk.say(f"SES says: {sending_in_words(report.sending_status)}, set {moment(report.sending_status.stamp)}.")
    if report.is_fine and report.decision:
        ends = report.probation_ends
        probation = f"Probation until {moment(datetime.fromisoformat(ends))}. " if ends else ""
        desk.say(f"{probation}Decision {report.decision}, by {report.operator}.")
    return FINE if report.is_fine else WRONG


def _settled(desk: Desk, deed: Deed, decided: Report) -> Report:
    """Wait until the decision is settled or SES refused it, and ask SES itself."""
    book = desk.deployment.book_reader
    until = time.monotonic() + _PATIENCE_SECONDS
    with desk.err.status(f"Waiting for SES to {deed.to_do.format(decided.tenant)}"):
        written = _find(book, decided)
        while (written is None or (written.is_pending and not written.refused_at)) and time.monotonic() < until:
            time.sleep(_LOOK_EVERY_SECONDS)
            written = _find(book, decided)
    try:
        arn = written.decision.tenant.arn if written else None
        sending, unread = desk.deployment.gate.look(arn or desk.deployment.gate.arn_of(decided.tenant)), ""
    except (RefusedError, UnavailableError) as error:
        sending, unread = None, in_one_line(error)
    outcome = written.outcome if written else None
    return replace(
        decided,
        outcome=outcome or "pending",
        message=_in_words(deed, decided.tenant, written, sending, unread),
        is_fine=outcome is Outcome.CONFIRMED and (sending is None or _is_as_ordered(deed, sending)),
        sending_status=sending,
    )


def _find(book: BookReader, decided: Report) -> WrittenDecision | None:
    found = book.decisions_of(decided.tenant, _LOOK_BACK)
    return next((each for each in found if each.decision.id == decided.decision), None)


def _is_as_ordered(deed: Deed, sending: SendingStatus) -> bool:
    return (sending.aggregate is not Sending.DISABLED) is deed.lets_send


def _in_words(
    deed: Deed, name: str, written: WrittenDecision | None, sending: SendingStatus | None, unread: str
) -> str:
    outcome = written.outcome if written else None
    if deed.lets_send and sending and sending.stopped_by_ses:
        return f"{name} is still blocked by SES: only AWS Support can lift this. Open a case there."
    if outcome is Outcome.CONFIRMED and sending is None:
        return f"SES confirmed the {deed.noun} of {name}; how it is by now cannot be read: {unread}"
    if outcome is Outcome.CONFIRMED and sending and _is_as_ordered(deed, sending):
        return f"{name} {deed.came_to_be}."
    if outcome is Outcome.CONFIRMED:
        return f"SES confirmed the {deed.noun} of {name}, and by now it is {deed.undone}."
    if outcome:
        return f"{name} was not {deed.done}: the decision was {outcome}. See why: guard status {name}"
    if written and written.refused_at:
        tried = "The guard tries again every minute; check its rights: guard doctor"
        return f"SES refused to {deed.to_do.format(name)}. {tried}"
    return f"Not confirmed within {_PATIENCE_SECONDS} s. The guard keeps trying; look later: guard status {name}"
