"""What was counted, beside what was emitted: exact for feedback, never under for sends."""

import base64
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.load.mails import Truth
from bench.load.table import Table
from reputation_guard.aws.counts_keys import ACCOUNT_FEEDBACK, FEEDBACK, slot_of_key, without_set
from reputation_guard.domain.counts import EXACT_IDS, Ids
from reputation_guard.domain.policy import Kind


@dataclass(frozen=True, slots=True)
class Outcome:
    """Ids of feedback, and where they are not what was emitted; sends, and the tenants with fewer than emitted."""

    ids: int
    wrong_slots: int
    wrong_slots_of_account: int
    sends: int
    tenants_under: int


def outcome(table: Table, truth: Truth) -> Outcome:
    """Compare every set of ids, and every tenant's sends."""
    counted = {
        (tenant, slot_of_key(without_set(key)[0]), kind): ids.exact
        for tenant, key, item in table.of(FEEDBACK)
        for kind, ids in _ids_in(item)
    }
    slots = {key: set(counted.get(key, ())) == ids for key, ids in truth.feedback.items()}
    sends = table.sends_of_tenants()
    return Outcome(
        ids=sum(map(len, counted.values())),
        wrong_slots=sum(not right for right in slots.values()) + len(counted.keys() - slots.keys()),
        wrong_slots_of_account=_wrong_slots_of_account(table, truth),
        sends=sends.total(),
        tenants_under=sum(sends[tenant] < number for tenant, number in truth.sends.items()),
    )


def _wrong_slots_of_account(table: Table, truth: Truth) -> int:
    """The account's slots are the busiest: past a thousand ids the sample of all of them is what has to be there."""
    emitted: dict[tuple[int, Kind], set[bytes]] = defaultdict(set)
    for (_, slot, kind), ids in truth.feedback.items():
        emitted[slot, kind] |= ids
    counted = {
        (slot_of_key(key), kind): ids for _, key, item in table.of(ACCOUNT_FEEDBACK) for kind, ids in _ids_in(item)
    }
    wrong = counted.keys() - emitted.keys()
    return len(wrong) + sum(not _is_right(counted.get(key, Ids()), Ids.of(ids)) for key, ids in emitted.items())


def _is_right(counted: Ids, emitted: Ids) -> bool:
    if len(emitted.exact) < EXACT_IDS:
        return counted.exact == emitted.exact
    return counted.sample == emitted.sample and len(counted.exact) >= EXACT_IDS and counted.exact <= emitted.exact


def _ids_in(item: dict[str, Any]) -> Iterator[tuple[Kind, Ids]]:
    for kind in Kind:
        exact, sample = (
            frozenset(map(base64.b64decode, item.get(name, {"BS": ()})["BS"])) for name in (kind, f"{kind}_sample")
        )
        if exact:
            yield kind, Ids(exact, sample)
