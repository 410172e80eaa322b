"""Follows SES: adopts what SES or a person did to a tenant, and knows the guard's own echo."""

from typing import Any

from aws_lambda_powertools import Logger

from reputation_guard import wiring
from reputation_guard.ports import GoneError, RefusedError, StaleError, UnavailableError
from reputation_guard.usecases.adopt import adopt
from reputation_guard.wire import MalformedError
from reputation_guard.wire.status import tenant_of_status_event

logger = Logger()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Read SES anew for the tenants of a batch of status and finding events, one call for each tenant."""
    now = wiring.now()
    failed: set[str] = set()
    tenants: dict[str, set[str]] = {}
    for record in event["Records"]:
        try:
            tenants.setdefault(tenant_of_status_event(record["body"]), set()).add(record["messageId"])
        except MalformedError as error:
            failed.add(record["messageId"])
            field, problem = error.args
            logger.error("malformed record", extra={"record": record["messageId"], "field": field, "problem": problem})
    for tenant, records in tenants.items():
        try:
            logger.info("mirrored", extra={"tenant": tenant, "hand": adopt(tenant, wiring.mirror(now), now)})
        except GoneError:
            logger.warning("SES knows no such tenant any more: nothing to adopt", extra={"tenant": tenant})
        except (StaleError, UnavailableError, RefusedError) as error:
            failed |= records
            logger.warning("not mirrored", extra={"tenant": tenant, "error": repr(error)})
    return {"batchItemFailures": [{"itemIdentifier": name} for name in sorted(failed)]}
