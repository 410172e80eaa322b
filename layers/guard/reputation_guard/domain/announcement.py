"""A guard event as it is told: to subscribers, to the notices of people, to an escalation."""

from dataclasses import dataclass
from datetime import datetime

from reputation_guard.domain.decision import Decision, GuardEvent
from reputation_guard.domain.sending import SendingStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A guard event: what happened, the decision behind it, and what SES said afterwards.

    `gone`: SES has no such tenant any more.
    """

    id: str
    name: GuardEvent
    at: datetime
    decision: Decision
    sending: SendingStatus | None = None
    refusal: str = ""
    gone: bool = False

    @property
    def tenant_arn(self) -> str | None:
        """What it is about, as SES calls it."""
        return self.decision.tenant.arn
