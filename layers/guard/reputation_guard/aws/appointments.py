"""The way to the review between its minutes: a queue that holds a message back for a while."""

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from reputation_guard.aws.answers import answers

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class AppointmentsQueue:
    """`ports.outlets.Reminder` on SQS, which holds a message back for 15 minutes at most."""

    def __init__(self, sqs: "SQSClient", queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def remind_in(self, delay: timedelta) -> None:
        with answers():
            self._sqs.send_message(
                QueueUrl=self._queue_url,
                MessageBody='{"wake": "review"}',
                DelaySeconds=math.ceil(delay.total_seconds()),
            )
