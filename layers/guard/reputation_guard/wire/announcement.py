"""Guard events as they cross the guard bus, and decisions as the book stores them: the domain's own values, as JSON."""

from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from reputation_guard.domain.account import Contributor
from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import ABOUT_INCIDENTS, Decision
from reputation_guard.domain.escalation import IncidentAnnouncement
from reputation_guard.domain.incident import Incident
from reputation_guard.domain.tenant import Tenant
from reputation_guard.wire import malformed

T = TypeVar("T")

SOURCE = "reputation-guard"


class _Envelope(BaseModel, Generic[T]):
    model_config = ConfigDict(extra="ignore", frozen=True)

    detail: T


class _Name(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str = Field(default="", alias="detail-type")


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
def incidents() -> TypeAdapter[Incident]:
    """How an incident is written and read."""
    return TypeAdapter(Incident)


@cache
def _announcements() -> TypeAdapter[Announcement]:
    return TypeAdapter(Announcement)


@cache
def _of_incidents() -> TypeAdapter[IncidentAnnouncement]:
    return TypeAdapter(IncidentAnnouncement)


def detail_of(announcement: Announcement | IncidentAnnouncement) -> str:
    """The detail of a guard event, as JSON."""
    if isinstance(announcement, Announcement):
        return _announcements().dump_json(announcement).decode()
    return _of_incidents().dump_json(announcement).decode()


def parse_announcement(body: str | bytes) -> Announcement | IncidentAnnouncement:
    """Read a guard event from its EventBridge envelope. Raises `MalformedError` with the field that was wrong."""
    try:
        if _Name.model_validate_json(body).name in ABOUT_INCIDENTS:
            return _Envelope[IncidentAnnouncement].model_validate_json(body).detail
        return parse_tenants_event(body)
    except ValidationError as error:
        raise malformed(error) from None


def parse_tenants_event(body: str | bytes) -> Announcement:
    """Read a guard event about a tenant from its envelope. Raises `MalformedError`."""
    try:
        return _Envelope[Announcement].model_validate_json(body).detail
    except ValidationError as error:
        raise malformed(error) from None


def parse_case(event: object) -> Announcement:
    """Read the guard event that an incident begins with, as an object. Raises `MalformedError`."""
    try:
        return _Envelope[Announcement].model_validate(event, strict=False).detail
    except ValidationError as error:
        raise malformed(error) from None


def plain(adapter: TypeAdapter[Any], value: object) -> dict[str, Any]:
    """A value as plain JSON types, without what is not set."""
    written: dict[str, Any] = adapter.dump_python(value, mode="json", exclude_none=True)
    return written
