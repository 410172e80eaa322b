"""Mails and what comes of them, in the shapes SES documents; a mail is as old as its test wants it to be."""

import itertools
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from local import events
from local.events import Event, Mail

# Ten minutes ago: old enough for the feedback to be due, and young enough for the windows in minutes.
EARLIER = timedelta(minutes=10)
SPREAD = timedelta(seconds=20)
AT_ONCE = timedelta()
DOMAINS = ("example.org", "example.net", "example.com")

_numbers = itertools.count()


def now() -> datetime:
    """The clock of the tests."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Whose mails they are, and what of that SES and the sender write on them."""

    configuration_set: str
    tenant_name: str | None = None
    tags: Mapping[str, str] | None = None

    def mails(
        self,
        number: int,
        *,
        sent_at: datetime | None = None,
        spread: timedelta = SPREAD,
        recipients: int = 1,
    ) -> list[Mail]:
        """So many messages, `recipients` each, sent evenly over `spread` from `sent_at` on."""
        first = sent_at or now() - EARLIER
        return [
            Mail(
                message_id=f"0100-{next(_numbers):08d}-e2e",
                sent_at=first + spread * (each / number),
                destination=tuple(
                    f"reader-{each}-{recipient}@{DOMAINS[(each + recipient) % len(DOMAINS)]}"
                    for recipient in range(recipients)
                ),
                configuration_set=self.configuration_set,
                tenant_name=self.tenant_name,
                tags=self.tags or {},
            )
            for each in range(number)
        ]


def bounces(mails: Iterable[Mail], *, diagnostic: str = "smtp; 550 5.1.1 user unknown") -> list[Event]:
    """A hard bounce of every recipient of these mails."""
    at = now()
    return [events.bounce(mail, at=at, diagnostic_code=diagnostic) for mail in mails]


def some_recipients_bounce(mails: Sequence[Mail], number: int, *, in_each: int = 5) -> list[Event]:
    """So many recipients of these mails bounce, evenly over the time the mails were sent, `in_each` of a mail."""
    at = now()
    picked = (mails[index * len(mails) * in_each // number] for index in range(number // in_each))
    return [events.bounce(mail, at=at, recipients=mail.destination[:in_each]) for mail in picked]


def unnamed(mails: Iterable[Mail]) -> list[Mail]:
    """The same mails, as events show them that do not name the tenant."""
    return [replace(mail, tenant_name=None) for mail in mails]


def wait_for_the_second_after(moment: datetime) -> None:
    """Feedback knows the second its mail was sent in, so mail of the fence's own second counts as sent before it."""
    time.sleep(max(0.0, (moment - now()).total_seconds() + 1))
