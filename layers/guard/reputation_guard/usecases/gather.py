"""Gather what a judgement of a tenant looks at: the part of its counts that may be judged, and unattributed sends."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce

from reputation_guard.domain.counts import SLOTS_PER_HOUR, Counts, Ledger, Series, beside, slot_of
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.sight import Edges, Sight, edges_to_read, judged_part
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports.counted import Counted, Known


@dataclass(frozen=True, slots=True)
class Found:
    """What is on record of a tenant: `known`, and the sends nobody could attribute, by set that its feedback came from.

    Feedback of an hour with such sends is weighed with them in favour, so it is among the known counts.
    """

    known: Known
    astray: Mapping[str, Series]

    def sees(self, slot: int, through: str) -> bool:
        """Whether sends that feedback of this slot and set is weighed by are on record."""
        newest, hour = self.known.counts.newest, slot // SLOTS_PER_HOUR
        if self.known.has_sends(hour, through):
            return True
        astray = self.astray.get(through, Series()).slots
        return any(number for back, number in enumerate(astray) if (newest - back) // SLOTS_PER_HOUR == hour)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is judged, from `fence` on. `unseen`: feedback through `unseen_sets`, whose sends nobody sees, if any.

    `look_again_at`: feedback whose sends may not be counted yet was left out. `overtook`: so was some that is older
    than all that was ever seen, and no send of the tenant was seen so far.
    """

    counts: Counts
    unattributed: Counts
    unseen: Counts | None
    unseen_sets: tuple[str, ...]
    fence: datetime
    look_again_at: datetime | None
    overtook: bool


def find(tenant: Tenant, known: Known, counted: Counted, now: datetime) -> Found:
    """Find what may be the tenant's beside what is `known` of it as of `now`."""
    sets = () if known.named_by_ses else sorted(tenant.configuration_sets)
    ledgers = {each: counted.known(Ledger(configuration_set=each), now).counts.sends for each in sets}
    astray = {each: sends for each, sends in ledgers.items() if any(sends.numbers)}
    if not known.unseen:
        return Found(known, astray)
    counts, unseen = known.counts, dict(known.unseen)
    for each in unseen.keys() & astray.keys():
        weighed, unseen[each] = beside(unseen[each], astray[each])
        counts = counts.with_feedback_of(weighed)
    unseen = {each: feedback for each, feedback in unseen.items() if _feedback(feedback)}
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
    edges = _seen_edges(found, counted.edges(Ledger(tenant=tenant.name), edges_to_read(known.counts, sight, fence)))
    counts = judged_part(known.counts, sight, fence, edges)
    late = sight.of_what_never_came(now) if known.unseen else sight
    unseen = {each: _unseen_part(tenant.name, each, known, counted, late, fence) for each in known.unseen}
    parts = [(known.counts, counts), *((known.unseen[each], part) for each, part in unseen.items())]
    looks = [now + travelling] if _left_out(known.counts, counts, sight) else []
    for each, part in unseen.items():
        slots = _left_out(known.unseen[each], part, late)
        # A set of the last minutes may be new, and its sends just behind; of an older one it is time when it is time.
        looks += [now + travelling if slots[-1] >= slot_of(now) - 1 else late.passes(slots[-1])] if slots else []
    unseen = {each: part for each, part in unseen.items() if _feedback(part)}
    return Gathered(
        counts=counts,
        unattributed=_together(found.astray.values(), counts),
        unseen=reduce(Counts.with_feedback_of, unseen.values()) if unseen else None,
        unseen_sets=tuple(sorted(unseen)),
        fence=fence,
        look_again_at=max(now + travelling, min(looks)) if looks else None,
        overtook=first is None and any(_feedback(whole) > _feedback(part) for whole, part in parts),
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


def _seen_edges(found: Found, edges: Edges) -> Edges:
    """The edges without the ids of mail whose sends are not seen."""
    return {
        slot: {through: ids for through, ids in by_set.items() if found.sees(slot, through)}
        for slot, by_set in edges.items()
    }


def _feedback(counts: Counts) -> int:
    return sum(counts.bounces.numbers) + sum(counts.complaints.numbers)


def _left_out(counts: Counts, judged: Counts, sight: Sight) -> list[int]:
    """The slots, back in time, with feedback from the watermark on that was left out, of mail that may be judged."""
    until = min(len(judged.sends.slots), max(0, counts.newest - slot_of(sight.watermark) + 1))
    return [
        counts.newest - back
        for back in range(until)
        if any(counts.feedback(kind).slots[back] > judged.feedback(kind).slots[back] for kind in Kind)
    ]
