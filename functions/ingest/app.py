"""Counts what SES reports: sends from one queue, bounces and complaints from the other."""

from functools import partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from reputation_guard import wiring
from reputation_guard.usecases.count import count
from reputation_guard.wire.mail import parse_mail_event
from reputation_guard.wire.queue import failures, last_chances, read_batch, waits

logger, metrics = Logger(), Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Count a batch; what cannot be read or written goes back to the queue alone, at last to the dead letters."""
    now = wiring.now()
    batch = read_batch(event, partial(parse_mail_event, now=now))
    last_chance = last_chances(event, wiring.settings().receives)
    rules = wiring.counting_rules()
    tally = count(batch.read, wiring.counting(), wiring.owners(), rules, now, last_chance, waits(event, now))
    for record, error in batch.malformed.items():
        logger.error("malformed record", extra={"record": record, "field": error.field, "problem": error.problem})
    for record, why in tally.failed.items():
        logger.warning("not counted", extra={"record": record, "error": why})
    for name, number in (
        ("Sends", tally.sends),
        ("Feedback", tally.feedback),
        ("Unattributed", tally.unattributed),
        ("TooOld", tally.too_old),
        ("Malformed", len(batch.malformed)),
        ("NotCounted", len(tally.failed)),
    ):
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    return failures({*batch.malformed, *tally.failed})
