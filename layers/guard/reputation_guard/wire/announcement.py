"""Guard events as they cross the guard bus, and decisions as the book stores them: the domain's own values, as JSON."""

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from reputation_guard.domain.account import Contributor
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.notices import Announcement
from reputation_guard.domain.tenant import Tenant
from reputation_guard.wire import malformed

SOURCE = "reputation-guard"


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    detail: Announcement


@cache
def decisions() -> TypeAdapter[Decision]:
    """How a decision is written and read; every field of it survives the round trip."""
    return TypeAdapter(Decision)


@cache
def tenants() -> TypeAdapter[Tenant]:
    """How a tenant's record is written and read."""
    return TypeAdapter(Tenant)


@cache
def contributors() -> TypeAdapter[Contributor]:
    """How a tenant's parts of the account's budget are written and read."""
    return TypeAdapter(Contributor)


@cache
def _announcements() -> TypeAdapter[Announcement]:
    return TypeAdapter(Announcement)


def detail_of(announcement: Announcement) -> str:
    """The detail of a guard event, as JSON."""
    return _announcements().dump_json(announcement).decode()


def parse_announcement(body: str | bytes) -> Announcement:
    """Read a guard event from its EventBridge envelope. Raises `MalformedError` with the field that was wrong."""
    try:
        return _Envelope.model_validate_json(body).detail
    except ValidationError as error:
        raise malformed(error) from None


def plain(adapter: TypeAdapter[Any], value: object) -> dict[str, Any]:
    """A value as plain JSON types, without what is not set."""
    written: dict[str, Any] = adapter.dump_python(value, mode="json", exclude_none=True)
    return written
