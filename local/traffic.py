"""Traffic as SES reports it: tenants that mail at their own pace, and the bounces and complaints that come back.

The same seed makes the same mails, the same fates and the same delays. Nothing here reads a clock or a network.
"""

import random
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter

from local import events
from local.events import Event, Mail
from reputation_guard.domain.delays import Delays, age_when_due

# Feedback that EventBridge delivers a second time: it promises "at least once".
_REPEATED = 0.02
_REPEATED_WITHIN_SECONDS = 30.0
_RECIPIENT_DOMAINS = ("example.com", "example.net", "example.org", "mail.example", "post.example")
_HARD_BOUNCES = (
    "smtp; 550 5.1.1 user unknown",
    "smtp; 550 5.1.1 The email account that you tried to reach does not exist",
    "smtp; 550 5.2.1 mailbox disabled",
)
_SOFT_BOUNCE = "smtp; 452 4.2.2 mailbox full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some time in a sender's life, at one pace. Rates are shares (0..1) of its recipients."""

    lasts: timedelta
    recipients_per_minute: float
    recipients_per_mail: int = 1
    hard_bounces: float = 0.0
    soft_bounces: float = 0.0
    complaints: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A tenant as it mails, stretch after stretch. `begins` is relative to the start of the traffic."""

    tenant: str
    configuration_set: str
    stretches: tuple[Stretch, ...]
    begins: timedelta = timedelta()
    names_tenant_on_sends: bool = True


class ReportKind(StrEnum):
    """What SES reports."""

    SEND = "send"
    HARD_BOUNCE = "hard bounce"
    SOFT_BOUNCE = "soft bounce"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Report:
    """One event of SES: when it goes out, whose mail it is about, and for feedback, which recipient's."""

    at: datetime
    kind: ReportKind
    tenant: str
    mail: Mail
    recipient: str = ""
    diagnostic: str = ""

    def event(self) -> Event:
        """Return it in SES's documented shape."""
        recipients = (self.recipient,)
        match self.kind:
            case ReportKind.SEND:
                return events.send(self.mail)
            case ReportKind.COMPLAINT:
                return events.complaint(self.mail, at=self.at, recipients=recipients)
            case _:
                hard = self.kind is ReportKind.HARD_BOUNCE
                return events.bounce(
                    self.mail,
                    at=self.at,
                    recipients=recipients,
                    bounce_type="Permanent" if hard else "Transient",
                    bounce_sub_type="General" if hard else "MailboxFull",
                    diagnostic_code=self.diagnostic,
                )


def traffic(senders: Iterable[Sender], *, seed: int, start: datetime, delays: Delays) -> list[Report]:
    """Return what SES reports from `start` on, in the order in which it does, to the last late bounce.

    Of mail sent before `start` only late feedback is left: nobody was listening yet.
    """
    reports = (report for sender in senders for report in _life(sender, seed, start, delays))
    return sorted((report for report in reports if report.at >= start), key=attrgetter("at"))


def _life(sender: Sender, seed: int, start: datetime, delays: Delays) -> Iterator[Report]:
    # A sender's chance is its own: another one beside it changes nothing.
    chance = random.Random(f"{seed}/{sender.tenant}")
    begins = start + sender.begins
    for stretch in sender.stretches:
        ends = begins + stretch.lasts
        for sent_at in _moments(stretch, begins, ends, chance):
            mail = _mail(sender, stretch, sent_at, chance)
            named = mail if sender.names_tenant_on_sends else replace(mail, tenant_name=None)
            yield Report(sent_at, ReportKind.SEND, sender.tenant, named)
            yield from _feedback(mail, stretch, delays, chance)
        begins = ends


def _moments(stretch: Stretch, begins: datetime, ends: datetime, chance: random.Random) -> Iterator[datetime]:
    """Yield when mails are sent: each without regard to the others."""
    mails_per_second = stretch.recipients_per_minute / stretch.recipients_per_mail / 60
    at = begins
    while mails_per_second and (at := at + timedelta(seconds=chance.expovariate(mails_per_second))) < ends:
        yield at


def _mail(sender: Sender, stretch: Stretch, sent_at: datetime, chance: random.Random) -> Mail:
    message_id = uuid.UUID(int=chance.getrandbits(128), version=4)
    recipients = range(stretch.recipients_per_mail)
    return Mail(
        message_id=f"0100{message_id}-000000",
        sent_at=sent_at,
        source=f"news@{sender.tenant}.example",
        destination=tuple(f"{chance.getrandbits(32):08x}@{chance.choice(_RECIPIENT_DOMAINS)}" for _ in recipients),
        subject="News of the day",
        configuration_set=sender.configuration_set,
        tenant_name=sender.tenant,
    )


def _feedback(mail: Mail, stretch: Stretch, delays: Delays, chance: random.Random) -> Iterator[Report]:
    for recipient in mail.destination:
        if (fate := _fate(stretch, chance)) is None:
            continue
        delay = delays.complaint if fate is ReportKind.COMPLAINT else delays.bounce
        at = mail.sent_at + timedelta(seconds=age_when_due(delay, chance.random()))
        diagnostic = _SOFT_BOUNCE if fate is ReportKind.SOFT_BOUNCE else chance.choice(_HARD_BOUNCES)
        report = Report(at, fate, mail.tenant_name or "", mail, recipient, diagnostic)
        yield report
        if chance.random() < _REPEATED:
            yield replace(report, at=at + timedelta(seconds=chance.uniform(0, _REPEATED_WITHIN_SECONDS)))


def _fate(stretch: Stretch, chance: random.Random) -> ReportKind | None:
    """Return what becomes of one recipient's mail; None where nothing is heard of it again."""
    drawn = chance.random()
    shares = (
        (ReportKind.HARD_BOUNCE, stretch.hard_bounces),
        (ReportKind.SOFT_BOUNCE, stretch.soft_bounces),
        (ReportKind.COMPLAINT, stretch.complaints),
    )
    for fate, share in shares:
        if drawn < share:
            return fate
        drawn -= share
    return None
