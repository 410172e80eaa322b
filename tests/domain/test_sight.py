"""How far the guard sees: the sends watermark, and from when on mail is judged."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.sight import Debt, Gap, Mark, Sight, Watermark
from tests.fakes.builders import NOW, ago, sight

TRAVELLING = timedelta(seconds=10)
LOW, HIGH, SINCE = ago(seconds=50), ago(seconds=30), ago(days=3)
AFTER = HIGH + timedelta(seconds=1)
SURELY = ago(minutes=15)


def counted_before(seconds: float, **changes: Any) -> Watermark:
    """A batch was counted so long ago."""
    return replace(Watermark(SINCE, Mark(LOW, HIGH, ago(seconds=seconds))), **changes)


@pytest.mark.parametrize(("seconds", "watermark"), [(0, LOW), (9.9, LOW), (10, AFTER), (3600, AFTER)])
def test_what_travels_beside_a_batch_is_counted_a_while_after_it(seconds: float, watermark: object) -> None:
    """Law 7: until then only what is older than all of the batch is known to be counted."""
    found = Sight.at(NOW, counted_before(seconds), TRAVELLING)
    assert (found.watermark, found.since, found.gaps) == (watermark, SINCE, ())


def test_while_no_sends_were_ever_counted_feedback_of_a_quarter_of_an_hour_ago_is_seen() -> None:
    """Whoever's sends are never published must be told, and not wait for ever."""
    found = Sight.at(NOW, Watermark(since=SINCE), TRAVELLING)
    assert (found.watermark, found.since) == (SURELY, SINCE)


def test_a_guard_that_never_saw_an_event_judges_nothing_of_before() -> None:
    assert Sight.at(NOW, None, TRAVELLING).since == NOW


@pytest.mark.parametrize(("seconds", "within"), [(0, 0), (9, 0), (10, 1)])
def test_a_second_with_sends_is_not_known_until_what_travels_beside_them_is_counted(seconds: int, within: int) -> None:
    """Of a burst within one second the first batch alone says nothing of the rest."""
    burst = Mark(HIGH, HIGH + timedelta(milliseconds=400), ago(seconds=seconds))
    assert burst.until(NOW, TRAVELLING) == HIGH + timedelta(seconds=within)


A_MOMENT, AN_HOUR, A_DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
PUNCTUAL = TRAVELLING + timedelta(minutes=1)


def batch(late: timedelta, spread: float, since: timedelta) -> Mark:
    """A batch counted so long ago, which had waited as long as its oldest mail; its last one was less late."""
    counted_at = NOW - since
    return Mark(counted_at - late, counted_at - late + spread * late, counted_at, waited=late)


@given(
    late=st.timedeltas(PUNCTUAL + A_MOMENT, A_DAY),
    spread=st.floats(0, 1),
    since=st.timedeltas(timedelta(), AN_HOUR - A_MOMENT),
)
def test_nothing_past_the_oldest_mail_of_a_late_batch_is_believed_while_no_other_comes(
    late: timedelta, spread: float, since: timedelta
) -> None:
    """Law 7: a queue that is behind hands over in any order, and whenever it stalls older sends may wait in it."""
    mark = batch(late, spread, since)
    assert Sight.at(NOW, Watermark(SINCE, mark), TRAVELLING).watermark == mark.low.replace(microsecond=0)


@given(
    late=st.timedeltas(timedelta(), 40 * A_DAY), spread=st.floats(0, 1), since=st.timedeltas(timedelta(), 2 * AN_HOUR)
)
def test_one_late_batch_blinds_the_guard_for_an_hour_at_most_and_a_punctual_one_for_moments(
    late: timedelta, spread: float, since: timedelta
) -> None:
    """Whoever sends little and had one mail counted late is judged all the same."""
    mark = batch(late, spread, since)
    seen = Sight.at(NOW, Watermark(SINCE, mark), TRAVELLING).watermark > mark.high
    assert seen == (since >= (TRAVELLING if late <= PUNCTUAL else AN_HOUR))


@given(old=st.timedeltas(timedelta(), 30 * A_DAY))
def test_mail_of_long_ago_that_is_handed_in_now_is_believed_as_any_other(old: timedelta) -> None:
    """Its events are late and the queue is not: nothing older waits in it."""
    mark = Mark(NOW - TRAVELLING - old, NOW - TRAVELLING - old / 2, NOW - TRAVELLING)
    assert Sight.at(NOW, Watermark(SINCE, mark), TRAVELLING).watermark > mark.high


def test_a_tenants_own_late_send_is_believed_as_soon_as_what_travels_beside_it_is_counted() -> None:
    """The queue is everybody's: the batches of all tell whether it is behind, and one late mail blinds no tenant."""
    own = Mark(ago(minutes=9), ago(minutes=9), ago(seconds=20))
    found = Sight.at(NOW, counted_before(20), TRAVELLING).of("shop", own, NOW, TRAVELLING)
    assert found.watermark == own.high + timedelta(seconds=1)


def test_what_is_owed_by_anybody_holds_everybodys_sight() -> None:
    """Law 7: a batch that is being counted, or crashed halfway."""
    low = ago(seconds=70, milliseconds=300)
    owed = counted_before(20, debts=(Debt(low, NOW + timedelta(seconds=1)),))
    assert Sight.at(NOW, owed, TRAVELLING).watermark == ago(seconds=71).replace(microsecond=0)
    assert Sight.at(NOW + timedelta(seconds=1), owed, TRAVELLING).watermark == AFTER


def test_what_one_tenant_is_owed_holds_its_own_sight_alone() -> None:
    low = ago(seconds=70)
    found = Sight.at(NOW, counted_before(20, debts=(Debt(low, NOW + timedelta(minutes=3), "shop"),)), TRAVELLING)
    assert found.watermark == AFTER
    own = Mark(NOW, NOW, ago(seconds=20))
    assert found.of("shop", own, NOW, TRAVELLING).watermark == low.replace(microsecond=0)
    assert found.of("news", own, NOW, TRAVELLING).watermark == AFTER


@pytest.mark.parametrize(
    ("own", "watermark"),
    [
        (None, SURELY),
        (Mark(LOW, LOW, ago(seconds=10)), LOW + timedelta(seconds=1)),
        (Mark(NOW, NOW, ago(seconds=20)), AFTER),
        (Mark(ago(hours=5), ago(hours=4), ago(hours=4)), SURELY),
    ],
    ids=["unseen", "behind", "ahead", "long ago"],
)
def test_a_tenant_is_seen_up_to_its_own_last_send_for_a_quarter_of_an_hour(
    own: Mark | None, watermark: datetime
) -> None:
    found = Sight.at(NOW, counted_before(20), TRAVELLING)
    assert found.of("shop", own, NOW, TRAVELLING).watermark == watermark


def test_known_gaps_are_no_part_of_what_is_seen() -> None:
    gap = Gap(ago(hours=2), ago(hours=1))
    assert Sight.at(NOW, counted_before(20, gaps=(gap,)), TRAVELLING).gaps == (gap,)


def test_a_tenant_is_judged_from_its_fence_on() -> None:
    assert sight(since=SINCE).fence(ago(hours=2)) == ago(hours=2)
    assert sight(since=SINCE).fence(ago(days=9)) == ago(days=9)


def test_a_tenant_whose_sends_nobody_saw_is_judged_from_the_first_that_anybody_saw() -> None:
    assert sight(since=SINCE).fence(None) == SINCE


@pytest.mark.parametrize(
    ("own", "fence"), [(ago(hours=9), ago(hours=5)), (ago(hours=2), ago(hours=2)), (None, ago(hours=5))]
)
def test_nobody_is_judged_by_what_was_sent_before_the_guard_enforced(own: datetime | None, fence: datetime) -> None:
    """Law 12."""
    assert Sight.at(NOW, counted_before(0), TRAVELLING, enforcing_since=ago(hours=5)).fence(own) == fence
