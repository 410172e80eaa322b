"""Every five minutes: looks at the guard's own sight, and goes on holding all records against SES's truth."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from reputation_guard import wiring
from reputation_guard.usecases.reconcile import reconcile
from reputation_guard.usecases.watch import watch

logger, metrics = Logger(), Metrics()
# The last tenant begun has this long to be adopted.
_TO_FINISH = timedelta(seconds=30)


@metrics.log_metrics
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Watch, then walk as far as the time goes; the next run goes on from there."""
    now = wiring.now()
    until = now + timedelta(milliseconds=context.get_remaining_time_in_millis()) - _TO_FINISH
    try:
        _watch(now)
    finally:
        # Whatever keeps the guard from looking at its own sight must not keep a lost pause lost.
        outcome = _reconcile(now, until)
    return outcome


def _watch(now: datetime) -> None:
    look = watch(wiring.watching(now), now)
    logger.info("watched", extra={"troubles": look.troubles, "sent": look.sent, "seen": look.seen})
    metrics.add_metric(name="Blind", unit=MetricUnit.Count, value=int(look.is_blind))
    metrics.add_metric(name="SecondsBehind", unit=MetricUnit.Seconds, value=look.late.total_seconds())


def _reconcile(now: datetime, until: datetime) -> dict[str, Any]:
    found = reconcile(wiring.reconciling(now), until)
    if found is None:
        logger.info("another run has it")
        return {"ran": False}
    logger.info("reconciled", extra=asdict(found))
    for tenant, trouble in found.adrift.items():
        logger.warning("adrift", extra={"tenant": tenant, "trouble": trouble})
    # A walk that gets nowhere is no sign of life.
    alive = int(found.is_done or found.seen > 0)
    metrics.add_metric(name="TenantsAdrift", unit=MetricUnit.Count, value=len(found.adrift))
    numbers = {"Reconciled": alive, "TenantsSeen": found.seen, "NewTenants": found.new, "PausesLost": found.lost_pauses}
    for name, number in numbers.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    return {"ran": True, **asdict(found)}
