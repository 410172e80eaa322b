"""Feedback by the configuration set its mail went through: the same tests on the fake and on DynamoDB."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from reputation_guard.domain.counts import ANY_SET, SLOTS_PER_DAY, SLOTS_PER_HOUR, slot_start
from reputation_guard.domain.policy import Kind
from tests.aws.conftest import BothSides
from tests.aws.ledgers import LAST_CLOSED, SHOP, bounces, sends
from tests.fakes.builders import NEWEST, NOW, ago, series


def send_through(counts: BothSides, *sets: str, at: datetime = NOW, number: int = 10) -> None:
    counts.counting.add_sends(replace(sends(number, at), through=frozenset(sets)))


def come_back(counts: BothSides, *names: str, through: str = "", at: datetime = NOW) -> None:
    feedback = bounces(*names, at=at, through=through)
    counts.counting.add_feedback(feedback)
    counts.counted.write_feedback([feedback])


def test_feedback_is_parted_by_whether_its_set_has_sends_on_record(counts: BothSides) -> None:
    send_through(counts, "news")
    come_back(counts, "a", "b", through="news")
    come_back(counts, "c", "d", "e", through="shop-mail")
    come_back(counts, "f")
    known = counts.counted.known(SHOP, NOW)
    assert known.counts.bounces == series({0: 3})
    assert {each: unseen.bounces for each, unseen in known.unseen.items()} == {"shop-mail": series({0: 3})}


def test_sends_that_come_after_their_feedback_let_it_be_seen(counts: BothSides) -> None:
    """Law 1: what counts does not depend on what came first."""
    come_back(counts, "a", through="news")
    assert counts.counted.known(SHOP, NOW).unseen["news"].bounces.slots[0] == 1
    send_through(counts, "shop-mail", "news")
    known = counts.counted.known(SHOP, NOW)
    assert (known.counts.bounces.slots[0], dict(known.unseen)) == (1, {})


def test_sends_that_name_no_set_may_have_gone_through_any(counts: BothSides) -> None:
    send_through(counts, ANY_SET)
    come_back(counts, "a", through="news")
    known = counts.counted.known(SHOP, NOW)
    assert (known.counts.bounces.slots[0], dict(known.unseen)) == (1, {})


def test_a_set_is_seen_hour_by_hour(counts: BothSides) -> None:
    """What a set published this morning says nothing of the mail it sent since."""
    for hours in (0, 1, 2):
        send_through(counts, "news", at=ago(hours=hours))
        come_back(counts, f"a-{hours}", through="news", at=ago(hours=hours))
        come_back(counts, f"b-{hours}", f"c-{hours}", through="shop-mail", at=ago(hours=hours))
    send_through(counts, "shop-mail", at=ago(hours=1))
    known = counts.counted.known(SHOP, NOW)
    assert known.counts.bounces == series({0: 1, 12: 3, 24: 1})
    assert known.unseen["shop-mail"].bounces == series({0: 2, 24: 2})


def test_ids_are_kept_apart_by_set(counts: BothSides) -> None:
    come_back(counts, "a", "b", through="news")
    come_back(counts, "a", through="shop-mail")
    by_set = counts.counted.edges(SHOP, [NEWEST])[NEWEST]
    assert {through: ids[Kind.BOUNCE].count() for through, ids in by_set.items()} == {"news": 2, "shop-mail": 1}


MORNING, EVENING = (slot_start(LAST_CLOSED * SLOTS_PER_DAY) + timedelta(hours=hours) for hours in (9, 21))


def test_a_closed_day_counts_what_came_through_the_sets_of_its_sends_hour_by_hour(counts: BothSides) -> None:
    """Whoever lets a set publish its sends in the evening is not held to what it sent unseen in the morning."""
    for at in (MORNING, EVENING):
        send_through(counts, "news", at=at, number=20)
        for through, names in (("news", "ab"), ("shop-mail", "cde")):
            come_back(counts, *(f"{name}-{at.hour}" for name in names), through=through, at=at)
    send_through(counts, "shop-mail", at=EVENING)
    before = counts.counted.known(SHOP, NOW)
    counts.counted.recount_day(SHOP, LAST_CLOSED)
    after = counts.counted.known(SHOP, NOW)
    for known in (before, after):
        assert (known.counts.sends.days[0], known.counts.bounces.days[0]) == (50, 2 + 2 + 3)
        assert not any(sum(unseen.bounces.days) for unseen in known.unseen.values())


@pytest.mark.parametrize("sends_first", [True, False])
def test_sends_that_come_late_let_the_feedback_of_their_hour_be_counted(
    counts: BothSides, *, sends_first: bool
) -> None:
    """Law 1: whichever was counted first, and however often."""
    send_through(counts, "news", at=MORNING, number=40)
    counts.counted.close_day(SHOP, LAST_CLOSED)
    late = partial(counts.counting.add_late_sends, SHOP, LAST_CLOSED, 10, {"shop-mail": 1 << EVENING.hour})
    if sends_first:
        late()
    for at in (MORNING, EVENING):
        come_back(counts, f"a-{at.hour}", f"b-{at.hour}", through="shop-mail", at=at)
    counts.counted.recount_day(SHOP, LAST_CLOSED)
    if not sends_first:
        late()
    for _ in range(2):
        found = counts.counted.known(SHOP, NOW).counts
        assert (found.sends.days[0], found.bounces.days[0]) == (50, 2)
        counts.counted.recount_day(SHOP, LAST_CLOSED)


def test_late_sends_alone_do_not_hide_the_sets_of_a_day_that_is_closed_after_them(counts: BothSides) -> None:
    counts.counting.add_late_sends(SHOP, LAST_CLOSED, 10, {"shop-mail": 1 << MORNING.hour})
    send_through(counts, "news", at=MORNING, number=40)
    come_back(counts, "a", through="news", at=MORNING)
    counts.counted.recount_day(SHOP, LAST_CLOSED)
    found = counts.counted.known(SHOP, NOW).counts
    assert (found.sends.days[0], found.bounces.days[0]) == (50, 1)


def test_what_an_open_hour_was_sent_through_is_known(counts: BothSides) -> None:
    send_through(counts, "news", "shop-mail")
    known = counts.counted.known(SHOP, NOW)
    hour = NEWEST // SLOTS_PER_HOUR
    assert [known.has_sends(hour, each) for each in ("news", "shop-mail", "", "other")] == [True, True, True, False]
    assert not known.has_sends(hour - 1, "news")
