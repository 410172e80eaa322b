"""Sending through the local SES: the tenant's gate, and the events that follow a message."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws import EmbeddedAws

pytestmark = pytest.mark.embedded

NewTenant = Callable[[], tuple[str, str]]
Received = Callable[[], list[dict[str, Any]]]

DOMAIN = "identity/example.com"
SIMULATOR = "simulator.amazonses.com"


@pytest.fixture
def sender(ses: Any, new_tenant: NewTenant) -> str:
    """A tenant with a configuration set of its name, which publishes sends and feedback, and an identity."""
    name, arn = new_tenant()
    account = arn.rpartition(":tenant/")[0]
    ses.create_configuration_set(ConfigurationSetName=name)
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=name,
        EventDestinationName="default-bus",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "BOUNCE", "COMPLAINT"],
            "EventBridgeDestination": {"EventBusArn": "arn:aws:events:us-east-1:000000000000:event-bus/default"},
        },
    )
    ses.create_email_identity(EmailIdentity="example.com")
    for resource in (DOMAIN, f"configuration-set/{name}"):
        ses.create_tenant_resource_association(TenantName=name, ResourceArn=f"{account}:{resource}")
    return name


def send(ses: Any, tenant: str, *recipients: str, **members: Any) -> str:
    """Send a message for a tenant and return its id."""
    answer = ses.send_email(
        **{
            "FromEmailAddress": "Sender <sender@example.com>",
            "Destination": {"ToAddresses": list(recipients)},
            "Content": {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}},
            "ConfigurationSetName": tenant,
            "TenantName": tenant,
            "EmailTags": [{"Name": "campaign", "Value": "spring"}],
        }
        | members
    )
    message_id: str = answer["MessageId"]
    return message_id


def test_a_send_is_an_event_with_the_tags_of_ses_and_of_the_sender(ses: Any, sender: str, received: Received) -> None:
    message_id = send(ses, sender, "someone@example.org")
    (event,) = received()
    mail = event["detail"]["mail"]
    assert (event["source"], event["detail-type"]) == ("aws.ses", "Email Sent")
    assert event["resources"] == ["arn:aws:ses:us-east-1:000000000000:identity/example.com"]
    assert (mail["messageId"], mail["destination"]) == (message_id, ["someone@example.org"])
    assert mail["tags"] == {
        "ses:configuration-set": [sender],
        "ses:source-ip": ["192.0.2.0"],
        "ses:from-domain": ["example.com"],
        "ses:caller-identity": ["root"],
        "ses:tenant-name": [sender],
        "campaign": ["spring"],
    }


@pytest.mark.parametrize(
    ("recipient", "kinds"),
    [
        (f"success@{SIMULATOR}", ["Email Sent"]),
        (f"ooto+label@{SIMULATOR}", ["Email Sent"]),
        (f"bounce+label@{SIMULATOR}", ["Email Sent", "Email Bounced"]),
        (f"suppressionlist@{SIMULATOR}", ["Email Sent", "Email Bounced"]),
        (f"complaint@{SIMULATOR}", ["Email Sent", "Email Complaint Received"]),
    ],
)
def test_the_simulator_answers_with_the_events_that_the_set_asks_for(
    ses: Any, sender: str, received: Received, recipient: str, kinds: list[str]
) -> None:
    send(ses, sender, recipient)
    assert [event["detail-type"] for event in received()] == kinds


def test_several_simulated_bounces_are_one_event(ses: Any, sender: str, received: Received) -> None:
    send(ses, sender, f"bounce+1@{SIMULATOR}", f"bounce+2@{SIMULATOR}")
    _, event = received()
    bounce = event["detail"]["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "General")
    assert len(bounce["bouncedRecipients"]) == 2


def test_a_switch_takes_the_tenants_name_off_sends_alone(
    embedded_aws: EmbeddedAws, ses: Any, sender: str, received: Received
) -> None:
    embedded_aws.control("/_ses/switches", TenantNameOnSends=False)
    try:
        send(ses, sender, f"bounce@{SIMULATOR}")
    finally:
        embedded_aws.control("/_ses/switches", TenantNameOnSends=True)
    sent, bounced = received()
    assert "ses:tenant-name" not in sent["detail"]["mail"]["tags"]
    assert bounced["detail"]["mail"]["tags"]["ses:tenant-name"] == [sender]


def test_a_bulk_send_is_an_event_per_entry(ses: Any, sender: str, received: Received) -> None:
    answer = ses.send_bulk_email(
        FromEmailAddress="sender@example.com",
        DefaultContent={"Template": {"TemplateContent": {"Subject": "Hi", "Text": "Hi"}, "TemplateData": "{}"}},
        BulkEmailEntries=[{"Destination": {"ToAddresses": [f"{name}@example.org"]}} for name in ("a", "b")],
        ConfigurationSetName=sender,
        TenantName=sender,
    )
    events = received()
    ids = [result["MessageId"] for result in answer["BulkEmailEntryResults"]]
    assert [event["detail"]["mail"]["messageId"] for event in events] == ids


def test_a_paused_tenant_cannot_send(ses: Any, sender: str, received: Received) -> None:
    arn = ses.get_tenant(TenantName=sender)["Tenant"]["TenantArn"]
    ses.update_reputation_entity_customer_managed_status(
        ReputationEntityType="RESOURCE", ReputationEntityReference=arn, SendingStatus="DISABLED"
    )
    received()
    with pytest.raises(ClientError, match="Sending is paused"):
        send(ses, sender, "someone@example.org")
    assert received() == []


def test_an_unknown_tenant_is_not_found(ses: Any, sender: str) -> None:
    with pytest.raises(ses.exceptions.NotFoundException, match="Tenant nobody for AwsAccountId 000000000000 not found"):
        send(ses, sender, "someone@example.org", TenantName="nobody")


def test_a_tenant_may_use_only_its_own_resources(ses: Any, sender: str, new_tenant: NewTenant) -> None:
    other, _ = new_tenant()
    with pytest.raises(ClientError) as refusal:
        send(ses, other, "someone@example.org", ConfigurationSetName=sender)
    assert refusal.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "Tenant not associated with resources [arn:aws:ses:" in refusal.value.response["Error"]["Message"]
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
