"""SES's mail events as EventBridge brings them: only the fields that are counted.

Source: docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html and event-publishing-retrieving-sns-examples.html.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from reputation_guard.domain import mail as domain
from reputation_guard.wire import MalformedError, malformed

# Clocks differ by seconds; a mail from further ahead would be counted in slots that no judgement looks at.
_CLOCKS_DIFFER = timedelta(minutes=10)


# As SES takes it for a tag's value; longer ones would not fit where they are a key.
_TagValue = Annotated[str, StringConstraints(max_length=256)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Mail(_Model):
    timestamp: AwareDatetime
    message_id: str = Field(alias="messageId", min_length=1)
    destination: tuple[str, ...] = Field(min_length=1)
    tags: dict[str, tuple[_TagValue, ...]] | None = None

    def to_domain(self) -> domain.Mail:
        return domain.Mail(self.message_id, self.timestamp, self.destination, self.tags or {})


class _BouncedRecipient(_Model):
    address: str = Field(alias="emailAddress", min_length=1)
    diagnostic: str | None = Field(default=None, alias="diagnosticCode")
    status: str | None = None


class _BounceBody(_Model):
    bounce_type: str = Field(alias="bounceType")
    sub_type: str | None = Field(default=None, alias="bounceSubType")
    recipients: tuple[_BouncedRecipient, ...] = Field(alias="bouncedRecipients")


class _ComplainedRecipient(_Model):
    address: str = Field(alias="emailAddress", min_length=1)


class _ComplaintBody(_Model):
    feedback_id: str = Field(alias="feedbackId", min_length=1)
    sub_type: str | None = Field(default=None, alias="complaintSubType")
    feedback_type: str | None = Field(default=None, alias="complaintFeedbackType")
    recipients: tuple[_ComplainedRecipient, ...] = Field(default=(), alias="complainedRecipients")


class _Send(_Model):
    event_type: Literal["Send"] = Field(alias="eventType")
    mail: _Mail

    def to_domain(self) -> domain.MailEvent:
        return domain.Send(self.mail.to_domain())


class _Bounce(_Model):
    event_type: Literal["Bounce"] = Field(alias="eventType")
    mail: _Mail
    bounce: _BounceBody

    def to_domain(self) -> domain.MailEvent:
        recipients = (
            domain.Recipient(each.address, each.diagnostic or each.status or "") for each in self.bounce.recipients
        )
        return domain.Bounce(
            self.mail.to_domain(), self.bounce.bounce_type, self.bounce.sub_type or "", tuple(recipients)
        )


class _Complaint(_Model):
    event_type: Literal["Complaint"] = Field(alias="eventType")
    mail: _Mail
    complaint: _ComplaintBody

    def to_domain(self) -> domain.MailEvent:
        body = self.complaint
        addresses = tuple(each.address for each in body.recipients)
        return domain.Complaint(
            self.mail.to_domain(), body.feedback_id, body.sub_type or "", body.feedback_type or "", addresses
        )


class _Envelope(_Model):
    # EventBridge's own; only delays are learned from it, so what has none is counted all the same.
    time: AwareDatetime | None = None
    detail: Annotated[_Send | _Bounce | _Complaint, Field(discriminator="event_type")]


def parse_mail_event(body: str | bytes, now: datetime) -> domain.MailEvent:
    """Read one event. Raises `MalformedError` with the field that was wrong."""
    try:
        envelope = _Envelope.model_validate_json(body)
    except ValidationError as error:
        raise malformed(error) from None
    event = envelope.detail.to_domain()
    if event.mail.sent_at > now + _CLOCKS_DIFFER:
        raise MalformedError("detail.mail.timestamp", "lies in the future")
    return event if isinstance(event, domain.Send) else replace(event, reported_at=envelope.time)
