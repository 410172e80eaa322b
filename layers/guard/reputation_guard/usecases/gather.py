"""Gather what a judgement of a tenant looks at: the part of its counts that may be judged, and unattributed sends."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from reputation_guard.domain.counts import Counts, Ledger, Series, Sight, edges_to_read, judged_part, slot_of
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports import Counted, Known


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is judged, from `fence` on. `held_back`: feedback whose sends may not be counted yet was left out."""

    counts: Counts
    unattributed: Counts
    fence: datetime
    held_back: bool


def gather(tenant: Tenant, known: Known, counted: Counted, sight: Sight, now: datetime) -> Gathered:
    """Gather for a tenant whose counts are `known`, as of `now`."""
    fence = sight.fence(tenant.fence or known.first_seen)
    edges = counted.edges(tenant.name, edges_to_read(known.counts, sight, fence))
    counts = judged_part(known.counts, sight, fence, edges)
    return Gathered(
        counts=counts,
        unattributed=Counts(counts.newest) if known.named_by_ses else _unattributed(tenant, counts, counted, now),
        fence=fence,
        held_back=_fresh_total(known.counts, sight) > _fresh_total(counts, sight),
    )


def _unattributed(tenant: Tenant, counts: Counts, counted: Counted, now: datetime) -> Counts:
    """The sends nobody could attribute in the sets that the tenant's feedback came from, over the judged time."""
    ledgers = (Ledger(configuration_set=each) for each in sorted(tenant.configuration_sets))
    astray = [counted.known(ledger, now).counts.sends for ledger in ledgers]
    judged = counts.sends

    def together(numbers: Iterable[tuple[int, ...]], kept: int) -> tuple[int, ...]:
        return tuple(map(sum, zip(*(each[:kept] for each in numbers), strict=True)))

    return Counts(
        counts.newest,
        Series(
            together((series.slots for series in astray), len(judged.slots)),
            together((series.days for series in astray), len(judged.days)),
            together((series.hours for series in astray), len(judged.hours)),
        ),
    )


def _fresh_total(counts: Counts, sight: Sight) -> int:
    until = max(0, counts.newest - slot_of(sight.watermark) + 1)
    return sum(counts.bounces.slots[:until]) + sum(counts.complaints.slots[:until])
