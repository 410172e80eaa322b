"""An operator resumes a tenant: invoked with tenant, reason and operator."""

from typing import Any

from aws_lambda_powertools import Logger

from reputation_guard import wiring
from reputation_guard.ports import RefusedError, StaleError, UnavailableError
from reputation_guard.usecases.resume import CannotResumeError, resume
from reputation_guard.wire import MalformedError
from reputation_guard.wire.order import parse_order, refusal

logger = Logger()


def handler(event: object, _context: object) -> dict[str, Any]:
    """Decide the resume, or say clearly why not; `enforce` carries it out within moments."""
    try:
        order = parse_order(event)
        decision, tenant = resume(order, wiring.resuming(), wiring.now())
    except MalformedError as error:
        return refusal("BadOrder", f"{error.field}: {error.problem}")
    except CannotResumeError as error:
        return refusal(error.code, error.advice)
    except StaleError:
        return refusal("ChangedMeanwhile", "The tenant's record changed just now: look at it again, then resume.")
    except RefusedError as error:
        return refusal("RefusedBySes", ": ".join(map(str, error.args)))
    except UnavailableError as error:
        return refusal("NotNow", f"AWS did not answer as it should ({error}): try again in a minute.")
    logger.info("resume decided", extra={"decision": decision.id, "operator": order.operator, "reason": order.reason})
    return {
        "resumed": True,
        "decision": decision.id,
        "tenant": tenant.name,
        "standing": tenant.standing,
        "fence": tenant.fence.isoformat() if tenant.fence else None,
        "probation_ends": tenant.probation_ends.isoformat() if tenant.probation_ends else None,
        "message": "Decided. SES is called within moments; a notice says how it went.",
    }
