"""Every minute: does what is due, and wakes the enforcer if anything is pending."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from reputation_guard import wiring
from reputation_guard.usecases.review import review
from reputation_guard.usecases.survey import Survey

logger, metrics = Logger(), Metrics()
_STANDINGS = {"PAUSED": "TenantsPaused", "PROBATION": "TenantsOnProbation", "WARNED": "TenantsWarned"}


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
    if result.survey:
        _show(result.survey)
    logger.info("reviewed", extra=asdict(result))
    return asdict(result)


def _show(survey: Survey) -> None:
    for standing, number in survey.standings.items():
        metrics.add_metric(name=_STANDINGS[standing], unit=MetricUnit.Count, value=number)
    for name, rate in survey.rates.items():
        metrics.add_metric(name=f"Account{name}", unit=MetricUnit.Percent, value=100 * rate)
    if survey.kept is not None:
        metrics.add_metric(name="KeptPauses", unit=MetricUnit.Count, value=survey.kept)
    if survey.watermark_age_seconds is not None:
        metrics.add_metric(name="WatermarkAge", unit=MetricUnit.Seconds, value=survey.watermark_age_seconds)
    if survey.missing:
        logger.warning("numbers for people are missing", extra={"error": survey.missing})
