"""Turns guard events into notices for people."""

from collections import Counter
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from reputation_guard import wiring
from reputation_guard.ports.errors import RefusedError, UnavailableError
from reputation_guard.usecases.deliver import notify
from reputation_guard.wire.announcement import parse_announcement
from reputation_guard.wire.queue import failures, last_chances, read_batch
from reputation_guard.wiring import notices

logger, metrics = Logger(), Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Tell people of a batch of guard events; what could not be told goes back to the queue alone."""
    batch, now, told_of = read_batch(event, parse_announcement), wiring.now(), Counter[str]()
    last, failed = last_chances(event, wiring.settings().receives), set(batch.malformed)
    for record, error in batch.malformed.items():
        logger.error("malformed record", extra={"record": record, "field": error.field, "problem": error.problem})
    for record, announcement in batch.read.items():
        try:
            notice = notify(announcement, notices.notifying(), now, is_last_chance=record in last)
            told = {"notice": notice.id, "severity": notice.severity, "subject": notice.subject} if notice else {}
            logger.info("told", extra={"announcement": announcement.id, **told})
            told_of[announcement.name] += 1
        except (UnavailableError, RefusedError) as reason:
            failed.add(record)
            logger.warning("not told", extra={"record": record, "error": repr(reason)})
    metrics.add_metric(name="NotTold", unit=MetricUnit.Count, value=len(failed))
    for name, number in told_of.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    return failures(failed)
