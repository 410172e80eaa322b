"""The channels of notices: an SNS topic for each rung, for warnings and for the chat; the others by the guard bus.

EventBridge hands what lies on the guard bus for PagerDuty or the webhook to an API destination, and tries for a day.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from reputation_guard.aws.answers import answers
from reputation_guard.domain.notice import LADDER, Channel, Notice
from reputation_guard.ports import UnavailableError
from reputation_guard.wire.channels import BY_EVENT, CHANNELS_SOURCE, chat_of

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient


class Channels:
    """`ports.NoticeBoard`. The attributes let a subscription filter, and tell a repeated notice by its id."""

    def __init__(self, sns: "SNSClient", topics: Mapping[Channel, str], events: "EventBridgeClient", bus: str) -> None:
        self._sns = sns
        self._topics = topics
        self._events = events
        self._bus = bus

    def post(self, notice: Notice, channel: Channel) -> str:
        return self._publish(notice, channel) if channel in self._topics else self._put(notice, channel)

    def _publish(self, notice: Notice, channel: Channel) -> str:
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

    def _put(self, notice: Notice, channel: Channel) -> str:
        with answers():
            answer = self._events.put_events(
                Entries=[
                    {
                        "EventBusName": self._bus,
                        "Source": CHANNELS_SOURCE,
                        "DetailType": channel,
                        "Time": notice.at,
                        "Detail": json.dumps(BY_EVENT[channel](notice)),
                    }
                ]
            )
        entry = answer["Entries"][0]
        if answer["FailedEntryCount"]:
            raise UnavailableError(entry.get("ErrorCode", ""))
        return entry["EventId"]
