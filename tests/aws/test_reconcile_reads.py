"""What reconcile reads of SES, of CloudWatch and of Step Functions, in the shapes of their APIs."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import Stubber

from reputation_guard.aws.executions import StateMachine
from reputation_guard.aws.metrics import SesMetrics
from reputation_guard.aws.ses import SesEntities
from reputation_guard.domain.counts import slot_of
from reputation_guard.domain.sending import Sending
from reputation_guard.ports.errors import RefusedError, ThrottledError
from tests.aws.conftest import client
from tests.fakes.builders import NOW

ARN = "arn:aws:ses:us-east-1:123456789012:tenant/shop/tn-1a2b"
HEALTHY = {
    "ReputationEntityReference": ARN,
    "ReputationEntityType": "RESOURCE",
    "SendingStatusAggregate": "ENABLED",
    "ReputationImpact": "NONE",
}
STOPPED = {
    **HEALTHY,
    "SendingStatusAggregate": "DISABLED",
    "ReputationImpact": "HIGH",
    "CustomerManagedStatus": {"Status": "DISABLED", "Cause": "Status manually updated.", "LastUpdatedTimestamp": NOW},
}
ANOTHER_KIND = {**HEALTHY, "ReputationEntityReference": "arn:aws:ses:us-east-1:123456789012:identity/example.com"}


def test_a_page_of_tenants_with_their_statuses_and_the_next_place() -> None:
    sesv2 = client("sesv2")
    with Stubber(sesv2) as stub:
        answer = {"ReputationEntities": [HEALTHY, STOPPED, ANOTHER_KIND], "NextToken": "next"}
        stub.add_response("list_reputation_entities", answer)
        entities, after = SesEntities(sesv2).page(None)
    assert after == "next"
    assert [(each.tenant, each.arn, each.has_findings) for each in entities] == [
        ("shop", ARN, False),
        ("shop", ARN, True),
    ]
    assert (entities[1].status.customer_managed, entities[1].status.stamp) == (Sending.DISABLED, NOW)


@pytest.mark.parametrize(
    ("code", "raised"), [("TooManyRequestsException", ThrottledError), ("BadRequestException", RefusedError)]
)
def test_a_list_that_is_throttled_or_whose_place_is_gone(code: str, raised: type[Exception]) -> None:
    sesv2 = client("sesv2")
    with Stubber(sesv2) as stub:
        stub.add_client_error("list_reputation_entities", code)
        with pytest.raises(raised):
            SesEntities(sesv2).page("a place")


def test_sends_are_read_by_slot() -> None:
    cloudwatch = client("cloudwatch")
    at = datetime(2026, 11, 24, 11, 5, tzinfo=UTC)
    result = {"Id": "sends", "Timestamps": [at, at + timedelta(minutes=5)], "Values": [400.0, 12.0]}
    with Stubber(cloudwatch) as stub:
        stub.add_response("get_metric_data", {"MetricDataResults": [result]})
        assert SesMetrics(cloudwatch).sent(NOW - timedelta(hours=2), NOW) == {slot_of(at): 400.0, slot_of(at) + 1: 12.0}


def test_a_tenants_sends_are_read_by_day_where_ses_has_them() -> None:
    """Its metric is called as CloudWatch lists it, since it is documented nowhere."""
    cloudwatch = client("cloudwatch")
    yesterday = datetime(2026, 11, 23, tzinfo=UTC)
    result = {"Id": "t0", "Timestamps": [yesterday, yesterday - timedelta(days=1)], "Values": [400.0, 12.0]}
    nothing = {"Id": "t1", "Timestamps": [], "Values": []}
    with Stubber(cloudwatch) as stub:
        stub.add_response("list_metrics", {"Metrics": [{"Namespace": "AWS/SES", "MetricName": "Sends"}]})
        stub.add_response("get_metric_data", {"MetricDataResults": [result, nothing]})
        other = ARN.replace("shop", "other")
        assert SesMetrics(cloudwatch).of_days([ARN, other], NOW) == {ARN: (400.0, 12.0)}
    with Stubber(cloudwatch) as stub:
        stub.add_response("list_metrics", {"Metrics": []})
        assert SesMetrics(cloudwatch).of_days([ARN], NOW) == {}


@pytest.mark.parametrize(("status", "runs"), [("RUNNING", True), ("FAILED", False), ("TIMED_OUT", False)])
def test_an_execution_runs_or_has_ended(status: str, *, runs: bool) -> None:
    stepfunctions = client("stepfunctions")
    arn = "arn:aws:states:us-east-1:123456789012:execution:escalation:e-1"
    answer = {"executionArn": arn, "stateMachineArn": arn, "status": status, "startDate": NOW}
    with Stubber(stepfunctions) as stub:
        stub.add_response("describe_execution", answer)
        assert StateMachine(stepfunctions).is_running(arn) is runs


def test_one_that_nobody_knows_does_not_run() -> None:
    stepfunctions = client("stepfunctions")
    with Stubber(stepfunctions) as stub:
        stub.add_client_error("describe_execution", "ExecutionDoesNotExist")
        assert not StateMachine(stepfunctions).is_running("arn:aws:states:us-east-1:123456789012:execution:e:f")
