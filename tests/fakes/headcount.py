"""The headcount in memory, of a brake and its book in memory: the same meaning as the book's indexes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from reputation_guard.domain.tenant import Standing
from tests.fakes.brake import InMemoryBrake


@dataclass(frozen=True, slots=True)
class InMemoryHeadcount:
    """`ports.headcount.Headcount`."""

    brake: InMemoryBrake

    def standings(self) -> Mapping[Standing, int]:
        found = Counter(tenant.standing for tenant in self.brake.book.tenants.values())
        return {each: found[each] for each in Standing if each is not Standing.HEALTHY}

    def kept(self) -> int:
        return len(self.brake.waiting)
