"""The guard knows when it is blind: SES sends and no mail events come, they come late, or fewer come than before."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.blindness import Look, Trouble, look_at_sight, unseen_time
from reputation_guard.domain.counts import SLOTS_PER_HOUR, Series, layout, slot_of, slot_start
from reputation_guard.domain.sight import Debt, Gap, Mark, Watermark
from tests.fakes.builders import NEWEST, NOW

Traffic = Callable[[int], int]
A_SLOT = timedelta(minutes=5)


def steady(slot: int) -> int:
    return 50 + slot % 7


def series(seen: Traffic) -> Series:
    """What the guard has counted, as it is kept: slots, then hours."""
    slots, hours, _ = layout(NEWEST)
    by_hour = tuple(sum(seen(hour * SLOTS_PER_HOUR + each) for each in range(SLOTS_PER_HOUR)) for hour in hours)
    return Series(tuple(map(seen, slots)), (), by_hour)


def sent(traffic: Traffic = steady) -> dict[int, float]:
    """What CloudWatch has: two days, up to some minutes ago."""
    return {slot: float(traffic(slot)) for slot in range(NEWEST - 2 * 288, slot_of(NOW - timedelta(minutes=4)))}


def mark(waited: timedelta = timedelta(), counted: timedelta = timedelta(seconds=5)) -> Watermark:
    just_now = NOW - counted
    return Watermark(NOW - timedelta(days=9), Mark(just_now - waited, just_now - waited, just_now, waited))


def look(seen: Traffic, of_ses: Traffic = steady, known: Watermark | None = None) -> Look:
    return look_at_sight(sent(of_ses), series(seen), known or mark(), NOW)


def until(ago: timedelta, traffic: Traffic = steady) -> Traffic:
    return lambda slot: traffic(slot) if slot_start(slot) < NOW - ago else 0


def test_a_guard_that_sees_all_is_in_no_trouble() -> None:
    assert look(steady).troubles == ()


@pytest.mark.parametrize("share", [0.05, 0.4, 3.0])
def test_it_need_not_see_all_nor_count_as_ses_does(share: float) -> None:
    """Some sets publish nothing, and a mail has many recipients: the share is what it always was."""
    assert look(lambda slot: int(steady(slot) * share)).troubles == ()


def test_events_that_stop_are_blindness_and_the_silence_has_a_beginning() -> None:
    found = look(until(timedelta(hours=1)))
    assert found.troubles == (Trouble.NO_EVENTS,)
    assert found.is_blind
    assert found.blind_from
    assert abs(found.blind_from - (NOW - timedelta(hours=1))) <= 2 * A_SLOT


@pytest.mark.parametrize("minutes", [0, 5, 15])
def test_what_is_not_settled_yet_is_no_silence(minutes: int) -> None:
    assert look(until(timedelta(minutes=minutes))).troubles == ()


def test_a_silence_that_lasts_is_told_as_one_trouble() -> None:
    """That less is seen than the day before follows from it."""
    assert look(until(timedelta(hours=4))).troubles == (Trouble.NO_EVENTS,)


def test_a_lull_of_the_senders_is_no_blindness() -> None:
    quiet = until(timedelta(hours=2))
    assert look(quiet, of_ses=quiet).troubles == ()


def test_a_few_mails_of_others_in_a_lull_are_no_blindness() -> None:
    """The guard's tenants sleep, and SES sends a little of what nobody publishes."""
    awake = until(timedelta(hours=2), lambda slot: steady(slot) // 20)
    assert look(awake).troubles == ()


def test_a_guard_that_never_saw_an_event_is_told_so_once_ses_sends_in_earnest() -> None:
    nothing: Traffic = lambda _: 0  # noqa: E731 - a traffic like the others
    few = look_at_sight(sent(lambda _: 1), series(nothing), None, NOW)
    many = look_at_sight(sent(), series(nothing), None, NOW)
    assert (few.troubles, many.troubles) == ((), (Trouble.NO_EVENTS,))


def test_a_queue_that_is_behind_is_late_and_after_an_hour_too_old() -> None:
    late, too_old = (look(steady, known=mark(waited=timedelta(minutes=each))) for each in (20, 70))
    assert (late.troubles, late.is_blind) == ((Trouble.LATE,), False)
    assert (too_old.troubles, too_old.is_blind) == ((Trouble.LATE,), True)


def test_sends_that_are_owed_for_long_are_late() -> None:
    owed = Debt(NOW - timedelta(minutes=40), NOW + timedelta(minutes=1))
    of_one = Debt(NOW - timedelta(minutes=40), NOW + timedelta(minutes=1), "shop")
    known = mark()
    of_all = Watermark(known.since, known.mark, (owed,))
    assert look(steady, known=of_all).late == timedelta(minutes=40)
    assert look(steady, known=Watermark(known.since, known.mark, (of_one,))).troubles == ()


def test_a_long_wait_of_yesterday_is_over() -> None:
    assert look(steady, known=mark(timedelta(hours=2), counted=timedelta(hours=1))).troubles == ()


@pytest.mark.parametrize(("share", "trouble"), [(0.5, Trouble.UNSEEN), (2.0, Trouble.TWICE)])
def test_counts_that_drift_are_told_in_both_directions_and_do_not_blind(share: float, trouble: Trouble) -> None:
    since = slot_of(NOW - timedelta(hours=8))
    found = look(lambda slot: int(steady(slot) * (share if slot >= since else 1)))
    assert (found.troubles, found.is_blind) == ((trouble,), False)


@given(st.floats(0.75, 1.3))
def test_a_little_drift_is_none(share: float) -> None:
    since = slot_of(NOW - timedelta(hours=8))
    assert look(lambda slot: int(steady(slot) * (share if slot >= since else 1))).troubles == ()


def test_a_small_account_does_not_drift() -> None:
    since = slot_of(NOW - timedelta(hours=8))
    assert look(lambda slot: slot % 2 if slot < since else 1, of_ses=lambda _: 1).troubles == ()


def by_day(slot: int) -> int:
    """What publishes sends until two o'clock (UTC); what SES sends in the other hours publishes nothing."""
    return steady(slot) if slot_start(slot).hour < 2 else 0


def test_mail_that_publishes_by_day_and_sleeps_by_night_is_no_blindness() -> None:
    """SES sends on through a set that publishes nothing, as it did in the same hours of the day before."""
    assert look(by_day).troubles == ()


def test_a_silence_by_day_is_blindness_though_the_night_before_was_silent_too() -> None:
    """At an hour at which it saw mail yesterday."""
    midnight = slot_of(NOW - timedelta(days=1, hours=6))
    night: Traffic = lambda slot: 0 if midnight <= slot < midnight + 2 * SLOTS_PER_HOUR else steady(slot)  # noqa: E731
    assert look(until(timedelta(hours=1), night)).troubles == (Trouble.NO_EVENTS,)


def test_a_guard_that_is_there_since_this_morning_knows_a_silence_and_no_drift() -> None:
    """The day before its first mail says nothing of what it sees: SES sent, and nobody counted."""
    since = NOW - timedelta(hours=8)
    fresh: Traffic = lambda slot: steady(slot) if slot_start(slot) >= since else 0  # noqa: E731
    known = Watermark(since, mark().mark)
    assert look(fresh, known=known).troubles == ()
    assert look(until(timedelta(hours=1), fresh), known=known).troubles == (Trouble.NO_EVENTS,)


@pytest.mark.parametrize("minutes", [30, 50, 70, 110])
def test_the_first_mails_of_an_account_whose_other_sets_publish_nothing_are_no_sight_to_lose(minutes: int) -> None:
    """A test mail or three, and then SES goes on with what nobody publishes: the share was small from the first."""
    first = slot_of(NOW - timedelta(minutes=minutes))
    known = Watermark(slot_start(first), mark().mark)
    assert look(lambda slot: 3 if slot == first else 0, of_ses=lambda _: 500, known=known).troubles == ()


def test_a_gap_in_the_same_hours_of_the_day_before_does_not_hide_a_silence() -> None:
    """Nothing was seen then either, which is known: it says nothing of what is to be seen."""
    start, end = NOW - timedelta(hours=26), NOW - timedelta(hours=23)
    both: Traffic = lambda slot: 0 if slot_of(start) <= slot < slot_of(end) else steady(slot)  # noqa: E731
    known = mark()
    told = Watermark(known.since, known.mark, gaps=(Gap(start, end),))
    assert look(until(timedelta(hours=1), both), known=told).troubles == (Trouble.NO_EVENTS,)


def test_once_it_sees_again_the_time_it_did_not_see_is_a_gap() -> None:
    start, end = slot_of(NOW - timedelta(hours=3)), slot_of(NOW - timedelta(hours=1))
    seen = series(lambda slot: 0 if start <= slot < end else steady(slot))
    gap = unseen_time(sent(), seen, NOW - timedelta(hours=3), NOW)
    assert gap
    assert (gap.start, gap.end) == (slot_start(start), slot_start(end))


def test_what_was_only_counted_late_is_no_gap() -> None:
    assert unseen_time(sent(), series(steady), NOW - timedelta(hours=3), NOW) is None
