"""Turns guard events into notices for people."""

from typing import Any

from aws_lambda_powertools import Logger

from reputation_guard import wiring
from reputation_guard.domain.notices import notice_of
from reputation_guard.ports import RefusedError, UnavailableError
from reputation_guard.wire import MalformedError
from reputation_guard.wire.announcement import parse_announcement

logger = Logger()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Post the notices of a batch of guard events; what could not be posted goes back to the queue alone."""
    failed = []
    for record in event["Records"]:
        try:
            notice = notice_of(parse_announcement(record["body"]))
            wiring.notice_board().post(notice)
            logger.info("posted", extra={"notice": notice.id, "subject": notice.subject})
        except MalformedError as error:
            failed.append(record["messageId"])
            field, problem = error.args
            logger.error("malformed record", extra={"record": record["messageId"], "field": field, "problem": problem})
        except (UnavailableError, RefusedError) as error:
            failed.append(record["messageId"])
            logger.warning("not posted", extra={"record": record["messageId"], "error": repr(error)})
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}
