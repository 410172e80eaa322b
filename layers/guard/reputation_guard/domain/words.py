"""The phrases of notices and of the console: cases, rates, lengths of time, sending statuses."""

import math
from datetime import datetime, timedelta

from reputation_guard.domain.decision import Case
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.sending import SendingStatus

# What people are told of a name or a reason that is none.
NO_TENANTS_NAME = "is no tenant's name at SES, which takes 1 to 64 letters, digits, hyphens and underscores"
NOT_ONE_LINE = "has to be one line of printable text"
# The units of time people read, in seconds, the largest first; below them are seconds.
UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))
# The bound of a case is told at 99 % confidence where the case carries that, and at 95 % otherwise: 1 - exp(-nats).
_CONFIDENCE = {math.log(100): "99 %", math.log(20): "95 %"}


def case_in_words(case: Case) -> str:
    """The line a person can check: counts, window, rate, bound and limit."""
    window = case.window
    what = feedback_in_words(window.kind, window.feedback)
    nats = next((each for each in _CONFIDENCE if case.strength >= each), min(_CONFIDENCE))
    bound = f"{percent(window.bound(case.prior, nats))} with {_CONFIDENCE[nats]} confidence"
    return (
        f"{window.feedback} {what} of {window.sends} sent in the last {in_words(window.length)} "
        f"({window.due:.0f} with feedback due) = {percent(window.rate)}; "
        f"at least {bound}; limit {percent(case.limit)}"
    )


def feedback_in_words(kind: Kind, number: int = 0) -> str:
    """The kind of feedback, in the plural but for one piece."""
    words = "hard bounces" if kind is Kind.BOUNCE else "complaints"
    return words.removesuffix("s") if number == 1 else words


def percent(rate: float) -> str:
    """A rate of 0..1 as people read it, three digits at most below 100 %."""
    if rate == float("inf"):
        return "no sends seen"
    return f"{rate * 100:.0f} %" if rate >= 1 else f"{rate * 100:.3g} %"


def sending_in_words(status: SendingStatus) -> str:
    """What SES says, and by whose record: its own or its customer's."""
    managed = f"customer-managed {status.customer_managed or '-'}, SES-managed {status.ses_managed or '-'}"
    return f"{status.aggregate} ({managed})"


def hand_in_words(status: SendingStatus | None) -> str:
    """By whom the customer-managed status was changed, as far as SES's own words for it tell."""
    if status is None or not status.perhaps_by_policy:
        return "by a person at SES"
    return f"by SES's reputation policy, or by a person at SES (in SES's words: {status.cause})"


def in_words(length: timedelta) -> str:
    """A length of time in its largest whole unit."""
    for seconds, unit in UNITS:
        if length.total_seconds() % seconds == 0 and length.total_seconds() >= seconds:
            return f"{length.total_seconds() / seconds:.0f} {unit}"
    return f"{length.total_seconds():.0f} s"


def moment(at: datetime) -> str:
    """A moment in UTC, to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
