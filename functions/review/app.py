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
    result = review(wiring.reviewing(now), now)
    metrics.add_metric(name="Reviews", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="PendingDecisions", unit=MetricUnit.Count, value=result.pending)
    metrics.add_metric(name="UnknownPolicies", unit=MetricUnit.Count, value=len(result.unknown_policies))
    for tenant, policy in result.unknown_policies.items():
        logger.warning("nobody knows its policy: the default stands in", extra={"tenant": tenant, "policy": policy})
    logger.info("reviewed", extra=asdict(result))
    return asdict(result)
