"""Counts what SES reports: sends from one queue, bounces and complaints from the other."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from reputation_guard import wiring
from reputation_guard.domain.mail import MailEvent
from reputation_guard.usecases.count import count
from reputation_guard.wire import MalformedError
from reputation_guard.wire.mail import parse_mail_event

logger, metrics = Logger(), Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Count a batch; what cannot be read or written goes back to the queue alone, at last to the dead letters."""
    now = wiring.now()
    events: dict[str, MailEvent] = {}
    failed: set[str] = set()
    for record in event["Records"]:
        try:
            events[record["messageId"]] = parse_mail_event(record["body"], now)
        except MalformedError as error:
            failed.add(record["messageId"])
            field, problem = error.args
            logger.error("malformed record", extra={"record": record["messageId"], "field": field, "problem": problem})
    tally = count(events, wiring.counting(), wiring.owners(), wiring.counting_rules(), now)
    for name, number in (
        ("Sends", tally.sends),
        ("Feedback", tally.feedback),
        ("Unattributed", tally.unattributed),
        ("TooOld", tally.too_old),
        ("Malformed", len(failed)),
        ("NotWritten", len(tally.failed)),
    ):
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    return {"batchItemFailures": [{"itemIdentifier": name} for name in sorted(failed | tally.failed)]}
