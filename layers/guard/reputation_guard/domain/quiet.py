"""Quiet hours: when a warning is read. They never hold a page."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from reputation_guard.domain.policy import QuietHours


def quiet_until(hours: QuietHours | None, now: datetime) -> datetime:
    """When a warning of `now` may be told: at once, or when the quiet hours end by the clock on the wall there.

    Where that clock is put back, the hour that comes twice is quiet twice; an end that is skipped is as late as the
    clock was put forward.
    """
    if hours is None:
        return now
    local = now.astimezone(ZoneInfo(hours.zone))
    clock = local.replace(tzinfo=None).time()
    spans_midnight = hours.start > hours.end
    is_evening = spans_midnight and clock >= hours.start
    if not is_evening and not (clock < hours.end and (spans_midnight or clock >= hours.start)):
        return now
    day = local.date() + timedelta(days=1) if is_evening else local.date()
    end = datetime.combine(day, hours.end, local.tzinfo)
    # In the second of two equal hours its end is meant, which the first has already passed.
    ends = (end.astimezone(UTC), end.replace(fold=1).astimezone(UTC))
    return max(now, ends[0] if ends[0] > now else ends[1])
