"""Lengths and moments as people type them."""

import re
from datetime import UTC, datetime, time, timedelta

from cli.account import CannotRunError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def length_of(text: str, option: str, units: str) -> timedelta:
    """A length such as 12h or 7d, in one of these units (of s, m, h, d). Raises `CannotRunError`."""
    if not (found := re.fullmatch(rf"(\d{{1,4}})([{units}])", text)):
        *others, last = (_UNITS[each] for each in units)
        examples = " or ".join(f"{number}{unit}" for number, unit in zip((12, 7), units[-2:], strict=True))
        raise CannotRunError(f"{option} {text}: it is a number of {', '.join(others)} or {last}, such as {examples}.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def moment_of(text: str, option: str, now: datetime) -> datetime:
    """A moment such as 2026-11-24T08:00, or the next 08:00; in UTC unless it says else. Raises `CannotRunError`."""
    try:
        if re.fullmatch(r"\d{1,2}:\d{2}", text):
            hour, minute = map(int, text.split(":"))
            at = datetime.combine(now.astimezone(UTC).date(), time(hour, minute), UTC)
            return at if at > now else at + timedelta(days=1)
        at = datetime.fromisoformat(text)
    except ValueError:
        why = "it is a moment such as 2026-11-24T08:00 or, for the next one, 08:00; in UTC unless it says otherwise"
        raise CannotRunError(f"{option} {text}: {why}.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
