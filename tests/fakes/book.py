"""The book in memory: the same meaning as the book's table, checked by the same contract tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from reputation_guard.domain.decision import Decision
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Tenant, next_tending
from reputation_guard.ports.book import ModeRecord, Outcome, Pending
from reputation_guard.ports.errors import StaleError

_A_ROUND = 100


@dataclass(slots=True)
class Entry:
    """A decision as the book keeps it; `outcome` is empty while it is pending. `is_last`: behind all others in line."""

    pending: Pending
    outcome: str = ""
    is_last: bool = False


@dataclass(slots=True)
class InMemoryBook:
    """`ports.book.Book`."""

    tenants: dict[str, Tenant] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    turns: dict[str, datetime] = field(default_factory=dict)
    tag_turns: dict[str, datetime] = field(default_factory=dict)
    page: ModeRecord = field(default_factory=ModeRecord)

    def tenant(self, name: str) -> Tenant | None:
        return self.tenants.get(name)

    def save(self, before: Tenant, after: Tenant, now: datetime) -> Tenant:
        self._must_be_at(before.name, before.version)
        return self._write(replace(after, version=before.version + 1), now)

    def record(self, decision: Decision, after: Tenant) -> Tenant:
        version = decision.tenant.version
        self._must_be_at(decision.tenant.name, version)
        self.entries[decision.id] = Entry(Pending(decision))
        return self._write(replace(after, version=version + 1), decision.at)

    def pending(self) -> Sequence[Pending]:
        waiting = [entry for entry in self.entries.values() if not entry.outcome]
        # What SES refused keeps nobody waiting.
        line = sorted(waiting, key=lambda each: (each.is_last, -each.pending.decision.place_in_line))
        return [each.pending for each in line]

    def overtaken_by(self, decision: Decision) -> Pending | None:
        before = decision.tenant
        entry = self.entries.get(before.decided or "") if before.under_way else None
        return entry.pending if entry else None

    def deciding(self, tenant: Tenant) -> Decision | None:
        entry = self.entries.get(tenant.decided or "")
        return entry.pending.decision if entry else None

    def decided_at(self, name: str, at: datetime) -> Sequence[Decision]:
        made = [entry.pending.decision for entry in self.entries.values()]
        return [each for each in made if each.tenant.name == name and each.at == at]

    def count_pending(self) -> int:
        return min(len(self.pending()), _A_ROUND)

    def mark_attempt(self, decision: Decision, at: datetime) -> None:
        entry = self.entries[decision.id]
        entry.pending = replace(entry.pending, attempted_at=at)

    def unmark_attempt(self, decision: Decision) -> None:
        entry = self.entries[decision.id]
        entry.pending = replace(entry.pending, attempted_at=None)

    def mark_refused(self, decision: Decision, at: datetime, *, keeps_its_place: bool = False) -> None:
        entry = self.entries[decision.id]
        entry.pending = replace(entry.pending, refused_at=at)
        entry.is_last = not keeps_its_place

    def settle(self, decision: Decision, outcome: Outcome, at: datetime, after: Tenant | None = None) -> None:
        if after:
            self._must_be_at(after.name, after.version)
            self._write(replace(after, version=after.version + 1), at)
        self.entries[decision.id].outcome = outcome

    def due(self, now: datetime) -> Sequence[Tenant]:
        names = sorted((turn, name) for name, turn in self.turns.items() if turn <= now)
        return [self.tenants[name] for _, name in names][:_A_ROUND]

    def tags_due(self, now: datetime) -> Sequence[str]:
        return [name for turn, name in sorted((turn, name) for name, turn in self.tag_turns.items()) if turn <= now]

    def note_tag(self, before: Tenant, policy: str, now: datetime) -> Tenant:
        saved = self.save(before, replace(before, tagged_policy=policy, tags_read_at=now), now)
        self.tag_turns[before.name] = next_tending(before.name, now)
        return saved

    def mode(self) -> ModeRecord:
        return self.page

    def note_mode(self, read: ModeRecord, mode: Mode, enforcing_since: datetime | None) -> None:
        if self.page.in_force is read.in_force:
            self.page = replace(self.page, in_force=mode, enforcing_since=enforcing_since)

    def switch(self, mode: Mode | None) -> None:
        """Turn the book's switch, as a person does."""
        self.page = replace(self.page, switch=mode)

    def outcomes(self) -> dict[str, str]:
        """What became of each decision."""
        return {name: entry.outcome for name, entry in self.entries.items()}

    def _must_be_at(self, name: str, version: int) -> None:
        if (found := self.tenants[name].version if name in self.tenants else 0) != version:
            raise StaleError(name, found, version)

    def _write(self, tenant: Tenant, now: datetime) -> Tenant:
        self.tenants[tenant.name] = tenant
        if not tenant.is_account:
            self.turns[tenant.name] = tenant.due_at(now)
            self.tag_turns.setdefault(tenant.name, now)
        return tenant
