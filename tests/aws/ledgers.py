"""What ingest adds to a ledger, as the contract tests need it."""

import random
from datetime import datetime

from reputation_guard.domain.counts import (
    SLOTS_PER_HOUR,
    HourOfSends,
    Ids,
    Ledger,
    SlotOfFeedback,
    feedback_id,
    first_open_day,
    slot_of,
)
from reputation_guard.domain.policy import Kind
from tests.aws.conftest import BothSides
from tests.fakes.builders import NEWEST, NOW

SHOP, NEWS = Ledger(tenant="shop"), Ledger(tenant="news")
ASTRAY = Ledger(configuration_set="shared")
LAST_CLOSED = first_open_day(NEWEST) - 1


def sends(number: int, at: datetime = NOW, ledger: Ledger = SHOP, *, named: int = 0) -> HourOfSends:
    """Sends of one moment."""
    slot = slot_of(at)
    second = int(at.timestamp())
    return HourOfSends(ledger, slot // SLOTS_PER_HOUR, {slot: number}, named, second, second, NOW)


def ids(*names: str, at: datetime = NOW) -> Ids:
    """The ids of so many pieces of feedback."""
    return Ids.of(feedback_id(at, name) for name in names)


def bounces(*names: str, at: datetime = NOW, ledger: Ledger = SHOP, through: str = "") -> SlotOfFeedback:
    """Hard bounces of one moment."""
    return SlotOfFeedback(ledger, slot_of(at), {Kind.BOUNCE: ids(*names, at=at)}, through)


def many(number: int, seed: int) -> Ids:
    """Ids of any feedback."""
    chance = random.Random(seed)
    return Ids.of(feedback_id(NOW, str(chance.random())) for _ in range(number))


def count_of(counts: BothSides, kind: Kind = Kind.BOUNCE, at: datetime = NOW) -> int:
    """What is known of one slot by its ids."""
    slot = slot_of(at)
    return sum(ids[kind].count() for ids in counts.counted.edges(SHOP, [slot])[slot].values() if kind in ids)
