"""An operator resumes a tenant, or asks what would happen: invoked with tenant, reason and operator."""

from typing import Any

from aws_lambda_powertools import Logger

from reputation_guard import wiring
from reputation_guard.usecases.foresee import foresee
from reputation_guard.usecases.resume import resume
from reputation_guard.wire.order import answered, foreseen, parse_resume, resumed

logger = Logger()


def handler(event: object, _context: object) -> dict[str, Any]:
    """Decide the resume, or say clearly why not; `enforce` carries it out within moments."""
    return answered("resumed", lambda: _resume(event))


def _resume(event: object) -> dict[str, Any]:
    order, now = parse_resume(event), wiring.now()
    if order.dry_run:
        return foreseen(foresee(order, wiring.foreseeing(now), now))
    decision, tenant = resume(order, wiring.resuming(), now)
    logger.info(
        "resume decided", extra={"decision": decision.id, "operator": order.operator.name, "reason": order.reason}
    )
    return resumed(decision, tenant)
