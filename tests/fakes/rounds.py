"""The walk through all tenants, in memory: the same meaning as its page in the book, by the same contract tests."""

from dataclasses import dataclass, field
from datetime import datetime

from reputation_guard.ports.rounds import Round


@dataclass(slots=True)
class InMemoryRounds:
    """`ports.rounds.Rounds`."""

    progress: Round = field(default_factory=Round)
    taken_until: datetime | None = None

    def take(self, now: datetime, until: datetime) -> Round | None:
        if self.taken_until and self.taken_until > now:
            return None
        self.taken_until = until
        return self.progress

    def save(self, progress: Round) -> None:
        self.progress = progress

    def leave(self) -> None:
        self.taken_until = None
