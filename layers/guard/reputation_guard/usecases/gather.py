"""Gather what a judgement of a tenant looks at: the part of its counts that may be judged, and unattributed sends."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from reputation_guard.domain.counts import Counts, Ledger, Series, slot_of
from reputation_guard.domain.sight import Sight, edges_to_read, judged_part
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports import Counted, Known


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is judged, from `fence` on. `held_back`: feedback whose sends may not be counted yet was left out."""

    counts: Counts
    unattributed: Counts
    fence: datetime
    held_back: bool


def gather(  # noqa: PLR0913, PLR0917 - what is known, from where, as of when
    tenant: Tenant, known: Known, counted: Counted, sight: Sight, travelling: timedelta, now: datetime
) -> Gathered:
    """Gather for a tenant whose counts are `known`, as of `now`; `sight` is the common one."""
    astray = [] if known.named_by_ses else _astray(tenant, counted, now)
    if known.mark or not any(any(series.numbers) for series in astray):
        # Where there is unattributed mail that may be its own, a tenant with no sends at all need not be waited for.
        sight = sight.of(tenant.name, known.mark, now, travelling)
    fence = sight.fence(tenant.fence or known.first_seen)
    edges = counted.edges(Ledger(tenant=tenant.name), edges_to_read(known.counts, sight, fence))
    counts = judged_part(known.counts, sight, fence, edges)
    return Gathered(
        counts=counts,
        unattributed=_together(astray, counts),
        fence=fence,
        held_back=_fresh_total(known.counts, counts, sight) > _fresh_total(counts, counts, sight),
    )


def _astray(tenant: Tenant, counted: Counted, now: datetime) -> list[Series]:
    """The sends nobody could attribute, in each of the sets that the tenant's feedback came from."""
    ledgers = (Ledger(configuration_set=each) for each in sorted(tenant.configuration_sets))
    return [counted.known(ledger, now).counts.sends for ledger in ledgers]


def _together(astray: list[Series], counts: Counts) -> Counts:
    """All of them, over the judged time."""
    if not astray:
        return Counts(counts.newest)
    judged = counts.sends

    def summed(numbers: Iterable[tuple[int, ...]], kept: int) -> tuple[int, ...]:
        return tuple(map(sum, zip(*(each[:kept] for each in numbers), strict=True)))

    return Counts(
        counts.newest,
        Series(
            summed((series.slots for series in astray), len(judged.slots)),
            summed((series.days for series in astray), len(judged.days)),
            summed((series.hours for series in astray), len(judged.hours)),
        ),
    )


def _fresh_total(counts: Counts, judged: Counts, sight: Sight) -> int:
    """The feedback from the watermark on, of mail that may ever be judged."""
    until = min(len(judged.sends.slots), max(0, counts.newest - slot_of(sight.watermark) + 1))
    return sum(counts.bounces.slots[:until]) + sum(counts.complaints.slots[:until])
