"""A tenant's standing, as pages tell it."""

from reputation_guard.domain.preflight_words import HANDS
from reputation_guard.domain.tenant import Standing, Tenant


def standing_in_words(tenant: Tenant | None) -> str:
    """How a tenant stands now, and who stopped it."""
    if tenant is None:
        return "The guard's book knows no such tenant any more."
    if tenant.standing is not Standing.PAUSED:
        on = "on " if tenant.standing is Standing.PROBATION else ""
        return f"{tenant.name} is {on}{tenant.standing}."
    by = " and ".join(HANDS[each] for each in sorted(tenant.stops)) or "nobody any more"
    waits = " SES has not confirmed it yet." if tenant.under_way else ""
    return f"{tenant.name} is PAUSED, stopped by {by}.{waits}"
