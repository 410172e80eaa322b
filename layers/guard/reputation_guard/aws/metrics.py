"""What SES says of its own sends, in CloudWatch: free of charge to publish, a cent for a thousand questions."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from reputation_guard.aws.answers import answers
from reputation_guard.domain.counts import DAY_SECONDS, SLOT_SECONDS, slot_of

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient


_A_DAY = timedelta(seconds=DAY_SECONDS)
# The account's metric is called Send; the developer guide writes Sends of tenants.
_OF_TENANTS = ("Send", "Sends")


class SesMetrics:
    """`ports.reported.ReportedSends` and `ports.reported.ReportedByTenant` on CloudWatch.

    `Send` in AWS/SES, without a dimension, is of the whole account. How a tenant's is called is documented nowhere, but
    that it is there: so it is looked up, and where nothing is found nobody is known.
    """

    def __init__(self, cloudwatch: "CloudWatchClient") -> None:
        self._cloudwatch = cloudwatch

    def of_days(self, arns: Sequence[str], now: datetime) -> Mapping[str, tuple[float, float]]:
        name = self._called()
        today = datetime(now.year, now.month, now.day, tzinfo=UTC)
        if name is None or not arns:
            return {}
        queries: Any = [
            {"Id": f"t{place}", "MetricStat": {"Metric": _metric_of(name, arn), "Period": DAY_SECONDS, "Stat": "Sum"}}
            for place, arn in enumerate(arns)
        ]
        found: dict[str, dict[datetime, float]] = {}
        pages = self._cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=today - 2 * _A_DAY, EndTime=today
        )
        with answers():
            for result in (each for page in pages for each in page["MetricDataResults"]):
                values = dict(zip(result["Timestamps"], result["Values"], strict=True))
                found.setdefault(arns[int(result["Id"][1:])], {}).update(values)
        days = (today - _A_DAY, today - 2 * _A_DAY)
        return {arn: (values.get(days[0], 0.0), values.get(days[1], 0.0)) for arn, values in found.items() if values}

    def _called(self) -> str | None:
        with answers():
            found = self._cloudwatch.list_metrics(Namespace="AWS/SES", Dimensions=[{"Name": "TenantName"}])
        return next((each["MetricName"] for each in found["Metrics"] if each["MetricName"] in _OF_TENANTS), None)

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


def _metric_of(name: str, arn: str) -> dict[str, Any]:
    """The metric of the tenant in arn:...:tenant/NAME/ID."""
    _, tenant, ident = arn.rpartition(":")[2].split("/")
    dimensions = [{"Name": "TenantId", "Value": ident}, {"Name": "TenantName", "Value": tenant}]
    return {"Namespace": "AWS/SES", "MetricName": name, "Dimensions": dimensions}
