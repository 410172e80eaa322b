"""Sending as SES and its mailbox simulator do it: the tenant's gate before a message, the events after it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

from local import events
from local import ministack_inside as inside
from local.calls import Call, Response, SesError
from local.events import Event, Mail
from local.ses import Ses

SIMULATOR = "simulator.amazonses.com"
# How long after the send the simulator answers; small, and never zero, because feedback follows its message.
SIMULATED_DELAY = timedelta(milliseconds=250)
SUPPRESSED = (
    "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid "
    "address. For more information about how to remove an address from the suppression list, see the Amazon SES "
    "Developer Guide."
)
EVENT_TYPE_OF = {
    "Email Sent": "SEND",
    "Email Delivered": "DELIVERY",
    "Email Bounced": "BOUNCE",
    "Email Complaint Received": "COMPLAINT",
}


@dataclass(slots=True)
class Outbox:
    """Takes messages. Whether a Send event names its tenant is documented nowhere, so it is a switch."""

    ses: Ses
    tenant_name_on_sends: bool = True

    async def respond(self, call: Call) -> Response | None:
        """Answer SendEmail and SendBulkEmail; None for any other call."""
        if call.operation not in ("SendEmail", "SendBulkEmail"):
            return None
        self._let_through(call)
        response = await inside.call_ses(call.method, call.path, call.body)
        for mail in _accepted(call, response):
            self._count(mail)
            self._publish(mail)
        return response

    def _let_through(self, call: Call) -> None:
        configuration_set = call.data.get("ConfigurationSetName")
        if configuration_set and inside.event_destinations(configuration_set) is None:
            raise SesError("NotFoundException", f"Configuration set <{configuration_set}> does not exist.")
        tenant_name = call.data.get("TenantName")
        if not tenant_name:
            return
        if tenant_name not in inside.tenants():
            account_id = call.account.account_id
            raise SesError("NotFoundException", f"Tenant {tenant_name} for AwsAccountId {account_id} not found.")
        missing = [arn for arn in _resources(call) if arn not in inside.resources_of(tenant_name)]
        if missing:
            raise SesError("AccessDeniedException", f"Tenant not associated with resources [{', '.join(missing)}].")
        if self.ses.reputation(tenant_name).aggregate == "DISABLED":
            # What SES answers here is not documented; callers must not depend on the code.
            raise SesError("SendingPausedException", f"Sending is paused for tenant {tenant_name}.")

    def _count(self, mail: Mail) -> None:
        """As SES counts in CloudWatch, whatever the configuration set publishes."""
        inside.count_send({})
        if mail.tenant_name:
            tenant = inside.tenants()[mail.tenant_name]
            inside.count_send({"TenantId": tenant["TenantId"], "TenantName": mail.tenant_name})

    def _publish(self, mail: Mail) -> None:
        wanted = _wanted_event_types(mail.configuration_set)
        for event in _life_of(mail):
            event_type = EVENT_TYPE_OF[event["detail-type"]]
            if event_type not in wanted:
                continue
            if event_type == "SEND" and not self.tenant_name_on_sends:
                event["detail"]["mail"]["tags"].pop("ses:tenant-name", None)
            inside.publish(event)


def _resources(call: Call) -> Iterator[str]:
    """Yield the ARNs that a message uses, each of which its tenant must be associated with."""
    address = parseaddr(call.data.get("FromEmailAddress", ""))[1]
    identity = address if inside.has_identity(address) else address.rpartition("@")[2]
    yield call.account.arn(f"identity/{identity}")
    if call.data.get("ConfigurationSetName"):
        yield call.account.arn(f"configuration-set/{call.data['ConfigurationSetName']}")
    content = call.data.get("Content") or call.data.get("DefaultContent") or {}
    template = (content.get("Template") or {}).get("TemplateName")
    if template:
        yield call.account.arn(f"template/{template}")


def _accepted(call: Call, response: Response) -> Iterator[Mail]:
    """Yield the messages that SES took, as its events repeat them."""
    status, _, body = response
    if status != 200:  # noqa: PLR2004 -- HTTP's OK
        return
    data = json.loads(body)
    entries = call.data.get("BulkEmailEntries") or [call.data]
    results = data.get("BulkEmailEntryResults") or [data]
    for entry, result in zip(entries, results, strict=False):
        if "MessageId" in result:
            yield _mail(call, entry, result["MessageId"])


def _mail(call: Call, entry: dict[str, Any], message_id: str) -> Mail:
    destination = entry.get("Destination") or {}
    recipients = [
        address for kind in ("ToAddresses", "CcAddresses", "BccAddresses") for address in destination.get(kind) or []
    ]
    tags = (call.data.get("EmailTags") or call.data.get("DefaultEmailTags") or []) + (
        entry.get("ReplacementTags") or []
    )
    simple = (call.data.get("Content") or {}).get("Simple") or {}
    return Mail(
        message_id=message_id,
        sent_at=call.now,
        source=call.data.get("FromEmailAddress", ""),
        destination=tuple(recipients),
        subject=(simple.get("Subject") or {}).get("Data", ""),
        configuration_set=call.data.get("ConfigurationSetName"),
        tenant_name=call.data.get("TenantName"),
        tags={tag["Name"]: tag["Value"] for tag in tags},
        account=call.account,
    )


def _wanted_event_types(configuration_set: str | None) -> set[str]:
    """Return the event types that the set's enabled EventBridge destinations ask for."""
    destinations = inside.event_destinations(configuration_set) if configuration_set else None
    return {
        event_type
        for destination in destinations or []
        if destination.get("Enabled") and "EventBridgeDestination" in destination
        for event_type in destination["MatchingEventTypes"]
    }


def _life_of(mail: Mail) -> Iterator[Event]:
    """Yield what becomes of a message: a Send, and what the simulator's addresses among its recipients answer."""
    yield events.send(mail)
    at = mail.sent_at + SIMULATED_DELAY
    to = {kind: _simulated(mail, kind) for kind in ("success", "ooto", "complaint", "bounce", "suppressionlist")}
    delivered = to["success"] + to["ooto"] + to["complaint"]
    if delivered:
        yield events.delivery(mail, at=at, recipients=delivered)
    if to["bounce"]:
        yield events.bounce(mail, at=at, recipients=to["bounce"])
    if to["suppressionlist"]:
        yield events.bounce(
            mail,
            at=at,
            recipients=to["suppressionlist"],
            bounce_sub_type="Suppressed",
            diagnostic_code=SUPPRESSED,
        )
    if to["complaint"]:
        yield events.complaint(mail, at=at + SIMULATED_DELAY, recipients=to["complaint"])


def _simulated(mail: Mail, kind: str) -> list[str]:
    """Return the recipients `kind@` or `kind+label@` of the simulator."""
    found = []
    for recipient in mail.destination:
        local_part, _, domain = parseaddr(recipient)[1].lower().rpartition("@")
        if domain == SIMULATOR and local_part.partition("+")[0] == kind:
            found.append(recipient)
    return found
