"""SES's EventBridge events in their documented shapes, as pure functions.

Every builder returns the whole envelope that a rule's target receives. Time and identity are arguments: an id
that is not given is derived from the content, so the same facts always make the same event.

Sources: "Monitoring using EventBridge", "Tenants" and the examples of event data in the SES developer guide.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """An AWS account in a region; the defaults are those of the embedded AWS."""

    account_id: str = "000000000000"
    region: str = "us-east-1"

    def arn(self, resource: str) -> str:
        """Return the ARN of an SES resource such as `identity/example.com`."""
        return f"arn:aws:ses:{self.region}:{self.account_id}:{resource}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message as SES's events repeat it. `tenant_name` None leaves the tag `ses:tenant-name` out."""

    message_id: str
    sent_at: datetime
    source: str = "sender@example.com"
    destination: tuple[str, ...] = ("recipient@example.com",)
    subject: str = "Message from Amazon SES"
    configuration_set: str | None = None
    tenant_name: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    account: Account = Account()

    @property
    def domain(self) -> str:
        """The domain mailed from."""
        return self.source.rpartition("@")[2].rstrip(">")


def send(mail: Mail, *, event_id: str | None = None) -> Event:
    """Tell of `Email Sent`: SES accepted the message and will attempt to deliver it."""
    return _email("Email Sent", mail, mail.sent_at, event_id, eventType="Send", send={})


def delivery(
    mail: Mail, *, at: datetime, recipients: Sequence[str] | None = None, event_id: str | None = None
) -> Event:
    """Tell of `Email Delivered`: the recipients' mail server took the message."""
    detail = {
        "timestamp": _iso(at),
        "processingTimeMillis": max(0, int((at - mail.sent_at).total_seconds() * 1000)),
        "recipients": list(recipients or mail.destination),
        "smtpResponse": "250 2.6.0 Message received",
        "remoteMtaIp": "127.0.2.0",
        "reportingMTA": "a8-70.smtp-out.amazonses.com",
    }
    return _email("Email Delivered", mail, at, event_id, eventType="Delivery", delivery=detail)


def bounce(  # noqa: PLR0913 -- every argument is a member that SES documents
    mail: Mail,
    *,
    at: datetime,
    recipients: Sequence[str] | None = None,
    bounce_type: str = "Permanent",
    bounce_sub_type: str = "General",
    diagnostic_code: str = "smtp; 550 5.1.1 user unknown",
    feedback_id: str | None = None,
    event_id: str | None = None,
) -> Event:
    """Tell of `Email Bounced`: `Permanent` is a hard bounce, `Transient` one that is no longer retried."""
    status = "5.1.1" if bounce_type == "Permanent" else "4.4.7"
    bounced = list(recipients or mail.destination)
    detail = {
        "bounceType": bounce_type,
        "bounceSubType": bounce_sub_type,
        "bouncedRecipients": [
            {"emailAddress": address, "action": "failed", "status": status, "diagnosticCode": diagnostic_code}
            for address in bounced
        ],
        "timestamp": _iso(at),
        "feedbackId": feedback_id or _feedback_id("bounce", mail, bounced),
        "reportingMTA": "dsn; a8-70.smtp-out.amazonses.com",
    }
    return _email("Email Bounced", mail, at, event_id, eventType="Bounce", bounce=detail)


def complaint(  # noqa: PLR0913 -- every argument is a member that SES documents
    mail: Mail,
    *,
    at: datetime,
    recipients: Sequence[str] | None = None,
    feedback_type: str | None = "abuse",
    complaint_sub_type: str | None = None,
    feedback_id: str | None = None,
    event_id: str | None = None,
) -> Event:
    """Tell of `Email Complaint Received`: one report, naming everybody at the domain who may have complained."""
    complained = list(recipients or mail.destination)
    detail: Event = {
        "complainedRecipients": [{"emailAddress": address} for address in complained],
        "timestamp": _iso(at),
        "feedbackId": feedback_id or _feedback_id("complaint", mail, complained),
        "complaintSubType": complaint_sub_type,
    }
    if feedback_type is not None:
        detail |= {
            "userAgent": "Amazon SES Mailbox Simulator",
            "complaintFeedbackType": feedback_type,
            "arrivalDate": _iso(at),
        }
    return _email("Email Complaint Received", mail, at, event_id, eventType="Complaint", complaint=detail)


def sending_status(  # noqa: PLR0913 -- every argument is a member that SES documents
    tenant_arn: str,
    *,
    status: str,
    at: datetime,
    cause: str = "Status manually updated.",
    origin: str = "CUSTOMER_MANAGED",
    event_id: str | None = None,
) -> Event:
    """Tell of `Sending Status Disabled`, or of `... Enabled` for ENABLED and for REINSTATED, which has no own name."""
    name = "Disabled" if status == "DISABLED" else "Enabled"
    record = {"status": status, "cause": cause, "lastUpdatedTimestamp": _timestamp_array(at)}
    detail = {"version": "1.0.0", "data": {"origin": origin, "record": record}}
    return _of_tenant(f"Sending Status {name}", tenant_arn, detail, at, event_id)


def finding(  # noqa: PLR0913 -- every argument is a member that SES documents
    tenant_arn: str,
    *,
    finding_type: str,
    impact: str,
    description: str,
    at: datetime,
    resolved: bool = False,
    event_id: str | None = None,
) -> Event:
    """Tell of `Advisor Recommendation Status Open`, or `... Resolved`, of a tenant; `data` is a text here."""
    name = "Resolved" if resolved else "Open"
    detail = {"version": "1.0.0", "data": description, "metadata": {"impact": impact, "type": finding_type}}
    return _of_tenant(f"Advisor Recommendation Status {name}", tenant_arn, detail, at, event_id)


def as_entry(event: Event) -> dict[str, Any]:
    """Return the PutEvents entry of an event; PutEvents gives it an id and a time of its own."""
    return {
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Resources": event["resources"],
        "Detail": json.dumps(event["detail"]),
    }


def _email(detail_type: str, mail: Mail, at: datetime, event_id: str | None, **of_type: object) -> Event:
    detail = {"eventType": of_type.pop("eventType"), "mail": _mail_object(mail), **of_type}
    identity = mail.account.arn(f"identity/{mail.domain}")
    return _envelope(detail_type, mail.account, identity, detail, at, event_id)


def _of_tenant(detail_type: str, tenant_arn: str, detail: Event, at: datetime, event_id: str | None) -> Event:
    region, account_id = tenant_arn.split(":")[3:5]
    return _envelope(detail_type, Account(account_id, region), tenant_arn, detail, at, event_id)


def _envelope(  # noqa: PLR0913, PLR0917 -- the members of an event
    detail_type: str, account: Account, resource: str, detail: Event, at: datetime, event_id: str | None
) -> Event:
    return {
        "version": "0",
        "id": event_id or _id_of(detail_type, resource, detail),
        "detail-type": detail_type,
        "source": "aws.ses",
        "account": account.account_id,
        "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": account.region,
        "resources": [resource],
        "detail": detail,
    }


def _mail_object(mail: Mail) -> Event:
    headers = [
        {"name": "From", "value": mail.source},
        {"name": "To", "value": ", ".join(mail.destination)},
        {"name": "Subject", "value": mail.subject},
    ]
    common = {
        "from": [mail.source],
        "to": list(mail.destination),
        "messageId": mail.message_id,
        "subject": mail.subject,
    }
    return {
        "timestamp": _iso(mail.sent_at),
        "source": mail.source,
        "sourceArn": mail.account.arn(f"identity/{mail.domain}"),
        "sendingAccountId": mail.account.account_id,
        "messageId": mail.message_id,
        "destination": list(mail.destination),
        "headersTruncated": False,
        "headers": headers,
        "commonHeaders": common,
        "tags": {name: [value] for name, value in _all_tags(mail).items()},
    }


def _all_tags(mail: Mail) -> dict[str, str]:
    of_ses = {
        "ses:configuration-set": mail.configuration_set,
        "ses:source-ip": "192.0.2.0",
        "ses:from-domain": mail.domain,
        "ses:caller-identity": "root",
        "ses:tenant-name": mail.tenant_name,
    }
    return {name: value for name, value in of_ses.items() if value is not None} | dict(mail.tags)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _timestamp_array(at: datetime) -> list[int]:
    """Year to nanoseconds; like the Java serializer that makes them, without trailing zero seconds and nanoseconds."""
    utc = at.astimezone(UTC)
    parts = [utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond * 1000]
    while len(parts) > len(("year", "month", "day", "hour", "minute")) and parts[-1] == 0:
        parts.pop()
    return parts


def _feedback_id(kind: str, mail: Mail, recipients: Sequence[str]) -> str:
    return f"0100{_id_of(kind, mail.message_id, sorted(recipients))}-000000"


def _id_of(*facts: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(facts, sort_keys=True)))
