"""Decisions that are pending, and a SES that knows their tenants."""

from reputation_guard.domain.decision import Answer, Decision, GuardEvent, record_after
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Owner, paused
from reputation_guard.ports.errors import ThrottledError
from tests.fakes.builders import decision, tenant
from tests.usecases.world import World

THROTTLED = ThrottledError("TooManyRequestsException")
THROTTLED_ALL_ROUND = [THROTTLED] * 3
"""As often as the enforcer asks before it leaves the rest."""


def to_pause(world: World, name: str = "shop", pace: float = 40.0) -> Decision:
    """A pause that was decided and is pending; SES knows the tenant."""
    world.ses.add(name)
    made = decision(tenant=tenant(name, arn=None, version=0), mails_per_minute=pace)
    world.book.record(made, record_after(made))
    return made


def to_resume(world: World, name: str = "shop", *, by_ses: bool = False, owner: Owner = Owner.OPERATOR) -> Decision:
    """A resume that an operator ordered, or the guard; at SES the tenant is shut, perhaps by SES itself too."""
    arn = world.ses.add(name)
    world.ses.change(arn, customer_managed=Sending.DISABLED, ses_managed=Sending.DISABLED if by_ses else None)
    stopped = paused(tenant(name, arn=arn, version=0, stamp=world.ses.statuses[arn].stamp), Owner.GUARD)
    made = decision(
        answer=Answer.RESUME,
        announces=GuardEvent.TENANT_RESUMED,
        tenant=stopped,
        owner=owner,
        operator="night shift",
        reason="list cleaned",
        because=None,
        windows=(),
    )
    world.book.record(made, record_after(made))
    return made
