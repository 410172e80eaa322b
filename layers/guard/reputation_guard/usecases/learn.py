"""Learn from the fleet how long feedback takes, and remember it for a while."""

from contextlib import suppress
from datetime import datetime, timedelta

from reputation_guard.domain.delays import START_DELAYS, Delays
from reputation_guard.domain.learning import Lesson, complete_days, learn
from reputation_guard.domain.policy import Kind
from reputation_guard.ports.counted import Counted
from reputation_guard.ports.errors import RefusedError, UnavailableError

# The days it learns from change once a day, so a process need not ask often.
_REMEMBERED_FOR = timedelta(minutes=15)


def lessons(counted: Counted, now: datetime) -> dict[Kind, Lesson]:
    """What the fleet teaches at `now` of each kind's delay."""
    return {kind: learn(kind, counted.delays(kind, complete_days(kind, now))) for kind in Kind}


class DelaysInUse:
    """The delays that judgements use: the start values until there is enough to learn from."""

    def __init__(self, counted: Counted) -> None:
        self._counted = counted
        self._delays = START_DELAYS
        self._asked_at: datetime | None = None

    def delays(self, now: datetime) -> Delays:
        """The delays in use at `now`. Where they cannot be read, what was learned before stands."""
        if self._asked_at is None or now - self._asked_at >= _REMEMBERED_FOR:
            self._asked_at = now
            with suppress(UnavailableError, RefusedError):
                learned = lessons(self._counted, now)
                self._delays = Delays(learned[Kind.BOUNCE].delay, learned[Kind.COMPLAINT].delay)
        return self._delays
