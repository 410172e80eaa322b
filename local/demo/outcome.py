"""What came of it, beside what should have: every tenant, every count, and how fast the guard was."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from local.demo.cast import LIST_BOMBED, Part
from local.demo.inbox import Delivered
from local.demo.player import Put
from local.demo.proof import counted_once, proven_at, recipients
from local.demo.scoreboard import Row
from local.traffic import ReportKind
from reputation_guard.domain.policy import Policy
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Standing

QUICK_ENOUGH = timedelta(seconds=5)
_COUNTED = (ReportKind.SEND, ReportKind.HARD_BOUNCE, ReportKind.COMPLAINT)


@dataclass(frozen=True, slots=True)
class Ending:
    """How one tenant ended, and for a paused one the time from the proof to SES's DISABLED."""

    part: Part
    standing: Standing
    sending: Sending
    announced: frozenset[str]
    latency: timedelta | None = None

    @property
    def is_false_pause(self) -> bool:
        """Whether it was paused and never should have been."""
        paused = "TenantPaused" in self.announced or self.standing is Standing.PAUSED
        return paused and self.part.announced != "TenantPaused"

    def problems(self) -> Iterator[str]:
        """Yield what is not as it should be."""
        name, part = self.part.tenant, self.part
        if self.standing is not part.standing:
            yield f"{name} is {self.standing} and should be {part.standing}"
        if self.sending is not part.sending:
            yield f"{name} is {self.sending} at SES and should be {part.sending}"
        if part.announced and part.announced not in self.announced:
            yield f"{name}: nobody was told {part.announced}"
        if self.is_false_pause:
            yield f"{name} was paused and never should be"
        if name == LIST_BOMBED.tenant and (self.latency is None or self.latency > QUICK_ENOUGH):
            took = f"it took {self.latency.total_seconds():.2f} s" if self.latency else "it never was"
            yield f"{name} was not paused within {QUICK_ENOUGH.total_seconds():.0f} s of its proof: {took}"


def endings(rows: Sequence[Row], put: Sequence[Put], notices: Iterable[Delivered], policy: Policy) -> list[Ending]:
    """Compare every tenant with its part, once its traffic has been played and judged."""
    told = [(notice.tenant, notice.event) for notice in notices]
    return [
        Ending(
            part=row.part,
            standing=row.tenant.standing,
            sending=row.says.sending,
            announced=frozenset(event for tenant, event in told if tenant == row.part.tenant),
            latency=_latency(row, put, policy),
        )
        for row in rows
    ]


def resumed(ending: Ending, row: Row) -> Ending:
    """Return the ending of a tenant that an operator has resumed since."""
    part = replace(ending.part, standing=Standing.PROBATION)
    return replace(ending, part=part, standing=row.tenant.standing, sending=row.says.sending)


def _latency(row: Row, put: Sequence[Put], policy: Policy) -> timedelta | None:
    if row.says.sending is not Sending.DISABLED or row.says.since is None:
        return None
    proven = proven_at(put, row.part.tenant, policy)
    return row.says.since - proven if proven else None


def miscounts(rows: Iterable[Row], put: Iterable[Put]) -> list[str]:
    """Return where the tables differ from what was put: feedback is exact, sends are never too few (Law 1)."""
    expected = _expected(put)
    found = []
    for row in rows:
        name = row.part.tenant
        sends, bounces, complaints = (expected[name, kind] for kind in _COUNTED)
        if row.sends < sends and row.part.sender.names_tenant_on_sends:
            found.append(f"{name}: {row.sends:,} of {sends:,} sends are counted")
        if (row.hard_bounces, row.complaints) != (bounces, complaints):
            counted = f"{row.hard_bounces:,} hard bounces and {row.complaints:,} complaints"
            found.append(f"{name}: {counted} are counted, and there were {bounces:,} and {complaints:,}")
    return found


def counted_in_words(put: Sequence[Put]) -> str:
    """Say what all counts come to, when they are as they should be."""
    totals: Counter[ReportKind] = Counter()
    for (_, kind), number in _expected(put).items():
        totals[kind] += number
    sends, bounces, complaints = (totals[kind] for kind in _COUNTED)
    soft = sum(each.report.kind is ReportKind.SOFT_BOUNCE for each in put)
    twice = len(put) - soft - sum(1 for _ in counted_once(put))
    return (
        f"Counted: {sends:,} sends, {bounces:,} hard bounces, {complaints:,} complaints, from {len(put):,} events; "
        f"{twice} came twice and count once, {soft} soft bounces count nothing."
    )


def _expected(put: Iterable[Put]) -> Counter[tuple[str, ReportKind]]:
    totals: Counter[tuple[str, ReportKind]] = Counter()
    for each in counted_once(put):
        totals[each.report.tenant, each.report.kind] += recipients(each)
    return totals
