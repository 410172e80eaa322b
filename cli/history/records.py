"""The records of a history's tenants, in memory. SES is taken to do at once what was decided, and to confirm it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import heappop, heappush
from types import MappingProxyType

from reputation_guard.domain.decision import Decision
from reputation_guard.domain.tenant import Standing, Tenant


class RecordsInMemory:
    """`ports.book.Records`: one writer, so no record is stale. Those it begins with are of tenants yet to be judged."""

    def __init__(self, tenants: Mapping[str, Tenant] = MappingProxyType({})) -> None:
        self._tenants = dict(tenants)
        self._turns: dict[str, datetime] = {}
        self._calendar: list[tuple[datetime, str]] = []
        self._decided: list[Decision] = []

    def tenant(self, name: str) -> Tenant | None:
        return self._tenants.get(name)

    def is_paused(self, name: str) -> bool:
        """Whether a tenant may not send."""
        found = self._tenants.get(name)
        return found is not None and found.standing is Standing.PAUSED

    def save(self, before: Tenant, after: Tenant, now: datetime) -> Tenant:
        return self._write(replace(after, version=before.version + 1), now)

    def record(self, decision: Decision, after: Tenant) -> Tenant:
        self._decided.append(decision)
        return self._write(replace(after, version=decision.tenant.version + 1, under_way=False), decision.at)

    def due(self, now: datetime) -> Sequence[Tenant]:
        names = []
        while self._calendar and self._calendar[0][0] <= now:
            turn, name = heappop(self._calendar)
            if self._turns.get(name) == turn:
                del self._turns[name]
                names.append(name)
        return [self._tenants[name] for name in names]

    def next_turn(self) -> datetime | None:
        """When the next tenant may be due; None while there is none."""
        return self._calendar[0][0] if self._calendar else None

    def take_decided(self) -> list[Decision]:
        """What was decided since this was asked last."""
        decided, self._decided = self._decided, []
        return decided

    def _write(self, tenant: Tenant, now: datetime) -> Tenant:
        self._tenants[tenant.name] = tenant
        if tenant.is_account:
            return tenant
        turn = tenant.due_at(now)
        if self._turns.get(tenant.name) != turn:
            self._turns[tenant.name] = turn
            heappush(self._calendar, (turn, tenant.name))
        return tenant
