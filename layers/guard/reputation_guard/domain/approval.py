"""Who orders something, and the first of two people who have to want it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# So long a proposal waits for a second person; later both have to look anew.
PROPOSAL_HOLDS = timedelta(hours=1)
# The roles of AWS IAM Identity Center: it alone takes them, and names each session after the user who signed in.
_OF_IDENTITY_CENTER = "awsreservedsso_"
_ASSUMED_ROLE, _FEDERATED_USER = "assumed-role", "federated-user"


@dataclass(frozen=True, slots=True)
class Identity:
    """A person who orders something; `proved` by IAM, or only as declared in the order."""

    name: str
    proved: bool = False

    def is_same_person(self, other: "Identity") -> bool:
        """Whether both are, or could be, one person: whatever a name says that its bearer chose is left out."""
        return _person(self.name) == _person(other.name)

    def is_same_name(self, other: "Identity") -> bool:
        """Whether both have one name."""
        return self.name.casefold() == other.name.casefold()

    @property
    def in_words(self) -> str:
        """The name, and how far it can be trusted."""
        return f"{self.name} ({'proved by IAM' if self.proved else 'as declared'})"


def _person(name: str) -> str:
    """What tells a person from others in a name.

    Of an ARN of STS (`arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`) the session's name is chosen by whoever takes
    the role, as is that of a federated user, so neither counts; with IAM Identity Center it is the user's, whichever
    of its roles he takes.
    """
    parts = name.casefold().split(":", 5)
    if len(parts) < 6 or parts[2] != "sts":  # noqa: PLR2004 - an ARN has six parts
        return name.casefold()
    kind, _, rest = parts[5].partition("/")
    role, _, session = rest.partition("/")
    if kind == _ASSUMED_ROLE and role.startswith(_OF_IDENTITY_CENTER):
        return f"{_OF_IDENTITY_CENTER}/{session}"
    if kind == _ASSUMED_ROLE:
        return ":".join([*parts[:5], f"{kind}/{role}"])
    return ":".join([*parts[:5], kind]) if kind == _FEDERATED_USER else name.casefold()


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
