"""Every minute: does what is due, and wakes the enforcer if anything is pending."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from reputation_guard import wiring
from reputation_guard.usecases.review import review

logger, metrics = Logger(), Metrics()


@metrics.log_metrics
def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Review what is due now."""
    now = wiring.now()
    result = review(wiring.court(now), wiring.owners(), wiring.associations(), wiring.waker(), now)
    metrics.add_metric(name="Reviews", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="PendingDecisions", unit=MetricUnit.Count, value=result.pending)
    logger.info("reviewed", extra=asdict(result))
    return asdict(result)
