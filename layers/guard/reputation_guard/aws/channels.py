"""The channels of notices: an SNS topic for each rung, for warnings and for the chat; the others by the guard bus.

EventBridge hands what lies on the guard bus for PagerDuty or the webhook to an API destination, and tries for a day.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from reputation_guard.aws.answers import answers
from reputation_guard.domain.notice import LADDER, Channel, Notice
from reputation_guard.ports.errors import UnavailableError
from reputation_guard.wire.channels import BY_EVENT, CHANNELS_SOURCE, chat_of

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient


class Topics:
    """`ports.notices.NoticeBoard` for channels that are topics. Its attributes are for filters."""

    def __init__(self, sns: "SNSClient", topics: Mapping[Channel, str]) -> None:
        self._sns = sns
        self._topics = topics

    def post(self, notice: Notice, channel: Channel) -> str:
        attributes = {
            "id": notice.id,
            "event": notice.event,
            "tenant": notice.tenant,
            "severity": notice.severity,
            "incident": notice.incident,
            "rung": str(LADDER.index(channel) + 1) if channel in LADDER else "",
        }
        with answers():
            answer = self._sns.publish(
                TopicArn=self._topics[channel],
                Subject=notice.subject,
                Message=chat_of(notice) if channel is Channel.CHAT else notice.text,
                # SNS takes no empty attribute.
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
                },
            )
        return answer["MessageId"]


class ApiDestinations:
    """`ports.notices.NoticeBoard` for channels that are an API destination on the guard bus."""

    def __init__(self, events: "EventBridgeClient", bus: str) -> None:
        self._events = events
        self._bus = bus

    def post(self, notice: Notice, channel: Channel) -> str:
        with answers():
            answer = self._events.put_events(
                Entries=[
                    {
                        "EventBusName": self._bus,
                        "Source": CHANNELS_SOURCE,
                        "DetailType": channel,
                        "Time": notice.at,
                        "Detail": json.dumps(body),
                    }
                    for body in BY_EVENT[channel](notice)
                ]
            )
        # All are put again if one is not taken: twice is once there.
        if answer["FailedEntryCount"]:
            raise UnavailableError(*(each["ErrorCode"] for each in answer["Entries"] if "ErrorCode" in each))
        # It is not the channel's word: EventBridge has it, and hands it on.
        return f"EventBridge {answer['Entries'][-1]['EventId']}"


class Channels:
    """`ports.notices.NoticeBoard` for all channels."""

    def __init__(self, topics: Topics, destinations: ApiDestinations) -> None:
        self._topics = topics
        self._destinations = destinations

    def post(self, notice: Notice, channel: Channel) -> str:
        board = self._destinations if channel in BY_EVENT else self._topics
        return board.post(notice, channel)
