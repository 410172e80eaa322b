"""Carry out what was decided: one at a time, the fastest sender first, at SES's pace."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reputation_guard.domain.words import in_words
from reputation_guard.ports.book import Pending
from reputation_guard.ports.errors import RefusedError, StaleError, ThrottledError, UnavailableError
from reputation_guard.usecases.carry_out import Enforcer, Turn, carry_out, tell_refused

# SES takes about a call a second: after a moment it takes the next one, or something else is wrong.
_REST_SECONDS = 2.0
_THROTTLED_OFTEN = 3
# SES neither makes nor refuses it for so long: then people are told.
OVERDUE = timedelta(minutes=5)


@dataclass(slots=True)
class Round:
    """What a round came to: how the decisions that were settled or refused by SES ended, and which were left, and why.

    What is left has not ended; it has its turn again in the next round.
    """

    ended: dict[str, Turn] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    @property
    def settled(self) -> int:
        """How many were settled."""
        return list(self.ended.values()).count(Turn.SETTLED)

    @property
    def refused(self) -> int:
        """How many SES, or the owner of a stop, refused."""
        return list(self.ended.values()).count(Turn.REFUSED)

    def add(self, pending: Pending, turn: Turn) -> None:
        """Note one more turn."""
        if turn is Turn.WAITS:
            self.left[pending.decision.id] = "overtaken by what is under way"
        else:
            self.ended[pending.decision.id] = turn


def enforce(world: Enforcer, until: datetime) -> Round:
    """Carry out pending decisions until there are none, SES takes no more calls, or `until` has come.

    No decision has two turns. Whose turn it is is looked up anew for each: a faster sender that turns bad meanwhile
    does not wait for a hundred slower ones.
    """
    result, had_turn, throttled = Round(), set[str](), 0
    while pending := next(_waiting(world, had_turn), None):
        if world.clock() >= until:
            return _leave_all("no time left", world, had_turn, result)
        try:
            result.add(pending, carry_out(pending, world))
        except ThrottledError as error:
            throttled += 1
            if throttled == _THROTTLED_OFTEN:
                return _leave_all(repr(error), world, had_turn, result)
            world.rest(_REST_SECONDS)
            continue  # what was begun is marked in the book
        except (UnavailableError, StaleError, RefusedError) as error:
            _leave(pending, repr(error), world, result)
        else:
            throttled = 0
        had_turn.add(pending.decision.id)
    return result


def _waiting(world: Enforcer, had_turn: Collection[str]) -> Iterator[Pending]:
    """What had no turn yet, in the book's order."""
    return (pending for pending in world.book.pending() if pending.decision.id not in had_turn)


def _leave_all(why: str, world: Enforcer, had_turn: Collection[str], result: Round) -> Round:
    for pending in list(_waiting(world, had_turn)):
        _leave(pending, why, world, result, keeps_its_place=True)
    return result


def _leave(pending: Pending, why: str, world: Enforcer, result: Round, *, keeps_its_place: bool = False) -> None:
    """Left for the next round; a pause that has waited too long is a page that says so (Law 4)."""
    result.left[pending.decision.id] = why
    if pending.decision.needs_ses and world.clock() - pending.decision.at >= OVERDUE:
        why = f"no answer that counts for {in_words(OVERDUE)}"
        try:
            tell_refused(pending, world, why, keeps_its_place=keeps_its_place)
        except (UnavailableError, StaleError, RefusedError) as error:
            # It is told in the next round; whoever else waits has its turn in this one.
            result.left[pending.decision.id] = repr(error)
