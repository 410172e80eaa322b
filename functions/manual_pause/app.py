"""An operator pauses a tenant: invoked with tenant, reason and operator."""

from typing import Any

from aws_lambda_powertools import Logger

from reputation_guard import wiring
from reputation_guard.usecases.pause import pause
from reputation_guard.wire.order import answered, parse_pause, paused

logger = Logger()


def handler(event: object, _context: object) -> dict[str, Any]:
    """Decide the pause, or say clearly why not; `enforce` carries it out within moments."""
    return answered("paused", lambda: _pause(event))


def _pause(event: object) -> dict[str, Any]:
    order = parse_pause(event)
    decision, tenant = pause(order, wiring.pausing(), wiring.now())
    logger.info(
        "pause decided", extra={"decision": decision.id, "operator": order.operator.name, "reason": order.reason}
    )
    return paused(decision, tenant)
