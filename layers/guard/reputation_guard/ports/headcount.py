"""How many there are, for people who look from afar."""

from collections.abc import Mapping
from typing import Protocol

from reputation_guard.domain.tenant import Standing


class Headcount(Protocol):
    """How many there are, for people who look from afar: some moments old, and dear to nobody."""

    def standings(self) -> Mapping[Standing, int]:
        """How many tenants stand in each standing but HEALTHY."""

    def kept(self) -> int:
        """How many pauses are kept past the brake."""
