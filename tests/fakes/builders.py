"""Mails, counts, tenants and decisions as the tests need them: a test names what matters to it, the rest is usual."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from reputation_guard.domain.brake import BrakeRules
from reputation_guard.domain.counts import KEPT_DAYS, SLOTS_PER_HOUR, Counts, Series, layout, slot_of
from reputation_guard.domain.decision import Answer, Case, Decision, GuardEvent
from reputation_guard.domain.mail import (
    CONFIGURATION_SET_TAG,
    SES_TENANT_TAG,
    Bounce,
    Complaint,
    Mail,
    Recipient,
    Send,
)
from reputation_guard.domain.notice import Notice, Severity
from reputation_guard.domain.policy import PRESETS, Kind, Mode
from reputation_guard.domain.sight import Sight
from reputation_guard.domain.tenant import Tenant
from reputation_guard.domain.windows import Window

NOW = datetime(2026, 11, 24, 12, 2, 30, tzinfo=UTC)
NEWEST = slot_of(NOW)
STANDARD = PRESETS["standard"]
BRAKE = BrakeRules(least=3, share=0.1)
OWN_TAG = "guard-tenant"
ARN = "arn:aws:ses:us-east-1:123456789012:tenant/shop/tn-1a2b"

Numbers = Mapping[int, int]
"""A number by how many slots (or closed days) it lies back; what is not named is 0."""


def ago(**length: float) -> datetime:
    """A moment before NOW."""
    return NOW - timedelta(**length)


def tags(tenant: str = "", own_tag: str = "", configuration_set: str = "") -> dict[str, tuple[str, ...]]:
    """The tags of a mail that says whose it is in these ways."""
    named = {SES_TENANT_TAG: tenant, OWN_TAG: own_tag, CONFIGURATION_SET_TAG: configuration_set}
    return {name: (value,) for name, value in named.items() if value}


def mail(message: str = "m-1", *, tenant: str = "shop", recipients: int = 1, **changes: Any) -> Mail:
    """A mail of the tenant `shop`, sent just now."""
    to = tuple(f"recipient-{number}@example.net" for number in range(recipients))
    return replace(Mail(message, NOW, to, tags(tenant)), **changes)


def send(message: str = "m-1", **of_mail: Any) -> Send:
    """SES took a mail."""
    return Send(mail(message, **of_mail))


def bounce(message: str = "m-1", *, sub_type: str = "General", **of_mail: Any) -> Bounce:
    """All recipients of a mail bounced hard."""
    bounced = mail(message, **of_mail)
    recipients = tuple(Recipient(each, "smtp; 550 5.1.1 user unknown") for each in bounced.recipients)
    return Bounce(bounced, "Permanent", sub_type, recipients)


def complaint(message: str = "m-1", *, feedback: str = "f-1", **of_mail: Any) -> Complaint:
    """A recipient of a mail complained."""
    complained = mail(message, **of_mail)
    return Complaint(complained, feedback, "", "abuse", complained.recipients)


def series(slots: Numbers | None = None, days: Numbers | None = None, newest: int = NEWEST) -> Series:
    """A series as a judgement reads it, of numbers that lie so many slots (or closed days) back."""
    return series_of(newest, lambda slot: (slots or {}).get(newest - slot, 0), lambda back: (days or {}).get(back, 0))


def series_of(newest: int, in_slot: Callable[[int], int], days_back: Callable[[int], int]) -> Series:
    """A series as of the slot `newest`, from the number of each slot and of each day back from the last closed one."""
    slots, hours, days = layout(newest)
    firsts = (hour * SLOTS_PER_HOUR for hour in hours)
    return Series(
        slots=tuple(map(in_slot, slots)),
        hours=tuple(sum(map(in_slot, range(first, first + SLOTS_PER_HOUR))) for first in firsts),
        days=tuple(map(days_back, range(len(days)))),
    )


def counts(sends: Numbers | None = None, bounces: Numbers | None = None, complaints: Numbers | None = None) -> Counts:
    """Counts by slots back from NOW."""
    return Counts(NEWEST, series(sends), series(bounces), series(complaints))


def sight(watermark: datetime = NOW, **changes: Any) -> Sight:
    """A clear sight, for as long as counts are kept."""
    return replace(Sight(watermark, since=watermark - timedelta(days=KEPT_DAYS)), **changes)


def tenant(name: str = "shop", **changes: Any) -> Tenant:
    """A healthy tenant, judged for a month already."""
    usual = Tenant(name=name, arn=ARN, version=3, fence=ago(days=30), policy_mode=Mode.ENFORCE)
    return replace(usual, **changes)


def window(feedback: int, sends: int, due: float | None = None, **changes: Any) -> Window:
    """A window of the last five minutes with hard bounces."""
    matured = float(sends) if due is None else due
    return replace(Window(Kind.BOUNCE, timedelta(minutes=5), feedback, sends, matured), **changes)


def case(feedback: int = 45, sends: int = 214, due: float = 178) -> Case:
    """The case for a pause that a window makes."""
    measured = window(feedback, sends, due)
    limits = STANDARD.bounce
    return Case(measured, limits.pause, limits.prior, measured.evidence(limits.pause, limits.prior))


def decision(**changes: Any) -> Decision:
    """A decision to pause `shop` for its hard bounces."""
    usual = Decision(
        answer=Answer.PAUSE,
        announces=GuardEvent.TENANT_PAUSED,
        at=NOW,
        tenant=tenant(),
        mode=Mode.ENFORCE,
        policy=STANDARD,
        because=case(),
        windows=(case().window,),
        mails_per_minute=40.0,
    )
    return replace(usual, **changes)


def notice(**changes: Any) -> Notice:
    """A page about `shop`."""
    usual = Notice(
        id="shop.4.EscalationRaised.1",
        event="TenantPaused",
        tenant="shop",
        severity=Severity.PAGE,
        subject="[guard] shop PAUSED",
        text="Why: ...",
        at=NOW,
        incident="shop.4",
    )
    return replace(usual, **changes)
