"""SES's side in memory: entities with both statuses and their stamps, findings, and associations."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from reputation_guard.domain.sending import MANUALLY_UPDATED, Finding, Sending, SendingStatus
from reputation_guard.ports.errors import GoneError, RefusedError
from reputation_guard.ports.ses import Described, Entity
from tests.fakes.builders import NOW

ENABLED = SendingStatus(aggregate=Sending.ENABLED)


def arn_of(tenant: str) -> str:
    """The ARN of a tenant here."""
    return f"arn:aws:ses:us-east-1:123456789012:tenant/{tenant}/tn-{tenant}"


@dataclass(slots=True)
class InMemorySes:
    """`ports.ses.SendingGate`, `ports.ses.Associations` and `ports.ses.TenantTags`.

    The stamps grow by a second with each change.

    `answers` are what the next calls of `shut` or `open` raise, None for nothing, `answers_to_lookups` those of
    `tenants_of`, `answers_to_tags` those of `describe`; `deaf`: SES takes the call and changes nothing.
    """

    statuses: dict[str, SendingStatus] = field(default_factory=dict)
    open_findings: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    associations: dict[str, tuple[str, ...]] = field(default_factory=lambda: defaultdict(tuple))
    answers: list[Exception | None] = field(default_factory=list)
    answers_to_lookups: list[Exception | None] = field(default_factory=list)
    policy_tags: dict[str, str] = field(default_factory=dict)
    answers_to_tags: list[Exception | None] = field(default_factory=list)
    tags_read: list[str] = field(default_factory=list)
    deaf: bool = False
    page_size: int = 100
    pages_asked: list[str | None] = field(default_factory=list)
    answers_to_pages: list[Exception | None] = field(default_factory=list)
    calls: list[tuple[str, Sending]] = field(default_factory=list)
    now: datetime = NOW
    after_look: Callable[[], None] = lambda: None

    def add(self, tenant: str, status: SendingStatus = ENABLED) -> str:
        """A tenant that SES knows; returns its ARN."""
        self.statuses[arn_of(tenant)] = status
        return arn_of(tenant)

    def recreate(self, tenant: str) -> str:
        """Delete a tenant and create it anew under its name; returns the new ARN."""
        arn = f"{self.arn_of(tenant)}-anew"
        del self.statuses[self.arn_of(tenant)]
        self.statuses[arn] = ENABLED
        return arn

    def arn_of(self, tenant: str) -> str:
        found = [arn for arn in self.statuses if arn.split("/")[1] == tenant]
        if not found:
            raise GoneError("NotFoundException", f"Tenant {tenant} not found.")
        return found[0]

    def page(self, after: str | None) -> tuple[Sequence[Entity], str | None]:
        """`ports.ses.Entities`, `page_size` tenants at once."""
        self.pages_asked.append(after)
        if error := self.answers_to_pages.pop(0) if self.answers_to_pages else None:
            raise error
        arns = sorted(self.statuses)
        first = int(after or 0)
        listed = [
            Entity(arn.split("/")[1], arn, self.statuses[arn], bool(self.open_findings.get(arn)))
            for arn in arns[first : first + self.page_size]
        ]
        last = first + self.page_size
        return listed, str(last) if last < len(arns) else None

    def look(self, arn: str) -> SendingStatus:
        if arn not in self.statuses:
            raise RefusedError("NotFoundException", f"{arn} not found.")
        status = self.statuses[arn]
        self.after_look()
        return status

    def shut(self, arn: str) -> None:
        self._set(arn, Sending.DISABLED)

    def open(self, arn: str, *, despite_findings: bool) -> None:
        self._set(arn, Sending.REINSTATED if despite_findings else Sending.ENABLED)

    def _set(self, arn: str, sending: Sending) -> None:
        if answer := self.answers.pop(0) if self.answers else None:
            raise answer
        if arn not in self.statuses:
            raise RefusedError("BadRequestException", f"{arn} does not exist.")
        self.calls.append((arn, sending))
        if not self.deaf:
            self.change(arn, customer_managed=sending)

    def change(
        self,
        arn: str,
        *,
        customer_managed: Sending | None = None,
        ses_managed: Sending | None = None,
        cause: str = MANUALLY_UPDATED,
    ) -> None:
        """Change a status, as any caller, a person in the console, or SES itself does."""
        status = self.statuses[arn]
        if customer_managed:
            self.now += timedelta(seconds=1)
            status = replace(status, customer_managed=customer_managed, stamp=self.now, cause=cause)
        if ses_managed:
            status = replace(status, ses_managed=ses_managed)
        shut = Sending.DISABLED in {status.customer_managed, status.ses_managed}
        self.statuses[arn] = replace(
            status, aggregate=Sending.DISABLED if shut else status.customer_managed or Sending.ENABLED
        )

    def findings(self, arn: str) -> tuple[Finding, ...]:
        return self.open_findings.get(arn, ())

    def tenants_of(self, configuration_set: str) -> Sequence[str]:
        if answer := self.answers_to_lookups.pop(0) if self.answers_to_lookups else None:
            raise answer
        return self.associations[configuration_set]

    def describe(self, tenant: str) -> Described:
        self.tags_read.append(tenant)
        if answer := self.answers_to_tags.pop(0) if self.answers_to_tags else None:
            raise answer
        arn = next((arn for arn in self.statuses if arn.split("/")[1] == tenant), "")
        return Described(arn, self.policy_tags.get(tenant, ""))
