"""The brake's page of the book, and the pauses that are kept past it."""

from collections.abc import Sequence
from typing import Protocol

from reputation_guard.domain.brake import Brake, Kept, Person
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports.book import Outcome


class BrakeBook(Protocol):
    """The book's page of the brake, and the pauses that are kept past it. A tenant has one at most."""

    def brake(self) -> Brake:
        """The page as it is this very moment."""

    def pause(self, decision: Decision, after: Tenant, read: Brake) -> Tenant:
        """Write a pause, pending, and the record after it, and count it on the page; all or nothing.

        `StaleError`: the record or the page changed since it was read.
        """

    def keep(self, decision: Decision, after: Tenant) -> Tenant:
        """Keep a pause for a person, unless one of the tenant is, and write the record after it, both or neither.

        `StaleError` as ever.
        """

    def kept(self) -> Sequence[Kept]:
        """All that are kept, the longest kept first; what cannot be read is left out."""

    def kept_of(self, tenant: str) -> Kept | None:
        """What is kept of a tenant."""

    def end(self, kept: Kept, outcome: Outcome, person: Person, after: Tenant) -> Tenant:
        """Note what a person made of a kept pause, and write the record after it (read at its version).

        `StaleError`: the record changed since it was read, or it is kept no more.
        """
