"""Feedback by the configuration set its mail went through: the same tests on the fake and on DynamoDB."""

from dataclasses import replace
from datetime import datetime, timedelta

from reputation_guard.domain.counts import ANY_SET, SLOTS_PER_DAY, slot_start
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


def test_a_closed_day_counts_what_came_through_the_sets_of_its_sends(counts: BothSides) -> None:
    at = slot_start(LAST_CLOSED * SLOTS_PER_DAY) + timedelta(hours=9)
    send_through(counts, "news", at=at, number=40)
    for through, names in (("news", "ab"), ("shop-mail", "cde")):
        come_back(counts, *names, through=through, at=at)
    counts.counted.recount_day(SHOP, LAST_CLOSED)
    found = counts.counted.known(SHOP, NOW).counts
    assert (found.sends.days[0], found.bounces.days[0]) == (40, 2)
    counts.counting.add_late_sends(SHOP, LAST_CLOSED, 10, frozenset({"shop-mail"}))
    found = counts.counted.known(SHOP, NOW).counts
    assert (found.sends.days[0], found.bounces.days[0]) == (50, 5)


def test_late_sends_alone_do_not_hide_the_sets_of_a_day_that_is_closed_after_them(counts: BothSides) -> None:
    at = slot_start(LAST_CLOSED * SLOTS_PER_DAY)
    counts.counting.add_late_sends(SHOP, LAST_CLOSED, 10, frozenset({"shop-mail"}))
    send_through(counts, "news", at=at, number=40)
    come_back(counts, "a", through="news", at=at)
    counts.counted.recount_day(SHOP, LAST_CLOSED)
    found = counts.counted.known(SHOP, NOW).counts
    assert (found.sends.days[0], found.bounces.days[0]) == (50, 1)
