"""Follows SES: adopts what SES or a person did to a tenant, and knows the guard's own echo."""

from typing import Any

from aws_lambda_powertools import Logger

from reputation_guard import wiring
from reputation_guard.ports.errors import GoneError, RefusedError, StaleError, UnavailableError
from reputation_guard.usecases.adopt import adopt
from reputation_guard.wire.queue import failures, read_batch
from reputation_guard.wire.status import tenant_of_status_event

logger = Logger()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Read SES anew for the tenants of a batch of status and finding events, once for each tenant."""
    now = wiring.now()
    batch = read_batch(event, tenant_of_status_event)
    for record, error in batch.malformed.items():
        logger.error("malformed record", extra={"record": record, "field": error.field, "problem": error.problem})
    mirror, failed = wiring.mirror(now), set(batch.malformed)
    for tenant in sorted(set(batch.read.values())):
        try:
            hand = adopt(tenant, mirror, now)
            logger.info("mirrored", extra={"tenant": tenant, "hand": hand})
        except GoneError:
            logger.warning("SES knows no such tenant any more: nothing to adopt", extra={"tenant": tenant})
        except (StaleError, UnavailableError, RefusedError) as reason:
            failed |= {record for record, named in batch.read.items() if named == tenant}
            logger.warning("not mirrored", extra={"tenant": tenant, "error": repr(reason)})
    return failures(failed)
