"""Reach a tenant at SES: by the ARN on record, and by its name where SES does not take that ARN any more."""

from collections.abc import Callable
from typing import TypeVar

from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports.errors import RefusedError
from reputation_guard.ports.ses import SendingGate

T = TypeVar("T")


def at_ses(tenant: Tenant, gate: SendingGate, act: Callable[[str], T]) -> T:
    """Call `act` with the tenant's ARN, and once more with another one if the tenant was created anew meanwhile.

    A tenant that is deleted and created under its name gets a new ARN, and SES tells nobody. Raises `GoneError` where
    SES knows no tenant of this name, and else what `act` raises.
    """
    if tenant.arn is None:
        return act(gate.arn_of(tenant.name))
    try:
        return act(tenant.arn)
    except RefusedError:
        arn = gate.arn_of(tenant.name)
        if arn == tenant.arn:
            raise
    return act(arn)
