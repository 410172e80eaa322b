"""Notices on SNS: one topic that pages, one that can wait."""

from typing import TYPE_CHECKING

from reputation_guard.aws.answers import answers
from reputation_guard.domain.notices import Notice

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class Topics:
    """`ports.NoticeBoard` on SNS. The attributes let a subscription filter, and tell a repeated notice by its id."""

    def __init__(self, sns: "SNSClient", pages: str, warnings: str) -> None:
        self._sns = sns
        self._pages = pages
        self._warnings = warnings

    def post(self, notice: Notice) -> None:
        attributes = {
            "id": notice.id,
            "event": notice.event,
            "tenant": notice.tenant,
            "severity": "urgent" if notice.urgent else "warning",
        }
        with answers():
            self._sns.publish(
                TopicArn=self._pages if notice.urgent else self._warnings,
                Subject=notice.subject,
                Message=notice.text,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                },
            )
