"""SES's status and finding events: only whose they are, since the rest is read anew from SES."""

import re

from pydantic import BaseModel, ConfigDict, ValidationError

from reputation_guard.wire import MalformedError, malformed

# The account is empty in some of SES's own examples.
_TENANT_ARN = re.compile(r"arn:[^:]+:ses:[^:]*:\d*:tenant/([A-Za-z0-9_-]+)(?:/.+)?")


class _StatusEvent(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    resources: tuple[str, ...]


def tenant_of_status_event(body: str | bytes) -> str:
    """The tenant that a status or finding event is about. Raises `MalformedError` with the field that was wrong."""
    try:
        event = _StatusEvent.model_validate_json(body)
    except ValidationError as error:
        raise malformed(error) from None
    for resource in event.resources:
        if match := _TENANT_ARN.fullmatch(resource):
            return match.group(1)
    raise MalformedError("resources", "holds no tenant's ARN")
