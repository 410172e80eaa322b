"""Which channels a notice goes to, and who stands in for one that cannot be reached."""

from collections.abc import Collection

from reputation_guard.domain.notices import Notice, Severity

# The rungs of a ladder, from the first on; those above the last of these are paged by it as well.
RUNGS = ("rung-1", "rung-2", "rung-3")
WARNINGS, CHAT, PAGERDUTY, WEBHOOK = "warnings", "chat", "pagerduty", "webhook"
# Whoever reads here passes it on.
_STAND_INS = (*RUNGS, WARNINGS, CHAT)


def channels_of(notice: Notice, configured: Collection[str]) -> list[str]:
    """The channels that have to take a notice, of those there are."""
    if notice.severity is Severity.WARNING:
        wanted = [WARNINGS, CHAT, WEBHOOK]
    else:
        rungs = dict.fromkeys(RUNGS[min(rung, len(RUNGS) - 1)] for rung in notice.rungs)
        wanted = [*rungs, CHAT, PAGERDUTY, WEBHOOK]
    return [name for name in wanted if name in configured]


def stand_ins(channel: str, configured: Collection[str]) -> list[str]:
    """Who takes a notice in the place of a channel, in this order: those behind it first."""
    start = _STAND_INS.index(channel) + 1 if channel in _STAND_INS else 0
    in_order = (*_STAND_INS[start:], *_STAND_INS[:start])
    return [name for name in in_order if name in configured and name != channel]
