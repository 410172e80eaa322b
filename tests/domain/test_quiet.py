"""Quiet hours: by the clock on the wall of their zone, whatever it does."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.policy import QuietHours
from reputation_guard.domain.quiet import quiet_until

BERLIN = "Europe/Berlin"
NIGHT = QuietHours(time(22), time(7), BERLIN)
LUNCH = QuietHours(time(12), time(13, 30), BERLIN)
ZONES = ["UTC", BERLIN, "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]
CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
HOURS = st.builds(QuietHours, CLOCKS, CLOCKS, st.sampled_from(ZONES))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - see timezones


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        (NIGHT, "2026-11-24T20:59:59", "2026-11-24T20:59:59"),
        (NIGHT, "2026-11-24T21:00:00", "2026-11-25T06:00:00"),
        (NIGHT, "2026-11-25T05:59:59", "2026-11-25T06:00:00"),
        (NIGHT, "2026-11-25T06:00:00", "2026-11-25T06:00:00"),
        (NIGHT, "2026-03-28T22:00:00", "2026-03-29T05:00:00"),  # The clock is put forward in this night,
        (NIGHT, "2026-10-24T21:00:00", "2026-10-25T06:00:00"),  # and back in this one.
        (LUNCH, "2026-11-24T11:30:00", "2026-11-24T12:30:00"),
        (LUNCH, "2026-11-24T13:00:00", "2026-11-24T13:00:00"),
        (None, "2026-11-24T23:00:00", "2026-11-24T23:00:00"),
    ],
)
def test_a_warning_waits_for_the_end_of_quiet_hours(hours: QuietHours | None, now: str, until: str) -> None:
    assert quiet_until(hours, _utc(now)) == _utc(until)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(HOURS, MOMENTS)
def test_no_warning_is_told_in_the_past_or_more_than_a_day_later(hours: QuietHours, now: datetime) -> None:
    # A clock is put back or forward by a few hours at most, and Samoa's in 2011 is not among these moments.
    assert now <= quiet_until(hours, now) <= now + timedelta(hours=27)


@given(HOURS, MOMENTS)
def test_who_waited_is_told_when_the_clock_on_the_wall_shows_the_end(hours: QuietHours, now: datetime) -> None:
    until = quiet_until(hours, now)
    shown = until.astimezone(ZoneInfo(hours.zone)).replace(tzinfo=None).time()
    is_skipped = abs(timedelta(hours=shown.hour - hours.end.hour, minutes=shown.minute - hours.end.minute))
    assert until == now or is_skipped <= timedelta(hours=2)
