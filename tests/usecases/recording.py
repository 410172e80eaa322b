"""Counts that note what is written to them, and fail the writes they are told to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from reputation_guard.domain.counts import ACCOUNT_LEDGER, NO_SETS, HourOfSends, HoursOfSets, Ledger, SlotOfFeedback
from reputation_guard.domain.learning import DayOfDelays
from reputation_guard.domain.mail import MailEvent
from reputation_guard.ports.errors import UnavailableError
from reputation_guard.usecases.count import CountingRules, Tally, count
from tests.fakes.builders import NOW, OWN_TAG
from tests.fakes.counts import InMemoryCounts
from tests.fakes.outlets import InMemoryOwners

Refuses = Callable[[object], bool]


@dataclass
class Recording(InMemoryCounts):
    """Counts that note each write, and fail the ones they are told to; those to the account's ledger by themselves."""

    written: list[object] = field(default_factory=list)
    of_account: list[object] = field(default_factory=list)
    fails: Refuses = lambda _: False
    error: Exception = field(default_factory=UnavailableError)

    def _note(self, what: object) -> None:
        if self.fails(what):
            raise self.error
        (self.of_account if _ledger_of(what) == ACCOUNT_LEDGER else self.written).append(what)

    def add_sends(self, sends: HourOfSends) -> None:
        self._note(sends)
        super().add_sends(sends)

    def add_late_sends(self, ledger: Ledger, day: int, sends: int, through: HoursOfSets = NO_SETS) -> None:
        self._note((ledger, day, sends))
        super().add_late_sends(ledger, day, sends, through)

    def add_delays(self, delays: DayOfDelays) -> None:
        self._note(delays)
        super().add_delays(delays)

    def add_feedback(self, feedback: SlotOfFeedback) -> None:
        self._note(feedback)
        super().add_feedback(feedback)


def counted(
    events: dict[str, MailEvent], counts: InMemoryCounts, owners: InMemoryOwners | None = None, **rules: Any
) -> Tally:
    """Count these events now."""
    return count(events, counts, owners or InMemoryOwners(), CountingRules(OWN_TAG, **rules), NOW)


def of_tenant(name: str) -> Refuses:
    """What is written of one tenant."""
    return lambda what: _ledger_of(what) == Ledger(tenant=name)


def of_account(what: object) -> bool:
    """What is written of the whole account."""
    return _ledger_of(what) == ACCOUNT_LEDGER


def _ledger_of(what: Any) -> Ledger | None:
    found: Ledger | None = what[0] if isinstance(what, tuple) else getattr(what, "ledger", None)
    return found
