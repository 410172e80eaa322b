"""All tenants of an account over a time: what they sent, what came back, and what was decided about them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from cli.account import CannotRunError
from cli.export.lines import (
    AccountLine,
    CountsLine,
    DayLine,
    DecisionLine,
    DelaysLine,
    Line,
    PolicyLine,
    TenantLine,
    UnattributedLine,
)
from cli.export.policies import PoliciesByTenant
from reputation_guard.domain.account import REVIEW
from reputation_guard.domain.counts import (
    SLOTS_PER_DAY,
    SLOTS_PER_HOUR,
    Counts,
    Series,
    layout,
    slot_of,
    slot_start,
)
from reputation_guard.domain.delays import START_DELAYS, Delays
from reputation_guard.domain.policy import Kind, Policy
from reputation_guard.domain.tenant import ACCOUNT, Standing, Tenant

# Where SES puts the whole account under review.
REVIEW_LINE = {kind: REVIEW.limits(kind).pause for kind in Kind}


@dataclass(frozen=True, slots=True)
class Totals:
    """What was sent in the whole time, and what came back of it."""

    sends: int = 0
    bounces: int = 0
    complaints: int = 0

    def of(self, kind: Kind) -> int:
        """The hard bounces or the complaints."""
        return self.bounces if kind is Kind.BOUNCE else self.complaints

    def rate(self, kind: Kind) -> float | None:
        """Feedback by sends (0..1); None where no sends were seen."""
        return self.of(kind) / self.sends if self.sends else None


@dataclass(frozen=True, slots=True)
class Dossier:
    """One tenant. `record` is None for one the book does not have: nothing ever came back of its mail."""

    name: str
    counts: Counts
    totals: Totals
    policy: Policy
    record: Tenant | None = None
    decisions: Sequence[DecisionLine] = ()

    @property
    def standing(self) -> Standing:
        """The guard's record of it."""
        return self.record.standing if self.record else Standing.HEALTHY


@dataclass(frozen=True, slots=True)
class Fleet:
    """The account and its tenants, the one with the largest share of the account's budget first.

    `at_risk`: what was said of the account itself. `delays`: what judgements assumed of its feedback.
    """

    account: AccountLine
    since: datetime
    counts: Counts
    totals: Totals
    tenants: Sequence[Dossier]
    at_risk: Sequence[DecisionLine] = ()
    delays: Delays = START_DELAYS

    def share(self, tenant: Dossier, kind: Kind) -> float:
        """How much of what SES lets the account have a tenant uses up: 1 is all of it, alone, up to the review line."""
        return _share(tenant.totals, self.totals, kind)


def fleet_of(lines: Iterable[Line], days: int) -> Fleet:
    """Read a history, its last so many UTC days. Raises `CannotRunError` where it does not begin with its account."""
    lines = iter(lines)
    account = next(lines, None)
    if not isinstance(account, AccountLine):
        raise CannotRunError("This is no export: the first line has to be the record of the account.")
    today = slot_of(account.at) // SLOTS_PER_DAY
    found = _Found(slot_of(account.at), first_day=today - days + 1)
    for line in lines:
        found.take(line)
    since = slot_start(found.first_day * SLOTS_PER_DAY)
    everybody = found.everybody.totals()
    at_risk = found.decisions_of(ACCOUNT)
    policies = PoliciesByTenant(found.policies, found.records.values())
    names = sorted({*found.tallies, *found.records, *found.decisions} - {ACCOUNT})
    tenants = [found.dossier(name, policies.of(name)) for name in names]
    tenants.sort(key=lambda each: max(_share(each.totals, everybody, kind) for kind in Kind), reverse=True)
    return Fleet(account, since, found.everybody.counts(), everybody, tenants, at_risk, found.delays)


def _share(totals: Totals, everybody: Totals, kind: Kind) -> float:
    return totals.of(kind) / (REVIEW_LINE[kind] * everybody.sends) if everybody.sends else 0.0


class _Tally:
    """Numbers being added up, in the shape a judgement reads: slots for six hours, then hours, then days."""

    def __init__(self, newest: int) -> None:
        self.newest = newest
        self.layout = layout(newest)
        self.numbers = [[[0] * len(part) for part in self.layout] for _ in range(3)]

    def add(self, slot: int, counted: Sequence[int]) -> None:
        """Add what was counted in a slot; for a day, in any slot of it."""
        places = zip(self.layout, (slot, slot // SLOTS_PER_HOUR, slot // SLOTS_PER_DAY), strict=True)
        for part, (stands_for, place) in enumerate(places):
            if place in stands_for:
                for series, number in zip(self.numbers, counted, strict=True):
                    series[part][stands_for.index(place)] += number
                return

    def counts(self) -> Counts:
        """All of it."""
        sends, bounces, complaints = (
            Series(slots=tuple(slots), hours=tuple(hours), days=tuple(days)) for slots, hours, days in self.numbers
        )
        return Counts(self.newest, sends, bounces, complaints)

    def totals(self) -> Totals:
        """The sum of it."""
        return Totals(*(sum(map(sum, series)) for series in self.numbers))


@dataclass(slots=True)
class _Found:
    """What the lines hold, from `first_day` (Unix days) on."""

    newest: int
    first_day: int
    everybody: _Tally = field(init=False)
    tallies: dict[str, _Tally] = field(default_factory=dict)
    records: dict[str, Tenant] = field(default_factory=dict)
    decisions: defaultdict[str, list[DecisionLine]] = field(default_factory=lambda: defaultdict(list))
    policies: list[Policy] = field(default_factory=list)
    delays: Delays = START_DELAYS

    def __post_init__(self) -> None:
        self.everybody = _Tally(self.newest)

    def take(self, line: Line) -> None:
        """Add what a line holds."""
        match line:
            case CountsLine():
                self._count(line, slot_of(line.slot), line.tenant)
            case DayLine():
                self._count(line, _slot_of_day(line.day), line.tenant)
            case UnattributedLine(slot=datetime() as at):
                self._count(line, slot_of(at), "")
            case UnattributedLine(day=date() as day):
                self._count(line, _slot_of_day(day), "")
            case TenantLine():
                self.records[line.tenant.name] = line.tenant
            case DecisionLine() if line.decision.at >= slot_start(self.first_day * SLOTS_PER_DAY):
                self.decisions[line.decision.tenant.name].append(line)
            case PolicyLine():
                self.policies.append(line.policy)
            case DelaysLine():
                self.delays = line.delays

    def _count(self, line: CountsLine | DayLine | UnattributedLine, slot: int, tenant: str) -> None:
        if slot < self.first_day * SLOTS_PER_DAY:
            return
        counted = (line.sends, line.bounces, line.complaints)
        self.everybody.add(slot, counted)
        if tenant:
            if tenant not in self.tallies:
                self.tallies[tenant] = _Tally(self.newest)
            self.tallies[tenant].add(slot, counted)

    def dossier(self, name: str, policy: Policy) -> Dossier:
        """All that was found of one tenant."""
        tally = self.tallies.get(name) or _Tally(self.newest)
        record = self.records.get(name)
        return Dossier(name, tally.counts(), tally.totals(), policy, record, self.decisions_of(name))

    def decisions_of(self, name: str) -> list[DecisionLine]:
        """The decisions about a tenant, or the account itself, in their order."""
        return sorted(self.decisions.get(name, ()), key=lambda each: each.decision.at)


def _slot_of_day(day: date) -> int:
    return (day - slot_start(0).date()).days * SLOTS_PER_DAY
