"""What SES reports of a message, whose it is, and what of it counts as SES itself counts.

Sources: docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html (bounce types),
.../faqs-enforcement.html (what counts), .../send-an-email-from-console.html (the mailbox simulator).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from reputation_guard.domain.counts import feedback_id
from reputation_guard.domain.decision import Example
from reputation_guard.domain.policy import Kind

SES_TENANT_TAG = "ses:tenant-name"
CONFIGURATION_SET_TAG = "ses:configuration-set"
SENDING_IP_TAG = "ses:outgoing-ip"
SIMULATOR_DOMAIN = "simulator.amazonses.com"

# "Does not count toward your bounce rate metric"; of EmailValidationSuppressed SES says nothing, and no mail left.
_UNCOUNTED_BOUNCES = frozenset({"OnAccountSuppressionList", "OnTenantSuppressionList", "EmailValidationSuppressed"})
_UNCOUNTED_COMPLAINTS = frozenset({"OnAccountSuppressionList", "OnTenantSuppressionList"})
_DIAGNOSTIC_LENGTH = 160


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as every event of SES carries it; `tags` have a list of values each."""

    message_id: str
    sent_at: datetime
    recipients: tuple[str, ...]
    tags: Mapping[str, tuple[str, ...]]

    def tag(self, name: str) -> str:
        """The first value of a tag, or nothing."""
        return next(iter(self.tags.get(name, ())), "")


@dataclass(frozen=True, slots=True)
class Send:
    """SES took a message."""

    mail: Mail


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of a bounce."""

    address: str
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """Recipients whose mail came back; `reported_at` is the event's own time, None where it has none."""

    mail: Mail
    bounce_type: str
    sub_type: str
    recipients: tuple[Recipient, ...]
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """A recipient complained; SES lists everyone on the complaining domain. `reported_at`: as of a bounce."""

    mail: Mail
    feedback_id: str
    sub_type: str
    feedback_type: str
    recipients: tuple[str, ...]
    reported_at: datetime | None = None


MailEvent = Send | Bounce | Complaint


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whose mail it is: a tenant's, or (tenant empty) a configuration set's unattributed mail."""

    tenant: str
    configuration_set: str
    by_ses: bool = False


@dataclass(frozen=True, slots=True)
class Feedback:
    """One hard bounce or complaint that counts; `ident` is the same however often it arrives."""

    kind: Kind
    ident: bytes
    example: Example


def attribute(mail: Mail, own_tag: str, owners: Mapping[str, str]) -> Attribution:
    """The tenant of a message: SES's tag, else the own tag, else the set's only tenant; never a guess.

    `owners` maps a configuration set to its tenant where SES's associations make it one to one.
    """
    configuration_set = mail.tag(CONFIGURATION_SET_TAG)
    named_by_ses = mail.tag(SES_TENANT_TAG)
    tenant = named_by_ses or mail.tag(own_tag) or owners.get(configuration_set, "")
    return Attribution(tenant, configuration_set, by_ses=bool(named_by_ses))


def countable_sends(mail: Mail, *, with_simulator: bool) -> int:
    """How many recipients of a message count as sends."""
    return sum(with_simulator or not _is_simulated(address) for address in mail.recipients)


def countable_feedback(event: Bounce | Complaint, *, with_simulator: bool) -> Iterator[Feedback]:
    """The feedback in an event that SES itself would count: hard bounces by recipient, one complaint an event."""
    mail = event.mail
    if isinstance(event, Complaint):
        addresses = event.recipients or mail.recipients
        simulated = any(map(_is_simulated, addresses))
        wanted = event.feedback_type != "not-spam" and event.sub_type not in _UNCOUNTED_COMPLAINTS
        if wanted and (with_simulator or not simulated):
            ident = feedback_id(mail.sent_at, mail.message_id, event.feedback_id, Kind.COMPLAINT)
            yield Feedback(Kind.COMPLAINT, ident, _example(Kind.COMPLAINT, mail, addresses[0], event.feedback_type))
        return
    if event.bounce_type != "Permanent" or event.sub_type in _UNCOUNTED_BOUNCES:
        return
    for recipient in event.recipients:
        if with_simulator or not _is_simulated(recipient.address):
            ident = feedback_id(mail.sent_at, mail.message_id, recipient.address.lower(), Kind.BOUNCE)
            yield Feedback(Kind.BOUNCE, ident, _example(Kind.BOUNCE, mail, recipient.address, recipient.diagnostic))


def _example(kind: Kind, mail: Mail, address: str, diagnostic: str) -> Example:
    return Example(
        kind, _domain(address), _without_addresses(diagnostic)[:_DIAGNOSTIC_LENGTH], mail.tag(SENDING_IP_TAG)
    )


def _domain(address: str) -> str:
    return address.rpartition("@")[2].strip("> ").lower()


def _is_simulated(address: str) -> bool:
    return _domain(address) == SIMULATOR_DOMAIN


def _without_addresses(text: str) -> str:
    """A diagnostic often quotes the recipient: a page never shows a whole address."""
    return " ".join("<address>" if "@" in word else word for word in text.split())
