"""What the guard decided about a tenant, on a line of time: numbered marks, and how it stood between them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cli.export.lines import DecisionLine
from reputation_guard.domain.decision import Decision, GuardEvent, record_after
from reputation_guard.domain.tenant import WARNING_HOLDS, Standing, Tenant
from reputation_guard.ports.book import Outcome

# What never came to be: the standing went back, or never moved.
_UNDONE = frozenset({Outcome.WITHDRAWN, Outcome.SUPERSEDED, Outcome.GONE})
_WORDS = {
    GuardEvent.TENANT_WARNED: "Warned",
    GuardEvent.PAUSE_ADVISED: "Would be paused",
    GuardEvent.TENANT_PAUSED: "Paused",
    GuardEvent.TENANT_RESUMED: "Resumed",
    GuardEvent.SENDS_UNSEEN: "Cannot be judged",
}
_IS_WRONG = frozenset({GuardEvent.TENANT_PAUSED, GuardEvent.PAUSE_ADVISED})


@dataclass(frozen=True, slots=True)
class Mark:
    """A decision on the line of time; `number` is its row in the table."""

    number: int
    at: datetime
    words: str
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which a tenant stood otherwise than healthy."""

    start: datetime
    end: datetime
    standing: Standing


def words_of(decision: Decision) -> str:
    """What a decision says, for people."""
    if decision.announces is None:
        return decision.answer.capitalize()
    return _WORDS.get(decision.announces) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", decision.announces).capitalize()


def marks(decisions: Sequence[DecisionLine]) -> list[Mark]:
    """The decisions, numbered in the order of time."""
    return [
        Mark(number, each.decision.at, words_of(each.decision), is_wrong=each.decision.announces in _IS_WRONG)
        for number, each in enumerate(decisions, 1)
    ]


def spans(decisions: Sequence[DecisionLine], now: datetime) -> list[Span]:
    """How a tenant stood between its decisions, healthy times left out."""
    records = [(each.decision.at, record_after(each.decision)) for each in decisions if each.outcome not in _UNDONE]
    ends = [*(at for at, _ in records[1:]), now]
    return [
        Span(at, min(end, _over_at(record, end)), record.standing)
        for (at, record), end in zip(records, ends, strict=False)
        if record.standing is not Standing.HEALTHY
    ]


def _over_at(record: Tenant, otherwise: datetime) -> datetime:
    """When a standing ends by itself."""
    if record.standing is Standing.WARNED and record.warned_at:
        return record.warned_at + WARNING_HOLDS
    if record.standing is Standing.PROBATION and record.probation_ends:
        return record.probation_ends
    return otherwise
