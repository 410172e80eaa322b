"""Exempt a tenant from pauses by the guard, for a while; or end that."""

from dataclasses import replace
from datetime import datetime, timedelta

from reputation_guard.domain.tenant import Exemption, Tenant, can_be_at_ses, without_lapsed_exemption
from reputation_guard.domain.words import NO_TENANTS_NAME, NOT_ONE_LINE
from reputation_guard.ports.book import Book
from reputation_guard.ports.ses import SendingGate
from reputation_guard.usecases.fresh import on_fresh_record

LONGEST = timedelta(days=30)


class CannotExemptError(Exception):
    """The exemption makes no sense; the argument says what to do."""


def exempt(name: str, exemption: Exemption, book: Book, gate: SendingGate, now: datetime) -> Tenant:
    """Observe a tenant only, until the exemption expires. Raises `CannotExemptError`, `StaleError`, and what SES says.

    A pause that is there already stays: an exemption is no resume.
    """
    if not can_be_at_ses(name):
        raise CannotExemptError(f"{name!r} {NO_TENANTS_NAME}")
    if not (exemption.reason + exemption.operator).isprintable():
        raise CannotExemptError(f"what every notice says, the reason and the operator, {NOT_ONE_LINE}")
    if not now < exemption.until <= now + LONGEST:
        raise CannotExemptError(f"an exemption lasts up to {LONGEST.days} days from now on: it always expires")

    def write() -> Tenant:
        found = book.tenant(name)
        before = found or Tenant(name=name, arn=gate.arn_of(name))
        return book.save(before, replace(before, exemption=exemption), now)

    return on_fresh_record(write)


def end_exemption(name: str, book: Book, now: datetime) -> Tenant:
    """Guard a tenant again from now on. What it did meanwhile is behind a fence. Raises `CannotExemptError`."""

    def write() -> Tenant:
        before = book.tenant(name)
        if before is None or before.exemption is None or before.exemption.until <= now:
            raise CannotExemptError(f"{name} is not exempt")
        ended = replace(before, exemption=replace(before.exemption, until=now))
        return book.save(before, without_lapsed_exemption(ended, now), now)

    return on_fresh_record(write)
