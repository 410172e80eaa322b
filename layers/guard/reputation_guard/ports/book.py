"""The book: the records of tenants, the decisions and how they ended, and the mode."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from reputation_guard.domain.decision import Decision
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Tenant


@dataclass(frozen=True, slots=True)
class ModeRecord:
    """The book's page about the mode: what a person switched to, what was last in force, since when it enforces."""

    switch: Mode | None = None
    in_force: Mode | None = None
    enforcing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A decision that is not yet carried out: when the first attempt began, and when SES refused it."""

    decision: Decision
    attempted_at: datetime | None = None
    refused_at: datetime | None = None


class Outcome(StrEnum):
    """How a decision ended. `ADOPTED`: another had stopped the tenant already, and that stop was taken over."""

    ANNOUNCED = "announced"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    GONE = "gone"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    ADOPTED = "adopted"
    RELEASED = "released"
    DROPPED = "dropped"


class Records(Protocol):
    """The records of tenants, as the judgement reads and replaces them.

    Whoever writes names the version he read, or gets a `StaleError`.
    """

    def tenant(self, name: str) -> Tenant | None:
        """A tenant's record, or that of the account itself, as it is this very moment."""

    def save(self, before: Tenant, after: Tenant, now: datetime) -> Tenant:
        """Replace a record; the saved one has the next version."""

    def record(self, decision: Decision, after: Tenant) -> Tenant:
        """Write a decision, pending, and the record after it, both or neither."""

    def due(self, now: datetime) -> Sequence[Tenant]:
        """The tenants the minute review has to look at, the longest due first; what cannot be read is left out."""


class Book(Records, Protocol):
    """The book: the records of tenants, the decisions and how far they are carried out, and the mode."""

    def pending(self) -> Iterable[Pending]:
        """The decisions to carry out: what only has to be told, then the fastest sender first.

        Each is read when its turn comes, so that the first one does not wait for the others. What cannot be read is
        left out.
        """

    def overtaken_by(self, decision: Decision) -> Pending | None:
        """What was under way when this one was decided, settled by now or not; None where there was nothing."""

    def deciding(self, tenant: Tenant) -> Decision | None:
        """The decision that made the tenant's present standing; None where it cannot be found or read."""

    def decided_at(self, name: str, at: datetime) -> Sequence[Decision]:
        """The decisions of this very moment about a tenant or the account; what cannot be read is left out."""

    def count_pending(self) -> int:
        """How many decisions wait to be carried out, up to a round's worth."""

    def mark_attempt(self, decision: Decision, at: datetime) -> None:
        """Note that SES is about to be called for this decision."""

    def unmark_attempt(self, decision: Decision) -> None:
        """Note that SES did not take that call: what it shows from now on is not this decision's work."""

    def mark_refused(self, decision: Decision, at: datetime, *, keeps_its_place: bool = False) -> None:
        """Note that people were told that SES does not make it; it stays pending, from now on behind all others."""

    def settle(self, decision: Decision, outcome: Outcome, at: datetime, after: Tenant | None = None) -> None:
        """The decision is done with, and the record (read at the version of `after`) becomes `after`."""

    def tags_due(self, now: datetime) -> Sequence[str]:
        """The tenants whose tags at SES have to be read, the longest due first: new ones, and each once a day."""

    def note_tag(self, before: Tenant, policy: str, now: datetime) -> Tenant:
        """Note the policy that a tenant's tag names ("" for none); it is due again with a daily turn."""

    def mode(self) -> ModeRecord:
        """The book's page about the mode."""

    def note_mode(self, read: ModeRecord, mode: Mode, enforcing_since: datetime | None) -> None:
        """Note the mode that came into force."""
