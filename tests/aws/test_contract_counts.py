"""What the counts table means: the same tests on the fake and on DynamoDB."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reputation_guard.domain.counts import (
    EXACT_IDS,
    SLOTS_PER_DAY,
    SLOTS_PER_HOUR,
    Debt,
    Gap,
    HourOfSends,
    Ids,
    Ledger,
    Mark,
    SlotOfFeedback,
    Watermark,
    feedback_id,
    first_open_day,
    slot_of,
    slot_start,
)
from reputation_guard.domain.decision import Example
from reputation_guard.domain.policy import Kind
from tests.aws.conftest import BothSides
from tests.fakes.builders import NEWEST, NOW, ago, series

SHOP, NEWS = Ledger(tenant="shop"), Ledger(tenant="news")
ASTRAY = Ledger(configuration_set="shared")
LAST_CLOSED = first_open_day(NEWEST) - 1


def sends(number: int, at: datetime = NOW, ledger: Ledger = SHOP, *, named: int = 0) -> HourOfSends:
    slot = slot_of(at)
    second = int(at.timestamp())
    return HourOfSends(ledger, slot // SLOTS_PER_HOUR, {slot: number}, named, second, second, NOW)


def ids(*names: str, at: datetime = NOW) -> Ids:
    return Ids.of(feedback_id(at, name) for name in names)


def bounces(*names: str, at: datetime = NOW, ledger: Ledger = SHOP, sets: tuple[str, ...] = ()) -> SlotOfFeedback:
    return SlotOfFeedback(ledger, slot_of(at), {Kind.BOUNCE: ids(*names, at=at)}, frozenset(sets))


def many(number: int, seed: int) -> Ids:
    chance = random.Random(seed)
    return Ids.of(feedback_id(NOW, str(chance.random())) for _ in range(number))


def count_of(counts: BothSides, kind: Kind = Kind.BOUNCE, at: datetime = NOW) -> int:
    """What is known of one slot by its ids."""
    slot = slot_of(at)
    return counts.counted.edges("shop", [slot])[slot].get(kind, Ids()).count()


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


def test_counts_are_by_slots_for_six_hours_then_by_hours_then_by_days(counts: BothSides) -> None:
    """The shape that a judgement reads, wherever in its hour the running slot is."""
    backs = dict.fromkeys((0, 1, 71, 72, 73, 83, 84, 90, 143, 144, 300, 431, 432), 1)
    for number, back in enumerate(backs):
        backs[back] = number + 1
        counts.counting.add_sends(sends(number + 1, slot_start(NEWEST - back)))
    for ahead in (0, 5, 11):
        moved = {back + ahead: number for back, number in backs.items()}
        now = slot_start(NEWEST + ahead)
        found = counts.counted.known(SHOP, now).counts
        assert found.sends == series(moved, newest=NEWEST + ahead)
        assert found.bounces == series(newest=NEWEST + ahead)


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
    found = counts.counted.edges("shop", [slot])[slot][Kind.BOUNCE]
    assert (found.count(0, 1), found.count(299, 300), found.count(1, 299)) == (1, 1, 0)


def test_slots_without_feedback_have_no_ids(counts: BothSides) -> None:
    assert counts.counted.edges("shop", [NEWEST, NEWEST - 1]) == {NEWEST: {}, NEWEST - 1: {}}


@pytest.mark.parametrize("seed", range(2))
def test_past_a_thousand_ids_any_order_gives_the_same_count(counts: BothSides, seed: int) -> None:
    """Law 1: beyond its room a slot keeps the sample of all, whichever ids came first."""
    batches = [many(400, number) for number in range(5)]
    order = random.Random(seed)
    order.shuffle(batches)
    for batch in [*batches, *batches[:2]]:
        counts.counting.add_feedback(SlotOfFeedback(SHOP, NEWEST, {Kind.BOUNCE: batch}))
    whole = Ids.of(frozenset().union(*(batch.exact for batch in batches)))
    found = counts.counted.edges("shop", [NEWEST])[NEWEST][Kind.BOUNCE]
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


def test_late_sends_are_added_to_their_day(counts: BothSides) -> None:
    for day in (LAST_CLOSED, LAST_CLOSED - 28):
        counts.counting.add_sends(sends(10, slot_start(day * SLOTS_PER_DAY)))
    counts.counting.add_late_sends(SHOP, LAST_CLOSED, 5)
    counts.counting.add_late_sends(SHOP, LAST_CLOSED, 2)
    counts.counting.add_late_sends(SHOP, LAST_CLOSED - 28, 1)
    days = counts.counted.known(SHOP, NOW).counts.sends.days
    assert (days[0], days[28], sum(days)) == (17, 11, 28)


def test_a_day_that_nobody_has_summed_up_is_read_from_its_hours(counts: BothSides) -> None:
    counts.counting.add_sends(sends(40, ago(days=2)))
    counts.counting.add_late_sends(SHOP, LAST_CLOSED, 2)
    counts.counted.write_feedback([bounces("a", at=ago(days=2))])
    found = counts.counted.known(SHOP, NOW).counts
    assert (found.sends.days[0], found.bounces.days[0]) == (42, 1)


def test_a_closed_day_is_summed_up_once_and_late_sends_go_beside_it(counts: BothSides) -> None:
    counts.counting.add_sends(sends(40, ago(days=2)))
    for neighbour in (ago(days=1), ago(days=3), slot_start((LAST_CLOSED + 1) * SLOTS_PER_DAY)):
        counts.counting.add_sends(sends(1000, neighbour))
    counts.counted.write_feedback([bounces("a", at=ago(days=2))])
    counts.counted.close_day(SHOP, LAST_CLOSED)
    counts.counting.add_late_sends(SHOP, LAST_CLOSED, 2)
    counts.counting.add_sends(sends(9, ago(days=2)))
    counts.counted.close_day(SHOP, LAST_CLOSED)
    found = counts.counted.known(SHOP, NOW).counts
    assert (found.sends.days[0], found.bounces.days[0]) == (42, 1)


def test_closing_a_day_without_hours_changes_nothing(counts: BothSides) -> None:
    counts.counted.close_day(SHOP, LAST_CLOSED)
    counts.counting.add_sends(sends(3, slot_start(LAST_CLOSED * SLOTS_PER_DAY)))
    counts.counted.close_day(SHOP, LAST_CLOSED)
    assert counts.counted.known(SHOP, NOW).counts.sends.days[0] == 3


def test_a_day_whose_sends_are_gone_has_no_feedback_either(counts: BothSides) -> None:
    """Law 7: what came back of them cannot be weighed."""
    start = slot_start(LAST_CLOSED * SLOTS_PER_DAY)
    counts.counting.add_feedback(bounces("a", "b", at=start))
    counts.counted.recount_day("shop", LAST_CLOSED)
    assert counts.counted.known(SHOP, NOW).counts.bounces.days[0] == 0


def test_a_day_is_closed_with_its_sends_when_its_feedback_is_counted_anew(counts: BothSides) -> None:
    """Late feedback may be the first that touches a day; its hours are still there."""
    start = slot_start(LAST_CLOSED * SLOTS_PER_DAY)
    counts.counting.add_sends(sends(40, start))
    counts.counting.add_feedback(bounces("a", "b", at=start))
    counts.counted.recount_day("shop", LAST_CLOSED)
    counts.counting.add_sends(sends(9, start))
    found = counts.counted.known(SHOP, NOW).counts
    assert (found.sends.days[0], found.bounces.days[0]) == (40, 2)


def test_the_feedback_of_a_closed_day_is_counted_anew_from_its_ids(counts: BothSides) -> None:
    """Late feedback lands in its own cohort, before and after its day was summed up."""
    start = slot_start(LAST_CLOSED * SLOTS_PER_DAY)
    counts.counting.add_sends(sends(40, start))
    for number, at in enumerate((start, start + timedelta(hours=23, minutes=59), start - timedelta(seconds=1))):
        counts.counting.add_feedback(bounces(f"b-{number}", at=at))
    counts.counted.recount_day("shop", LAST_CLOSED)
    assert counts.counted.known(SHOP, NOW).counts.bounces.days[0] == 2
    counts.counted.close_day(SHOP, LAST_CLOSED)
    counts.counting.add_feedback(bounces("b-9", at=start))
    counts.counted.recount_day("shop", LAST_CLOSED)
    found = counts.counted.known(SHOP, NOW).counts
    assert (found.bounces.days[0], found.complaints.days[0], found.sends.days[0]) == (3, 0, 40)


def test_counts_are_as_of_the_slot_they_are_asked_for(counts: BothSides) -> None:
    counts.counting.add_sends(sends(3))
    later = counts.counted.known(SHOP, NOW + timedelta(minutes=15)).counts
    assert (later.newest, later.sends.slots[3]) == (NEWEST + 3, 3)
    before = counts.counted.known(SHOP, ago(minutes=5)).counts
    assert sum(before.sends.numbers) == 0


def test_the_watermark_is_that_of_the_batch_with_the_last_send(counts: BothSides) -> None:
    counts.counting.advance_watermark(Mark(ago(seconds=50), ago(seconds=30), ago(seconds=20)))
    counts.counting.advance_watermark(Mark(ago(seconds=40), ago(seconds=10), NOW))
    counts.counting.advance_watermark(Mark(ago(hours=2), ago(hours=1), NOW + timedelta(seconds=9)))
    mark = Mark(ago(seconds=40), ago(seconds=10), NOW)
    assert counts.counted.watermark() == Watermark(since=ago(seconds=50), mark=mark)


def test_of_two_batches_with_the_same_last_send_the_later_counts(counts: BothSides) -> None:
    """A burst within a second is counted when what travels beside its last batch is."""
    later = Mark(ago(seconds=9), ago(seconds=9), NOW)
    counts.counting.advance_watermark(replace(later, counted_at=ago(seconds=5)))
    counts.counting.advance_watermark(later)
    known = counts.counted.watermark()
    assert known
    assert known.mark == later


def test_before_any_send_the_guard_sees_since_its_first_event(counts: BothSides) -> None:
    counts.counting.note_sight(ago(minutes=5))
    counts.counting.note_sight(NOW)
    assert counts.counted.watermark() == Watermark(since=ago(minutes=5))


def test_a_debt_is_open_until_it_is_closed_however_often_it_was_opened(counts: BothSides) -> None:
    anybodys = Debt(ago(seconds=20), NOW + timedelta(minutes=3))
    shops = replace(anybodys, tenant="shop")
    counts.counting.note_sight(NOW)
    for debt in (anybodys, shops, anybodys):
        counts.counting.open_debt(debt)
    assert counts.counted.watermark() == Watermark(NOW, debts=(anybodys, shops))
    counts.counting.close_debt(anybodys)
    counts.counting.close_debt(anybodys)
    assert counts.counted.watermark() == Watermark(NOW, debts=(shops,))


def test_known_gaps_are_kept(counts: BothSides) -> None:
    gaps = Gap(ago(hours=2), ago(hours=1)), Gap(ago(seconds=9), ago(seconds=8))
    counts.counting.note_sight(NOW)
    for gap in (*reversed(gaps), gaps[0]):
        counts.counting.note_gap(gap)
    assert counts.counted.watermark() == Watermark(NOW, gaps=gaps)


def test_a_ledger_has_the_mark_of_its_own_last_batch(counts: BothSides) -> None:
    """Whatever the batches of others, and in whatever order its own come (Law 3): its last send is the latest."""
    first, last = (int(ago(seconds=seconds).timestamp()) for seconds in (40, 20))
    batch = HourOfSends(SHOP, NEWEST // SLOTS_PER_HOUR, {NEWEST: 2}, 0, first, last, ago(seconds=10))
    counts.counting.add_sends(sends(1, ago(hours=3)))
    counts.counting.add_sends(batch)
    counts.counting.add_sends(sends(1, NOW, NEWS))
    assert counts.counted.known(SHOP, NOW).mark == Mark(ago(seconds=40), ago(seconds=20), ago(seconds=10))
    counts.counting.add_sends(replace(batch, first=first - 9, last=first - 5, counted_at=NOW))
    assert counts.counted.known(SHOP, NOW).mark == Mark(ago(seconds=49), ago(seconds=20), NOW)
    assert counts.counted.known(ASTRAY, NOW).mark is None


def test_examples_are_kept_by_hour_the_latest_first(counts: BothSides) -> None:
    example = Example(Kind.BOUNCE, "example.net", "smtp; 550 5.1.1 <address> unknown", "192.0.2.25")
    hour = slot_of(NOW) // SLOTS_PER_HOUR
    old = Example(Kind.COMPLAINT, "example.org", "abuse")
    counts.counting.add_examples("shop", hour - 1, [(b"12345678", old)])
    counts.counting.add_examples("shop", hour, [(b"87654321", example)])
    counts.counting.add_examples("shop", hour, [(b"87654321", example)])
    counts.counting.add_examples("shop", hour - 60, [(b"12345679", old)])
    assert counts.counted.examples("shop", NOW) == (example, old)
    assert counts.counted.examples("news", NOW) == ()


def test_examples_of_the_last_two_hours_with_feedback_are_enough(counts: BothSides) -> None:
    hour = slot_of(NOW) // SLOTS_PER_HOUR
    for back in (0, 3, 5):
        shown = Example(Kind.BOUNCE, f"{back}.example.net", "")
        counts.counting.add_examples("shop", hour - back, [(f"id-{back:05}".encode(), shown)])
    assert [each.domain for each in counts.counted.examples("shop", NOW)] == ["0.example.net", "3.example.net"]


def test_no_examples_are_nothing(counts: BothSides) -> None:
    counts.counting.add_examples("shop", 7, [])
    assert counts.counted.examples("shop", NOW) == ()


def test_about_twenty_examples_an_hour_are_enough(counts: BothSides) -> None:
    hour = slot_of(NOW) // SLOTS_PER_HOUR
    for batch in range(9):
        examples = [
            (feedback_id(NOW, f"{batch}-{number}"), Example(Kind.BOUNCE, "example.net", "")) for number in range(5)
        ]
        counts.counting.add_examples("shop", hour, examples)
    assert len(counts.counted.examples("shop", NOW)) == 20
