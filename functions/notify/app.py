"""Turns guard events into notices for people."""

from typing import Any

from aws_lambda_powertools import Logger

from reputation_guard import wiring
from reputation_guard.domain.incident_notice import notice_about
from reputation_guard.ports import RefusedError, UnavailableError
from reputation_guard.wire.announcement import parse_announcement
from reputation_guard.wire.queue import failures, read_batch

logger = Logger()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Post the notices of a batch of guard events; what could not be posted goes back to the queue alone."""
    batch = read_batch(event, parse_announcement)
    failed = set(batch.malformed)
    for record, error in batch.malformed.items():
        logger.error("malformed record", extra={"record": record, "field": error.field, "problem": error.problem})
    for record, announcement in batch.read.items():
        notice = notice_about(announcement)
        try:
            wiring.notice_board().post(notice)
            logger.info("posted", extra={"notice": notice.id, "subject": notice.subject})
        except (UnavailableError, RefusedError) as reason:
            failed.add(record)
            logger.warning("not posted", extra={"record": record, "error": repr(reason)})
    return failures(failed)
