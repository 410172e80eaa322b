"""The keys of links, and what may be used once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reputation_guard.domain.links import Keyring


class Keys(Protocol):
    """Where the keys of links are kept."""

    def keyring(self, known_id: str = "") -> Keyring:
        """The keys, as they were at most five minutes ago; read anew where they lack the key of `known_id`."""


class Nonces(Protocol):
    """What may be used once."""

    def burn(self, nonce: str, until: datetime) -> bool:
        """Use it up; True the first time. It is remembered until then, at least."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """How far the rotation of the key of links is: who rotates it (an ARN), and which versions it has."""

    key: str
    rotated_by: str
    current: str
    pending: str


class RotatingKey(Protocol):
    """The key of links while it is being replaced."""

    def rotation(self) -> Rotation:
        """How far its rotation is."""

    def has_value(self, version: str) -> bool:
        """Whether the pending version has a key."""

    def put(self, version: str, key: str) -> None:
        """Give the pending version its key."""

    def promote(self, version: str, instead_of: str) -> None:
        """Make this version the current one, and the current one the one before."""
