"""Carries out what was decided, at SES and on the guard bus."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from reputation_guard import wiring
from reputation_guard.usecases.enforce import enforce

logger, metrics = Logger(), Metrics()
# The last decision begun has this long to be read back, announced and settled.
_TO_FINISH = timedelta(seconds=20)


@metrics.log_metrics
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Work off what is pending: the event, a stream's record or a review's, only wakes."""
    until = wiring.now() + timedelta(milliseconds=context.get_remaining_time_in_millis()) - _TO_FINISH
    result = enforce(wiring.enforcer(), until)
    for decision, turn in result.ended.items():
        logger.info(turn, extra={"decision": decision})
    for decision, why in result.left.items():
        logger.warning("left for the next round", extra={"decision": decision, "error": why})
    outcome = {"Settled": result.settled, "Refused": result.refused, "Left": len(result.left)}
    for name, number in outcome.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    return outcome
