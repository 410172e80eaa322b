"""What SES says of its own sends, in CloudWatch: free of charge to publish, a cent for a thousand questions."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reputation_guard.aws.answers import answers
from reputation_guard.domain.counts import SLOT_SECONDS, slot_of

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient


class SesMetrics:
    """`ports.ReportedSends` on CloudWatch: `Send` in AWS/SES, without a dimension, is of the whole account."""

    def __init__(self, cloudwatch: "CloudWatchClient") -> None:
        self._cloudwatch = cloudwatch

    def sent(self, since: datetime, until: datetime) -> Mapping[int, float]:
        metric = {"Namespace": "AWS/SES", "MetricName": "Send", "Dimensions": []}
        query: Any = {"Id": "sends", "MetricStat": {"Metric": metric, "Period": SLOT_SECONDS, "Stat": "Sum"}}
        pages = self._cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[query], StartTime=since, EndTime=until
        )
        with answers():
            return {
                slot_of(at): value
                for page in pages
                for result in page["MetricDataResults"]
                for at, value in zip(result["Timestamps"], result["Values"], strict=True)
            }
