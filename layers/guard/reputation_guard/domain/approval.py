"""Who orders something, and the first of two people who have to want it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# So long a proposal waits for a second person; later both have to look anew.
PROPOSAL_HOLDS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Identity:
    """A person who orders something; `proved` by IAM, or only as declared in the order."""

    name: str
    proved: bool = False

    def is_same_person(self, other: "Identity") -> bool:
        """Whether both are one person, by their names: one who is declared may be anybody."""
        return self.name.casefold() == other.name.casefold()

    @property
    def in_words(self) -> str:
        """The name, and how far it can be trusted."""
        return f"{self.name} ({'proved by IAM' if self.proved else 'as declared'})"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One person wants a tenant resumed, and a second one has to want it too. `pause`: the decision it is to end."""

    tenant: str
    pause: str
    by: Identity
    reason: str
    at: datetime

    @property
    def until(self) -> datetime:
        """When it lapses."""
        return self.at + PROPOSAL_HOLDS

    def holds(self, pause: str | None, now: datetime) -> bool:
        """Whether it is about the pause there is, and still waits."""
        return self.pause == pause and now < self.until
