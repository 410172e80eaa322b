"""Gather what a judgement of a tenant looks at: the part of its counts that may be judged, and unattributed sends."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce

from reputation_guard.domain.counts import Counts, Ledger, Series, slot_of
from reputation_guard.domain.sight import Edges, Sight, edges_to_read, judged_part
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports import Counted, Known


@dataclass(frozen=True, slots=True)
class Found:
    """What is on record of a tenant: `known`, and the sends nobody could attribute, by set that its feedback came from.

    Feedback through such a set is weighed with them in favour, so it is among the known counts.
    """

    known: Known
    astray: Mapping[str, Series]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is judged, from `fence` on. `held_back`: feedback whose sends may not be counted yet was left out.

    `overtook`: feedback was left out as older than all that was ever seen, and no send of the tenant was seen so far.
    `unseen`: feedback through `unseen_sets`, whose sends nobody sees; None where there is none.
    """

    counts: Counts
    unattributed: Counts
    unseen: Counts | None
    unseen_sets: tuple[str, ...]
    fence: datetime
    held_back: bool
    overtook: bool


def find(tenant: Tenant, known: Known, counted: Counted, now: datetime) -> Found:
    """Find what may be the tenant's beside what is `known` of it as of `now`."""
    sets = () if known.named_by_ses else sorted(tenant.configuration_sets)
    ledgers = {each: counted.known(Ledger(configuration_set=each), now).counts.sends for each in sets}
    astray = {each: sends for each, sends in ledgers.items() if any(sends.numbers)}
    counts = known.counts
    for each in known.unseen.keys() & astray.keys():
        counts = counts.with_feedback_of(known.unseen[each])
    unseen = {each: feedback for each, feedback in known.unseen.items() if each not in astray}
    return Found(replace(known, counts=counts, unseen=unseen), astray)


def gather(  # noqa: PLR0913, PLR0917 - what is known, from where, as of when
    tenant: Tenant, found: Found, counted: Counted, sight: Sight, travelling: timedelta, now: datetime
) -> Gathered:
    """Gather for a tenant what was found of it, as of `now`; `sight` is the common one."""
    known = found.known
    if known.mark or not found.astray:
        # Where there is unattributed mail that may be its own, a tenant with no sends at all need not be waited for.
        sight = sight.of(tenant.name, known.mark, now, travelling)
    first = tenant.fence or known.first_seen
    fence = sight.fence(first)
    edges = _seen_edges(known, counted.edges(Ledger(tenant=tenant.name), edges_to_read(known.counts, sight, fence)))
    counts = judged_part(known.counts, sight, fence, edges)
    late = sight.of_what_never_came(now)
    unseen = {each: _unseen_part(tenant.name, each, known, counted, late, fence) for each in known.unseen}
    parts = [(known.counts, counts, sight), *((known.unseen[each], part, late) for each, part in unseen.items())]
    unseen = {each: part for each, part in unseen.items() if _feedback(part)}
    return Gathered(
        counts=counts,
        unattributed=_together(found.astray.values(), counts),
        unseen=reduce(Counts.with_feedback_of, unseen.values()) if unseen else None,
        unseen_sets=tuple(sorted(unseen)),
        fence=fence,
        held_back=any(_fresh_total(whole, part, its) > _fresh_total(part, part, its) for whole, part, its in parts),
        overtook=first is None and any(_feedback(whole) > _feedback(part) for whole, part, _ in parts),
    )


def _together(astray: Collection[Series], counts: Counts) -> Counts:
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


def _unseen_part(  # noqa: PLR0913, PLR0917 - whose feedback, from where, and which of it
    tenant: str, through: str, known: Known, counted: Counted, sight: Sight, fence: datetime
) -> Counts:
    """The feedback through one set without sends of which it is time to say so."""
    feedback = known.unseen[through]
    edges = counted.edges(Ledger(tenant=tenant), edges_to_read(feedback, sight, fence))
    of_set = {slot: {through: by_set[through]} for slot, by_set in edges.items() if through in by_set}
    return judged_part(feedback, sight, fence, of_set)


def _seen_edges(known: Known, edges: Edges) -> Edges:
    """The edges without the ids of mail sent through sets that no send of their slot's hour went through."""

    def is_seen(slot: int, through: str) -> bool:
        unseen, back = known.unseen.get(through), known.counts.newest - slot
        return unseen is None or not (unseen.bounces.slots[back] or unseen.complaints.slots[back])

    return {
        slot: {through: ids for through, ids in by_set.items() if is_seen(slot, through)}
        for slot, by_set in edges.items()
    }


def _feedback(counts: Counts) -> int:
    return sum(counts.bounces.numbers) + sum(counts.complaints.numbers)


def _fresh_total(counts: Counts, judged: Counts, sight: Sight) -> int:
    """The feedback from the watermark on, of mail that may ever be judged."""
    until = min(len(judged.sends.slots), max(0, counts.newest - slot_of(sight.watermark) + 1))
    return sum(counts.bounces.slots[:until]) + sum(counts.complaints.slots[:until])
