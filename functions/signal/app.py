"""Tells an incident what a person says, who invokes it, or what the guard announced, which comes by a queue."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from reputation_guard import wiring
from reputation_guard.domain.incident import Incident
from reputation_guard.ports.errors import RefusedError, StaleError, UnavailableError
from reputation_guard.usecases.tell import pass_on, tell
from reputation_guard.wire.announcement import parse_tenants_event
from reputation_guard.wire.queue import failures, is_batch, read_batch
from reputation_guard.wire.signal import heard, parse_signal

logger = Logger()


def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    """Tell one thing and answer how it went, or a batch of guard events: what fails goes back to the queue alone."""
    if is_batch(event):
        return _pass_on(event)
    return heard(lambda: _tell(event, context))


def _tell(event: object, context: LambdaContext) -> Incident:
    said = parse_signal(event, context.aws_request_id, wiring.now())
    incident = tell(said.incident, said.signal, wiring.hearing())
    logger.info("signalled", extra={"incident": incident.id, "signal": said.signal.kind, "by": said.signal.by})
    return incident


def _pass_on(event: dict[str, Any]) -> dict[str, Any]:
    batch = read_batch(event, parse_tenants_event)
    failed = set(batch.malformed)
    for record, error in batch.malformed.items():
        logger.error("malformed record", extra={"record": record, "field": error.field, "problem": error.problem})
    for record, announcement in batch.read.items():
        try:
            incident = pass_on(announcement, wiring.hearing())
            told = {"incident": incident.id if incident else None, "announcement": announcement.id}
            logger.info("signalled", extra=told)
        except (StaleError, UnavailableError, RefusedError) as reason:
            failed.add(record)
            logger.warning("not signalled", extra={"record": record, "error": repr(reason)})
    return failures(failed)
