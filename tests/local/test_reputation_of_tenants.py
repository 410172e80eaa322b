"""The local SES's reputation entities, driven by boto3 as the guard drives SES."""

from collections.abc import Callable
from typing import Any

import pytest

from local.aws import ControlError, EmbeddedAws

pytestmark = pytest.mark.embedded

NewTenant = Callable[[], tuple[str, str]]
Received = Callable[[], list[dict[str, Any]]]


def entity(ses: Any, arn: str) -> dict[str, Any]:
    """Return a tenant's reputation entity."""
    answer = ses.get_reputation_entity(ReputationEntityType="RESOURCE", ReputationEntityReference=arn)
    found: dict[str, Any] = answer["ReputationEntity"]
    return found


def write(ses: Any, arn: str, status: str) -> None:
    """Write the customer-managed status."""
    ses.update_reputation_entity_customer_managed_status(
        ReputationEntityType="RESOURCE", ReputationEntityReference=arn, SendingStatus=status
    )


def test_a_new_tenant_has_no_customer_managed_status_and_the_standard_policy(ses: Any, new_tenant: NewTenant) -> None:
    _, arn = new_tenant()
    found = entity(ses, arn)
    assert "CustomerManagedStatus" not in found
    assert found["ReputationManagementPolicy"] == "arn:aws:ses:us-east-1:aws:reputation-policy/standard"
    assert (found["SendingStatusAggregate"], found["ReputationImpact"]) == ("ENABLED", "NONE")


def test_a_write_shows_its_cause_and_is_seen_by_every_call(ses: Any, new_tenant: NewTenant) -> None:
    name, arn = new_tenant()
    write(ses, arn, "DISABLED")
    found = entity(ses, arn)
    assert found["CustomerManagedStatus"]["Status"] == "DISABLED"
    assert found["CustomerManagedStatus"]["Cause"] == "Status manually updated."
    assert found["SendingStatusAggregate"] == "DISABLED"
    assert ses.get_tenant(TenantName=name)["Tenant"]["SendingStatus"] == "DISABLED"
    listed = ses.list_tenants(Filter={"SENDING_STATUS": "DISABLED", "TENANT_NAME_CONTAINS": name})["Tenants"]
    assert name in {tenant["TenantName"] for tenant in listed}


@pytest.mark.parametrize(
    ("customer", "of_ses", "aggregate"),
    [
        (None, "ENABLED", "ENABLED"),
        (None, "DISABLED", "DISABLED"),
        ("ENABLED", "ENABLED", "ENABLED"),
        ("DISABLED", "ENABLED", "DISABLED"),
        ("REINSTATED", "ENABLED", "REINSTATED"),
        ("REINSTATED", "DISABLED", "DISABLED"),
        ("ENABLED", "DISABLED", "DISABLED"),
    ],
)
def test_either_owners_stop_stops_the_tenant(  # noqa: PLR0913, PLR0917 -- three of them are the row of a table
    embedded_aws: EmbeddedAws, ses: Any, new_tenant: NewTenant, customer: str | None, of_ses: str, aggregate: str
) -> None:
    name, arn = new_tenant()
    if customer:
        write(ses, arn, customer)
    embedded_aws.control("/_ses/status", TenantName=name, SendingStatus=of_ses)
    assert entity(ses, arn)["SendingStatusAggregate"] == aggregate


def test_every_write_is_an_event_with_the_stamp_that_is_read_back(
    embedded_aws: EmbeddedAws, ses: Any, new_tenant: NewTenant, received: Received
) -> None:
    name, arn = new_tenant()
    write(ses, arn, "DISABLED")
    stamp = entity(ses, arn)["CustomerManagedStatus"]["LastUpdatedTimestamp"]
    write(ses, arn, "REINSTATED")
    embedded_aws.control("/_ses/status", TenantName=name, SendingStatus="DISABLED")
    events = received()
    assert [event["detail-type"] for event in events] == [
        "Sending Status Disabled",
        "Sending Status Enabled",
        "Sending Status Disabled",
    ]
    assert all(event["resources"] == [arn] for event in events)
    data = [event["detail"]["data"] for event in events]
    assert [each["origin"] for each in data] == ["CUSTOMER_MANAGED", "CUSTOMER_MANAGED", "AWS_MANAGED"]
    assert [each["record"]["status"] for each in data] == ["DISABLED", "REINSTATED", "DISABLED"]
    year, month, day, hour, minute, second, nanoseconds = data[0]["record"]["lastUpdatedTimestamp"]
    assert (year, month, day, hour, minute, second) == stamp.utctimetuple()[:6]
    assert nanoseconds == stamp.microsecond * 1000


def test_findings_are_listed_and_decide_the_impact(
    embedded_aws: EmbeddedAws, ses: Any, new_tenant: NewTenant, received: Received
) -> None:
    name, arn = new_tenant()
    embedded_aws.control("/_ses/findings", TenantName=name, Type="COMPLAINT", Impact="LOW")
    embedded_aws.control("/_ses/findings", TenantName=name, Type="BOUNCE", Impact="HIGH", MayPause=False)
    assert entity(ses, arn)["ReputationImpact"] == "HIGH"
    embedded_aws.control("/_ses/findings/resolve", TenantName=name, Type="BOUNCE")
    assert entity(ses, arn)["ReputationImpact"] == "LOW"
    found = ses.list_recommendations(Filter={"RESOURCE_ARN": arn})["Recommendations"]
    assert {(each["Type"], each["Status"]) for each in found} == {("COMPLAINT", "OPEN"), ("BOUNCE", "FIXED")}
    assert [event["detail-type"] for event in received()] == [
        "Advisor Recommendation Status Open",
        "Advisor Recommendation Status Open",
        "Advisor Recommendation Status Resolved",
    ]


@pytest.mark.parametrize(
    ("policy", "impact", "aggregate"),
    [
        ("standard", "HIGH", "DISABLED"),
        ("standard", "LOW", "ENABLED"),
        ("strict", "LOW", "DISABLED"),
        ("none", "HIGH", "ENABLED"),
    ],
)
def test_the_reputation_policy_pauses_a_tenant_for_a_finding(  # noqa: PLR0913, PLR0917 -- three of them are the row of a table
    embedded_aws: EmbeddedAws, ses: Any, new_tenant: NewTenant, policy: str, impact: str, aggregate: str
) -> None:
    name, arn = new_tenant()
    ses.update_reputation_entity_policy(
        ReputationEntityType="RESOURCE",
        ReputationEntityReference=arn,
        ReputationEntityPolicy=f"arn:aws:ses:us-east-1:aws:reputation-policy/{policy}",
    )
    embedded_aws.control("/_ses/findings", TenantName=name, Type="BOUNCE", Impact=impact)
    assert entity(ses, arn)["SendingStatusAggregate"] == aggregate


def test_the_last_resolved_finding_ends_a_reinstatement(
    embedded_aws: EmbeddedAws, ses: Any, new_tenant: NewTenant
) -> None:
    name, arn = new_tenant()
    embedded_aws.control("/_ses/findings", TenantName=name, Type="BOUNCE")
    write(ses, arn, "REINSTATED")
    assert entity(ses, arn)["SendingStatusAggregate"] == "REINSTATED"
    embedded_aws.control("/_ses/findings/resolve", TenantName=name, Type="BOUNCE")
    assert entity(ses, arn)["SendingStatusAggregate"] == "ENABLED"


def test_entities_are_listed_by_status_and_reference_in_pages(ses: Any, new_tenant: NewTenant) -> None:
    arns = [new_tenant()[1] for _ in range(5)]
    for arn in arns[:3]:
        write(ses, arn, "DISABLED")
    pages = ses.get_paginator("list_reputation_entities").paginate(
        Filter={"SENDING_STATUS": "DISABLED", "ENTITY_TYPE": "RESOURCE"}, PaginationConfig={"PageSize": 2}
    )
    found = [each["ReputationEntityReference"] for page in pages for each in page["ReputationEntities"]]
    assert set(arns) & set(found) == set(arns[:3])
    assert len(found) == len(set(found))
    one = ses.list_reputation_entities(Filter={"ENTITY_REFERENCE_PREFIX": arns[4]})["ReputationEntities"]
    assert [each["ReputationEntityReference"] for each in one] == [arns[4]]


def test_ses_refuses_what_it_was_told_to_refuse_and_then_obeys(
    embedded_aws: EmbeddedAws, ses: Any, new_tenant: NewTenant
) -> None:
    _, arn = new_tenant()
    operation = "UpdateReputationEntityCustomerManagedStatus"
    embedded_aws.control("/_ses/refusals", Operation=operation, Error="ConflictException", Times=2)
    for _ in range(2):
        with pytest.raises(ses.exceptions.ConflictException):
            write(ses, arn, "DISABLED")
    write(ses, arn, "DISABLED")
    assert entity(ses, arn)["SendingStatusAggregate"] == "DISABLED"


def test_a_pace_throttles_what_comes_faster(embedded_aws: EmbeddedAws, ses: Any, new_tenant: NewTenant) -> None:
    _, arn = new_tenant()
    operation = "UpdateReputationEntityCustomerManagedStatus"
    embedded_aws.control("/_ses/pace", Operation=operation, PerSecond=0.1)
    try:
        write(ses, arn, "DISABLED")
        with pytest.raises(ses.exceptions.TooManyRequestsException):
            write(ses, arn, "ENABLED")
    finally:
        embedded_aws.control("/_ses/pace", Operation=operation, PerSecond=0)
    write(ses, arn, "ENABLED")


def test_status_events_can_be_lost(
    embedded_aws: EmbeddedAws, ses: Any, new_tenant: NewTenant, received: Received
) -> None:
    _, arn = new_tenant()
    embedded_aws.control("/_ses/switches", StatusEvents=False)
    try:
        write(ses, arn, "DISABLED")
    finally:
        embedded_aws.control("/_ses/switches", StatusEvents=True)
    assert received() == []


def test_a_control_says_what_it_lacks(embedded_aws: EmbeddedAws) -> None:
    with pytest.raises(ControlError, match="TenantName is missing"):
        embedded_aws.control("/_ses/status")
    with pytest.raises(ControlError, match="No such control; there are /_ses/status"):
        embedded_aws.control("/_ses/nothing")
