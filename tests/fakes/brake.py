"""The brake in memory, beside a book in memory: the same meaning as its table, by the same contract tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from reputation_guard.domain.brake import Brake, Kept, Person
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports.book import Outcome
from reputation_guard.ports.errors import StaleError
from tests.fakes.book import InMemoryBook


@dataclass(slots=True)
class InMemoryBrake:
    """`ports.brake.BrakeBook`. `ended`: what people made of it, by tenant."""

    book: InMemoryBook
    page: Brake = field(default_factory=Brake)
    waiting: dict[str, Kept] = field(default_factory=dict)
    ended: dict[str, tuple[Outcome, Person]] = field(default_factory=dict)

    def brake(self) -> Brake:
        return self.page

    def pause(self, decision: Decision, after: Tenant, read: Brake) -> Tenant:
        if self.page.revision != read.revision:
            raise StaleError(decision.id)
        saved = self.book.record(decision, after)
        self.page = replace(read.after_pause(saved.name, decision.at), revision=read.revision + 1)
        return saved

    def keep(self, decision: Decision, after: Tenant) -> Tenant:
        saved = self.book.save(decision.tenant, after, decision.at)
        self.waiting.setdefault(saved.name, Kept(decision))
        return saved

    def kept(self) -> Sequence[Kept]:
        return sorted(self.waiting.values(), key=lambda each: each.decision.at)

    def kept_of(self, tenant: str) -> Kept | None:
        return self.waiting.get(tenant)

    def end(self, kept: Kept, outcome: Outcome, person: Person, after: Tenant) -> Tenant:
        if kept.tenant not in self.waiting:
            raise StaleError(kept.tenant)
        saved = self.book.save(after, after, person.at)
        del self.waiting[kept.tenant]
        self.ended[kept.tenant] = (outcome, person)
        return saved
