"""Closed days in the counts table: the same tests on the fake and on DynamoDB."""

from datetime import timedelta

from reputation_guard.domain.counts import SLOTS_PER_DAY, slot_start
from tests.aws.conftest import BothSides
from tests.aws.ledgers import LAST_CLOSED, SHOP, bounces, sends
from tests.fakes.builders import NEWEST, NOW, ago, series


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
    counts.counted.recount_day(SHOP, LAST_CLOSED)
    assert counts.counted.known(SHOP, NOW).counts.bounces.days[0] == 0


def test_a_day_is_closed_with_its_sends_when_its_feedback_is_counted_anew(counts: BothSides) -> None:
    """Late feedback may be the first that touches a day; its hours are still there."""
    start = slot_start(LAST_CLOSED * SLOTS_PER_DAY)
    counts.counting.add_sends(sends(40, start))
    counts.counting.add_feedback(bounces("a", "b", at=start))
    counts.counted.recount_day(SHOP, LAST_CLOSED)
    counts.counting.add_sends(sends(9, start))
    found = counts.counted.known(SHOP, NOW).counts
    assert (found.sends.days[0], found.bounces.days[0]) == (40, 2)


def test_the_feedback_of_a_closed_day_is_counted_anew_from_its_ids(counts: BothSides) -> None:
    """Late feedback lands in its own cohort, before and after its day was summed up."""
    start = slot_start(LAST_CLOSED * SLOTS_PER_DAY)
    counts.counting.add_sends(sends(40, start))
    for number, at in enumerate((start, start + timedelta(hours=23, minutes=59), start - timedelta(seconds=1))):
        counts.counting.add_feedback(bounces(f"b-{number}", at=at))
    counts.counted.recount_day(SHOP, LAST_CLOSED)
    assert counts.counted.known(SHOP, NOW).counts.bounces.days[0] == 2
    counts.counted.close_day(SHOP, LAST_CLOSED)
    counts.counting.add_feedback(bounces("b-9", at=start))
    counts.counted.recount_day(SHOP, LAST_CLOSED)
    found = counts.counted.known(SHOP, NOW).counts
    assert (found.bounces.days[0], found.complaints.days[0], found.sends.days[0]) == (3, 0, 40)
