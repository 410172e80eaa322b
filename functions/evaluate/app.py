"""Judges the tenants whose feedback grew."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from reputation_guard import wiring
from reputation_guard.usecases.judge import judge_fresh

logger, metrics = Logger(), Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> None:
    """Judge a batch of the counts' stream. What it raises makes the stream deliver the batch again: twice is once."""
    now = wiring.now()
    feedback = wiring.feedback_in(event)
    decisions = judge_fresh(feedback, wiring.court(now), now)
    metrics.add_metric(name="Decisions", unit=MetricUnit.Count, value=len(decisions))
    for decision in decisions:
        logger.info("decided", extra={"decision": decision.id, "announces": decision.announces})
