"""The guard bus."""

from typing import TYPE_CHECKING

from reputation_guard.aws.answers import answers
from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.escalation import IncidentAnnouncement
from reputation_guard.ports.errors import UnavailableError
from reputation_guard.wire.announcement import SOURCE, detail_of

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class GuardBus:
    """`ports.outlets.Announcer` on EventBridge."""

    def __init__(self, events: "EventBridgeClient", bus: str) -> None:
        self._events = events
        self._bus = bus

    def announce(self, announcement: Announcement | IncidentAnnouncement) -> None:
        with answers():
            answer = self._events.put_events(
                Entries=[
                    {
                        "EventBusName": self._bus,
                        "Source": SOURCE,
                        "DetailType": announcement.name,
                        "Time": announcement.at,
                        "Resources": [arn] if (arn := announcement.tenant_arn) else [],
                        "Detail": detail_of(announcement),
                    }
                ]
            )
        if answer["FailedEntryCount"]:
            raise UnavailableError(answer["Entries"][0].get("ErrorCode", ""))
