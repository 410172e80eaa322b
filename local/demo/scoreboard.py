"""What the guard's own tables say of every tenant, weighed by the same functions as a judgement and `guard status`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cli.weighing import total_feedback, weigh
from local.aws import EmbeddedAws
from local.demo.cast import CAST, Part
from local.demo.player import SesSays
from reputation_guard.aws.book_reader import BookReader
from reputation_guard.aws.counted import CountsReader
from reputation_guard.domain.counts import Ledger
from reputation_guard.domain.policy import Kind, Policy
from reputation_guard.domain.sight import Watermark
from reputation_guard.domain.tenant import Standing, Tenant
from reputation_guard.domain.windows import Window
from reputation_guard.ports.counted import Known
from reputation_guard.settings import Settings


@dataclass(frozen=True, slots=True)
class Row:
    """One tenant as it is counted, weighed, and recorded; `window` is the one nearest to its limit."""

    part: Part
    tenant: Tenant
    sends: int
    hard_bounces: int
    complaints: int
    window: Window | None
    bound: float
    limit: float
    says: SesSays


class _Glance(CountsReader):
    """One look at the counts: what was read once is not read again."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        super().__init__(dynamodb, table)
        self._known: dict[Ledger, Known] = {}
        self._mark: Watermark | None = None

    def known(self, ledger: Ledger, now: datetime) -> Known:
        if ledger not in self._known:
            self._known[ledger] = super().known(ledger, now)
        return self._known[ledger]

    def watermark(self) -> Watermark | None:
        self._mark = self._mark or super().watermark()
        return self._mark


class Scoreboard:
    """Reads the tables of a deployed guard."""

    def __init__(self, aws: EmbeddedAws, settings: Settings) -> None:
        self._dynamodb = aws.client("dynamodb")
        self._counts = aws.outputs["CountsTable"]
        self._settings = settings
        self.book = BookReader(self._dynamodb, aws.outputs["BookTable"])

    def look(self, says: Mapping[str, SesSays], now: datetime) -> list[Row]:
        """Return every tenant of the cast as it is at `now`, in the cast's order."""
        glance = _Glance(self._dynamodb, self._counts)
        recorded = {tenant.name: tenant for tenant in self.book.tenants()}
        return [
            self._row(part, recorded.get(part.tenant, Tenant(name=part.tenant)), glance, says[part.tenant], now)
            for part in CAST
        ]

    def _row(self, part: Part, tenant: Tenant, glance: _Glance, says: SesSays, now: datetime) -> Row:
        weighed = weigh(tenant, glance, self._settings, None, now)
        known = glance.known(Ledger(tenant=tenant.name), now)
        policy = self._settings.policy
        window = max(
            weighed.windows, key=lambda each: _bound(each, tenant, policy) / _limit(each, policy), default=None
        )
        return Row(
            part=part,
            tenant=tenant,
            sends=weighed.sends,
            hard_bounces=total_feedback(known, [Kind.BOUNCE]),
            complaints=total_feedback(known, [Kind.COMPLAINT]),
            window=window,
            bound=_bound(window, tenant, policy) if window else 0.0,
            limit=_limit(window, policy) if window else policy.bounce.pause,
            says=says,
        )


def _bound(window: Window, tenant: Tenant, policy: Policy) -> float:
    limits = policy.limits(window.kind)
    return window.bound(limits.prior_for(in_probation=tenant.standing is Standing.PROBATION))


def _limit(window: Window, policy: Policy) -> float:
    return policy.limits(window.kind).pause


def by_name(rows: Sequence[Row]) -> dict[str, Row]:
    """Return the rows by tenant."""
    return {row.part.tenant: row for row in rows}
