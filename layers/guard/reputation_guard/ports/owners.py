"""Whose the configuration sets are."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol


class SetOwners(Protocol):
    """Whose a configuration set is, where SES's associations give it to one tenant alone."""

    def known(self) -> Mapping[str, str]:
        """The sets that belong to one tenant, with that tenant."""

    def note_unattributed(self, configuration_sets: Iterable[str]) -> None:
        """Remember that mail in these sets could not be attributed: their owner is to be asked for."""

    def to_look_up(self, now: datetime) -> Sequence[str]:
        """The sets whose owner was not asked for within the last hour."""

    def note(self, configuration_set: str, tenant: str, now: datetime) -> None:
        """Remember whose set it is; no tenant means that several share it, or nobody has it."""
