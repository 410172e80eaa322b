"""What was counted, as judgements read it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from reputation_guard.domain.account import Contributor
from reputation_guard.domain.counts import ANY_SET, Counts, Ledger, SlotOfFeedback
from reputation_guard.domain.decision import Example
from reputation_guard.domain.learning import DayOfDelays
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.sight import Edges, Mark, Watermark


@dataclass(frozen=True, slots=True)
class Known:
    """All that is counted of one ledger. `first_seen`: its earliest send on record; `mark`: its own last batch.

    `through`: the configuration sets that the sends of each open hour (Unix hours) went through. `unseen`, by set: the
    feedback of mail sent through it in open hours in which no send through it is on record; it is not in `counts`.
    """

    counts: Counts
    first_seen: datetime | None
    named_by_ses: bool
    mark: Mark | None = None
    through: Mapping[int, frozenset[str]] = field(default_factory=dict)
    unseen: Mapping[str, Counts] = field(default_factory=dict)

    def has_sends(self, hour: int, through: str) -> bool:
        """Whether sends through a set are on record in an open hour, or may be."""
        return not through or not self.through.get(hour, frozenset()).isdisjoint((through, ANY_SET))


class Counted(Protocol):
    """Where a judgement reads what was counted."""

    def known(self, ledger: Ledger, now: datetime) -> Known:
        """The counts of a ledger as of the slot of `now`."""

    def edges(self, ledger: Ledger, slots: Iterable[int]) -> Edges:
        """The ids of a ledger's feedback in these slots, by the configuration set the mail was sent through."""

    def watermark(self) -> Watermark | None:
        """How far sends are counted; None while no mail event ever came."""

    def examples(self, tenant: str, now: datetime) -> tuple[Example, ...]:
        """Examples of a tenant's feedback, the latest hours first."""

    def delays(self, kind: Kind, days: range) -> Sequence[DayOfDelays]:
        """How long the feedback of mail sent on these days (Unix days) took, as far as it came."""

    def write_feedback(self, feedback: Sequence[SlotOfFeedback]) -> None:
        """Write the counts of these slots beside the sends of their ledger, replacing what stood there."""

    def recount_day(self, ledger: Ledger, day: int) -> None:
        """Close a day (Unix days), and count its feedback anew from its ids."""

    def close_day(self, ledger: Ledger, day: int) -> None:
        """Sum up the sends of a closed day (Unix days), once, while its hours are there."""

    def note_contributor(self, contributor: Contributor) -> None:
        """Remember a tenant's parts of the account's budget for two days."""

    def contributors(self) -> Sequence[Contributor]:
        """The tenants that are remembered for their parts of the account's budget."""


class Senders(Protocol):
    """How many tenants there are to guard."""

    def senders(self, now: datetime) -> int:
        """About how many tenants sent within the last 24 hours."""
