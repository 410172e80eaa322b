"""What the counts table means: the same tests on the fake and on DynamoDB."""

import random
from datetime import timedelta

import pytest

from reputation_guard.domain.counts import (
    EXACT_IDS,
    SLOTS_PER_HOUR,
    HourOfSends,
    Ids,
    Ledger,
    SlotOfFeedback,
    slot_of,
    slot_start,
)
from reputation_guard.domain.policy import Kind
from tests.aws.conftest import BothSides
from tests.aws.ledgers import ASTRAY, NEWS, SHOP, bounces, count_of, ids, many, sends
from tests.fakes.builders import NEWEST, NOW, ago


def test_what_nobody_counted_is_nothing(counts: BothSides) -> None:
    known = counts.counted.known(SHOP, NOW)
    assert sum(known.counts.sends.numbers) == sum(known.counts.bounces.numbers) == 0
    assert (known.first_seen, known.named_by_ses) == (None, False)
    assert counts.counted.watermark() is None
    assert counts.counted.examples("shop", NOW) == ()


def test_sends_add_up_in_the_slot_of_their_send(counts: BothSides) -> None:
    """Law 2."""
    counts.counting.add_sends(sends(3))
    counts.counting.add_sends(sends(4))
    counts.counting.add_sends(sends(5, ago(minutes=5)))
    counts.counting.add_sends(sends(6, ago(hours=20)))
    found = counts.counted.known(SHOP, NOW).counts.sends
    assert found.slots[:3] == (7, 5, 0)
    assert (sum(found.slots), sum(found.hours), sum(found.days)) == (12, 6, 0)


def test_several_slots_of_an_hour_are_one_addition(counts: BothSides) -> None:
    start = slot_of(NOW) // SLOTS_PER_HOUR * SLOTS_PER_HOUR - SLOTS_PER_HOUR
    of_hour = HourOfSends(SHOP, start // SLOTS_PER_HOUR, {start: 1, start + 11: 12}, 0, 7, 9, NOW)
    counts.counting.add_sends(of_hour)
    found = counts.counted.known(SHOP, NOW).counts.sends.slots
    assert (found[NEWEST - start], found[NEWEST - start - 11], sum(found)) == (1, 12, 13)


def test_ledgers_are_kept_apart(counts: BothSides) -> None:
    counts.counting.add_sends(sends(3))
    counts.counting.add_sends(sends(5, ledger=ASTRAY))
    assert counts.counted.known(NEWS, NOW).counts.sends.slots[0] == 0
    assert counts.counted.known(ASTRAY, NOW).counts.sends.slots[0] == 5
    assert counts.counted.known(Ledger(tenant="shared"), NOW).counts.sends.slots[0] == 0


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_first_send_is_the_earliest_whatever_the_order(counts: BothSides, order: tuple[int, ...]) -> None:
    """Law 3: a tenant's first fence must not depend on which batch came first."""
    moments = (ago(minutes=2), ago(minutes=1), ago(seconds=10))
    for which in order:
        counts.counting.add_sends(sends(1, moments[which]))
    assert counts.counted.known(SHOP, NOW).first_seen == ago(minutes=2)
    counts.counting.add_sends(sends(1, ago(hours=3)))
    assert counts.counted.known(SHOP, NOW).first_seen == ago(hours=3)


def test_sends_that_ses_named_are_remembered(counts: BothSides) -> None:
    counts.counting.add_sends(sends(3))
    assert not counts.counted.known(SHOP, NOW).named_by_ses
    counts.counting.add_sends(sends(1, named=1))
    assert counts.counted.known(SHOP, NOW).named_by_ses


def test_feedback_is_a_set(counts: BothSides) -> None:
    """Law 1: the same feedback twice is once, in whatever batches."""
    for batch in (("a", "b"), ("b", "c"), ("a", "b", "c")):
        counts.counting.add_feedback(bounces(*batch))
    assert count_of(counts) == 3
    assert count_of(counts, Kind.COMPLAINT) == 0


def test_kinds_are_counted_apart(counts: BothSides) -> None:
    both = SlotOfFeedback(SHOP, NEWEST, {Kind.BOUNCE: ids("a", "b"), Kind.COMPLAINT: ids("x")})
    counts.counting.add_feedback(both)
    assert (count_of(counts), count_of(counts, Kind.COMPLAINT)) == (2, 1)


def test_ids_keep_the_second_of_their_send(counts: BothSides) -> None:
    slot = slot_of(NOW)
    counts.counting.add_feedback(bounces("early", at=slot_start(slot)))
    counts.counting.add_feedback(bounces("late", at=slot_start(slot) + timedelta(seconds=299)))
    found = counts.counted.edges(SHOP, [slot])[slot][""][Kind.BOUNCE]
    assert (found.count(0, 1), found.count(299, 300), found.count(1, 299)) == (1, 1, 0)


def test_slots_without_feedback_have_no_ids(counts: BothSides) -> None:
    assert counts.counted.edges(SHOP, [NEWEST, NEWEST - 1]) == {NEWEST: {}, NEWEST - 1: {}}


@pytest.mark.parametrize("seed", range(2))
def test_past_a_thousand_ids_any_order_gives_the_same_count(counts: BothSides, seed: int) -> None:
    """Law 1: beyond its room a slot keeps the sample of all, whichever ids came first."""
    batches = [many(400, number) for number in range(5)]
    order = random.Random(seed)
    order.shuffle(batches)
    for batch in [*batches, *batches[:2]]:
        counts.counting.add_feedback(SlotOfFeedback(SHOP, NEWEST, {Kind.BOUNCE: batch}))
    whole = Ids.of(frozenset().union(*(batch.exact for batch in batches)))
    found = counts.counted.edges(SHOP, [NEWEST])[NEWEST][""][Kind.BOUNCE]
    assert found.count() == whole.count()
    assert found.sample == whole.sample
    assert EXACT_IDS <= len(found.exact) < EXACT_IDS + 400


def test_a_full_kind_leaves_room_for_the_other(counts: BothSides) -> None:
    counts.counting.add_feedback(SlotOfFeedback(SHOP, NEWEST, {Kind.BOUNCE: many(EXACT_IDS, 1)}))
    both = SlotOfFeedback(SHOP, NEWEST, {Kind.BOUNCE: many(10, 2), Kind.COMPLAINT: ids("x", "y")})
    counts.counting.add_feedback(both)
    counts.counting.add_feedback(both)
    assert count_of(counts, Kind.COMPLAINT) == 2
    assert count_of(counts) >= EXACT_IDS


def test_written_feedback_stands_beside_the_sends(counts: BothSides) -> None:
    counts.counting.add_sends(sends(30))
    counts.counted.write_feedback([bounces("a", "b"), bounces("c", at=ago(minutes=5)), bounces("d", at=ago(hours=9))])
    found = counts.counted.known(SHOP, NOW).counts
    assert (found.sends.slots[0], found.bounces.slots[:2], sum(found.bounces.hours)) == (30, (2, 1), 1)


def test_written_feedback_replaces_what_stood_there(counts: BothSides) -> None:
    counts.counted.write_feedback([bounces("a", "b")])
    counts.counted.write_feedback([bounces("a", "b"), bounces("a", "b", "c")])
    assert counts.counted.known(SHOP, NOW).counts.bounces.slots[0] == 3


def test_counts_are_as_of_the_slot_they_are_asked_for(counts: BothSides) -> None:
    counts.counting.add_sends(sends(3))
    later = counts.counted.known(SHOP, NOW + timedelta(minutes=15)).counts
    assert (later.newest, later.sends.slots[3]) == (NEWEST + 3, 3)
    before = counts.counted.known(SHOP, ago(minutes=5)).counts
    assert sum(before.sends.numbers) == 0
