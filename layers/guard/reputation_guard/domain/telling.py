"""What an incident makes of what it is told: who has it, whom to page, and what it keeps of it."""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import timedelta

from reputation_guard.domain.incident import Answer, Incident, Signal, SignalKind

# Longer than a review at AWS Support takes; whoever needs more says so again.
LONGEST_SNOOZE = timedelta(days=30)
# What people write stays far below the 400 KB of an item and the 256 KB of an event. Who has a link may fill it with
# notes, and never so that nobody can answer any more: of answers the latest are kept.
MOST_NOTES = 60
MOST_ANSWERS = 100
# So many are told in one page, and kept in one item; the next one leads a page of its own.
MOST_MEMBERS = 100

_ANSWERS = frozenset({SignalKind.ACKNOWLEDGED, SignalKind.SNOOZED})
BY_PEOPLE = frozenset({*_ANSWERS, SignalKind.HANDED_OVER, SignalKind.NOTED})
# What may be said any number of times, and where only the last one matters.
_REPEATED = frozenset({*_ANSWERS, SignalKind.HANDED_OVER, SignalKind.RESUME_REFUSED})


class CannotTellError(Exception):
    """The signal makes no sense: a code, and what the person can do."""

    def __init__(self, code: str, advice: str) -> None:
        super().__init__(code, advice)
        self.code = code
        self.advice = advice


def told(incident: Incident, signal: Signal) -> Incident:
    """The incident once it was told. Raises `CannotTellError`; the same signal again changes nothing."""
    if any(signal.id == each.id for each in incident.signals):
        return incident
    is_there = signal.kind is SignalKind.JOINED and signal.about in incident.members
    if is_there or (signal.kind is SignalKind.JOINED and len(incident.members) >= MOST_MEMBERS):
        return incident
    if not incident.is_open and signal.kind is not SignalKind.NOTED:
        if signal.kind not in BY_PEOPLE:
            return incident
        raise CannotTellError("Closed", f"The incident {incident.id} is closed: {incident.outcome}.")
    if signal.kind is SignalKind.NOTED and _count(incident, {SignalKind.NOTED}) >= MOST_NOTES:
        raise CannotTellError("TooMany", f"The incident {incident.id} has {MOST_NOTES} notes: no more fit in.")
    return _with(signal, _changed(incident, signal))


def _count(incident: Incident, kinds: AbstractSet[SignalKind]) -> int:
    return sum(each.kind in kinds for each in incident.signals)


def _with(signal: Signal, incident: Incident) -> Incident:
    """The incident with the signal among what it was told; of repeated ones the oldest makes room."""
    kept, forgotten = incident.signals, incident.forgotten
    if signal.kind in _REPEATED and _count(incident, _REPEATED) >= MOST_ANSWERS:
        oldest = next(each for each in kept if each.kind in _REPEATED)
        kept, forgotten = tuple(each for each in kept if each is not oldest), forgotten + 1
    answers = incident.answers + (signal.kind in _ANSWERS)
    return replace(incident, signals=(*kept, signal), forgotten=forgotten, answers=answers)


def _changed(incident: Incident, signal: Signal) -> Incident:
    match signal.kind:
        case SignalKind.ACKNOWLEDGED:
            return _acknowledged(incident, signal)
        case SignalKind.SNOOZED:
            return _snoozed(incident, signal)
        case SignalKind.HANDED_OVER:
            # From now on it is paged by itself: these people were told of it alone.
            rung = _rung_named(signal.rung, incident)
            return replace(incident, hand_over_to=rung, answer=None, leader="")
        case SignalKind.NOTED if not signal.text:
            raise CannotTellError("Empty", "A note needs a text.")
        case SignalKind.PAUSED_AGAIN:
            return replace(incident, successor=signal.about)
        case SignalKind.JOINED if not incident.is_of_account:
            # Another pause is no part of what was acknowledged (Law 8).
            return replace(incident, members=(*incident.members, signal.about), answer=None)
        case SignalKind.JOINED:
            return replace(incident, members=(*incident.members, signal.about))
        case SignalKind.RELEASED:
            return replace(incident, leader="", held_from=signal.at)
        case _:
            return incident


def _must_be_free(incident: Incident, signal: Signal) -> None:
    """Nobody takes from another what he has: he is told who it is."""
    has_it = incident.answered_at(signal.at)
    if has_it and not has_it.is_snooze and has_it.by != signal.by:
        advice = f"{has_it.by} has it until {has_it.until:%Y-%m-%d %H:%M} UTC. To take it from them, hand it over."
        raise CannotTellError("AlreadyAcknowledged", advice)


def _acknowledged(incident: Incident, signal: Signal) -> Incident:
    _must_be_free(incident, signal)
    until = signal.at + incident.policy.acknowledged_for
    return replace(incident, answer=Answer(signal.by, signal.proved, signal.at, until), hand_over_to=None)


def _snoozed(incident: Incident, signal: Signal) -> Incident:
    if signal.until is None or not signal.at < signal.until <= signal.at + LONGEST_SNOOZE:
        raise CannotTellError("BadSnooze", f"A snooze ends in the future, {LONGEST_SNOOZE.days} days from now at most.")
    _must_be_free(incident, signal)
    answer = Answer(signal.by, signal.proved, signal.at, signal.until, is_snooze=True)
    return replace(incident, answer=answer, hand_over_to=None)


def _rung_named(name: str, incident: Incident) -> int:
    names = [rung.name for rung in incident.rungs]
    if name not in names:
        raise CannotTellError("UnknownRung", f"Its ladder has no rung {name!r}; there are {', '.join(names)}.")
    return names.index(name)
