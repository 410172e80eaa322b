"""Whose hand a sending status at SES shows: the echo of the guard, a person, or SES itself (Law 5)."""

from dataclasses import replace
from enum import StrEnum

from reputation_guard.domain.sending import Sending, SendingStatus
from reputation_guard.domain.tenant import Owner, Tenant, paused


class Hand(StrEnum):
    """Whose hand a sending status shows, beside the guard's record."""

    NOBODY = "nothing new"
    GUARD_LOST = "the guard's pause was lost"
    OPERATOR_PAUSED = "paused by a person at SES"
    OPERATOR_RESUMED = "resumed by a person at SES"
    SES_STOPPED = "stopped by SES itself"
    SES_RELEASED = "released by SES itself"


def whose_hand(tenant: Tenant, status: SendingStatus) -> Hand:
    """Tell the guard's own echo from a person's hand and from SES's: by the stamp it read back, never by events.

    A newer stamp is a person's, who owns the status from then on. SES publishes its events out of order and drops some.
    """
    if tenant.under_way:
        return Hand.NOBODY
    if status.stopped_by_ses != (Owner.SES in tenant.stops):
        return Hand.SES_STOPPED if status.stopped_by_ses else Hand.SES_RELEASED
    shut = status.customer_managed is Sending.DISABLED
    if _is_newer(status, tenant):
        if shut and Owner.OPERATOR not in tenant.stops:
            return Hand.OPERATOR_PAUSED
        if not shut and tenant.stops & {Owner.GUARD, Owner.OPERATOR}:
            return Hand.OPERATOR_RESUMED
        return Hand.NOBODY
    return Hand.GUARD_LOST if Owner.GUARD in tenant.stops and not shut else Hand.NOBODY


def is_stopped_anew(tenant: Tenant, status: SendingStatus) -> bool:
    """Whether the customer-managed part was shut since the guard last read it back: by another, if not by the guard."""
    return status.customer_managed is Sending.DISABLED and _is_newer(status, tenant)


def _is_newer(status: SendingStatus, tenant: Tenant) -> bool:
    return status.stamp is not None and (tenant.stamp is None or status.stamp > tenant.stamp)


def found_at_ses(tenant: Tenant, status: SendingStatus) -> Tenant:
    """The first record of a tenant nobody had heard of: as SES has it. That it is stopped is no news to anybody."""
    found = replace(tenant, stamp=status.stamp)
    found = paused(found, Owner.SES) if status.stopped_by_ses else found
    return taken_over(found) if status.customer_managed is Sending.DISABLED else found


def taken_over(tenant: Tenant) -> Tenant:
    """The tenant stopped by a person at SES, in the guard's place if that had stopped it before (Law 5)."""
    return replace(paused(tenant, Owner.OPERATOR), stops=tenant.stops - {Owner.GUARD} | {Owner.OPERATOR})
