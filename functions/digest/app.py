"""Tells the warnings that are due, as one notice."""

from typing import Any

from aws_lambda_powertools import Logger

from reputation_guard import wiring
from reputation_guard.usecases.deliver import send_digest
from reputation_guard.wiring import notices

logger = Logger()


def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send the digest, if any warning is due; a failed one is sent by the next."""
    digest = send_digest(notices.warnings(), notices.digests(), wiring.now())
    told = {"notice": digest.id if digest else None}
    logger.info("told" if digest else "nothing to tell", extra=told)
    return told
