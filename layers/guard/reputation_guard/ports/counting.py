"""Where `ingest` adds; its cold start pays for this room, so it needs none of the others."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from reputation_guard.domain.counts import NO_SETS, HourOfSends, HoursOfSets, Ledger, SlotOfFeedback
from reputation_guard.domain.decision import Example
from reputation_guard.domain.learning import DayOfDelays
from reputation_guard.domain.sight import Debt, Gap, Mark


class Counting(Protocol):
    """Where `ingest` adds what it counted. Adding the same feedback twice changes nothing; sends can be overcounted."""

    def add_sends(self, sends: HourOfSends) -> None:
        """Add to one hour of one ledger."""

    def add_late_sends(self, ledger: Ledger, day: int, sends: int, through: HoursOfSets = NO_SETS) -> None:
        """Add sends of a day (Unix days) that is closed already, with the sets they were sent through."""

    def add_feedback(self, feedback: SlotOfFeedback) -> None:
        """Add ids to one slot of one ledger."""

    def add_delays(self, delays: DayOfDelays) -> None:
        """Add to how long feedback took. Adding the same twice counts it twice: it is a distribution, not a count."""

    def note_senders(self, hour: int, traces: frozenset[bytes]) -> None:
        """Note that tenants sent in an hour (Unix hours), by their traces (`domain/senders.py`)."""

    def add_examples(self, tenant: str, hour: int, examples: Sequence[tuple[bytes, Example]]) -> None:
        """Keep up to about 20 examples of a tenant's feedback of one send hour (Unix hours)."""

    def note_sight(self, now: datetime) -> None:
        """The guard sees mail events, at the latest since `now`."""

    def open_debt(self, debt: Debt) -> None:
        """A batch of sends is about to be counted: until it is, its sends are owed."""

    def close_debt(self, debt: Debt) -> None:
        """The batch is counted, to its last send."""

    def note_gap(self, gap: Gap) -> None:
        """Sends of this time will not be counted any more."""

    def advance_watermark(self, mark: Mark) -> None:
        """A batch of sends is counted."""
