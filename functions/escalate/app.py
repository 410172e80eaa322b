"""The steps of the escalation's state machine: claim the episode, do what is due, wait."""

from typing import Any

from aws_lambda_powertools import Logger

from reputation_guard import wiring
from reputation_guard.usecases.escalate import claim, look, wait
from reputation_guard.wire.step import Claim, LookAt, parse_step

logger = Logger()


def handler(event: object, _context: object) -> dict[str, Any]:
    """Do one step. What it raises makes the state machine try again: each step changes nothing twice."""
    step, world, now = parse_step(event), wiring.escalation(), wiring.now()
    match step:
        case Claim():
            incident = claim(step.case, step.execution, world, now)
            logger.info("claimed" if incident else "another has it", extra={"incident": step.case.decision.id})
            return {"incident": step.case.decision.id, "ours": incident is not None}
        case LookAt():
            found = look(step.incident, world, now)
            goes_on = found.wait_seconds is not None
            logger.info("looked", extra={"incident": step.incident, "goes_on": goes_on, "seconds": found.wait_seconds})
            return {"goes_on": goes_on, "wait_seconds": found.wait_seconds, "revision": found.incident.revision}
        case _:
            wait(step.incident, step.revision, step.token, world)
            return {}
