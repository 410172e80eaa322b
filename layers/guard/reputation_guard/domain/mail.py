"""What SES reports of a message, whose it is, and what of it counts as SES itself counts.

Sources: docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html (bounce types),
.../faqs-enforcement.html (what counts), .../send-an-email-from-console.html (the mailbox simulator).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from reputation_guard.domain.addresses import Veil, domain_of
from reputation_guard.domain.counts import feedback_id
from reputation_guard.domain.decision import Example
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.tenant import can_be_at_ses

SES_TENANT_TAG = "ses:tenant-name"
CONFIGURATION_SET_TAG = "ses:configuration-set"
SENDING_IP_TAG = "ses:outgoing-ip"
SIMULATOR_DOMAIN = "simulator.amazonses.com"

# "Does not count toward your bounce rate metric"; of EmailValidationSuppressed SES says nothing, and no mail left.
_UNCOUNTED_BOUNCES = frozenset({"OnAccountSuppressionList", "OnTenantSuppressionList", "EmailValidationSuppressed"})
_UNCOUNTED_COMPLAINTS = frozenset({"OnAccountSuppressionList", "OnTenantSuppressionList"})
_DIAGNOSTIC_LENGTH = 160
_ANY_VEIL = Veil()


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

    `owners` maps a configuration set to its tenant where SES's associations make it one to one. What SES takes for no
    name names nobody: such a tenant can neither be paused nor, with a dot in its name, be found in a decision's id.
    """
    configuration_set = _name(mail.tag(CONFIGURATION_SET_TAG))
    named_by_ses = _name(mail.tag(SES_TENANT_TAG))
    tenant = named_by_ses or _name(mail.tag(own_tag)) or owners.get(configuration_set, "")
    return Attribution(tenant, configuration_set, by_ses=bool(named_by_ses))


def _name(text: str) -> str:
    """A name as SES takes it for tenants and for configuration sets, else nothing."""
    return text if can_be_at_ses(text) else ""


def countable_sends(mail: Mail, *, with_simulator: bool) -> int:
    """How many recipients of a message count as sends."""
    return sum(with_simulator or not _is_simulated(address) for address in mail.recipients)


def countable_feedback(
    event: Bounce | Complaint, *, with_simulator: bool, veil: Veil = _ANY_VEIL
) -> Iterator[Feedback]:
    """The feedback in an event that SES itself would count: hard bounces by recipient, one complaint an event.

    `veil`: what becomes of addresses in what is kept for people.
    """
    mail = event.mail
    if isinstance(event, Complaint):
        addresses = event.recipients or mail.recipients
        simulated = any(map(_is_simulated, addresses))
        wanted = event.feedback_type != "not-spam" and event.sub_type not in _UNCOUNTED_COMPLAINTS
        if wanted and (with_simulator or not simulated):
            ident = feedback_id(mail.sent_at, mail.message_id, event.feedback_id, Kind.COMPLAINT)
            example = _example(Kind.COMPLAINT, mail, addresses[0], event.feedback_type, veil)
            yield Feedback(Kind.COMPLAINT, ident, example)
        return
    if event.bounce_type != "Permanent" or event.sub_type in _UNCOUNTED_BOUNCES:
        return
    for recipient in event.recipients:
        if with_simulator or not _is_simulated(recipient.address):
            ident = feedback_id(mail.sent_at, mail.message_id, recipient.address.lower(), Kind.BOUNCE)
            example = _example(Kind.BOUNCE, mail, recipient.address, recipient.diagnostic, veil)
            yield Feedback(Kind.BOUNCE, ident, example)


def _example(kind: Kind, mail: Mail, address: str, said: str, veil: Veil) -> Example:
    said = veil.over(said, (address, *mail.recipients))[:_DIAGNOSTIC_LENGTH]
    return Example(kind, domain_of(address), said, veil.over(mail.tag(SENDING_IP_TAG)))


def _is_simulated(address: str) -> bool:
    return domain_of(address) == SIMULATOR_DOMAIN
