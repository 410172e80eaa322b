"""Notices on SNS: a topic for each channel that people subscribe to."""

from typing import TYPE_CHECKING

from reputation_guard.aws.answers import answers
from reputation_guard.domain.notices import Notice

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class Topic:
    """`ports.Channel` on SNS. The attributes let a subscription filter, and tell a repeated notice by its id."""

    def __init__(self, sns: "SNSClient", arn: str) -> None:
        self._sns = sns
        self._arn = arn

    def take(self, notice: Notice) -> str:
        attributes = {
            "id": notice.id,
            "event": notice.event,
            "tenant": notice.tenant,
            "severity": notice.severity,
            "incident": notice.incident,
        }
        with answers():
            answer = self._sns.publish(
                TopicArn=self._arn,
                Subject=notice.subject,
                Message=notice.text,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
                },
            )
        return answer["MessageId"]
