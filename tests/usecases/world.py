"""The guard on fakes: mail events come in, and what comes out is in the book, at SES and on the guard bus."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count as numbers

from reputation_guard.domain.brake import BrakeRules
from reputation_guard.domain.counts import Ledger
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.mail import MailEvent
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Standing, Tenant
from reputation_guard.ports.counted import Known
from reputation_guard.ports.counting import Counting
from reputation_guard.usecases.adopt import Mirror
from reputation_guard.usecases.brake import Braking
from reputation_guard.usecases.carry_out import Enforcer
from reputation_guard.usecases.count import CountingRules, Tally, count
from reputation_guard.usecases.enforce import Round, enforce
from reputation_guard.usecases.foresee import Foreseeing
from reputation_guard.usecases.judge import Court, judge_fresh
from reputation_guard.usecases.learn import DelaysInUse
from reputation_guard.usecases.mode import mode_in_force
from reputation_guard.usecases.pause import Pausing
from reputation_guard.usecases.policies import Policies
from reputation_guard.usecases.resume import Resuming
from reputation_guard.usecases.review import Review, Reviewing, review
from tests.fakes.book import InMemoryBook
from tests.fakes.brake import InMemoryBrake
from tests.fakes.builders import BRAKE, NOW, OWN_TAG, STANDARD, bounce, send
from tests.fakes.counts import InMemoryCounts
from tests.fakes.headcount import InMemoryHeadcount
from tests.fakes.incidents import InMemoryIncidents
from tests.fakes.outlets import Bell, Diary, InMemoryBus, InMemoryOwners
from tests.fakes.policies import InMemoryShelf
from tests.fakes.proposals import InMemoryProposals
from tests.fakes.ses import InMemorySes

A_MILLION = 1_000_000
TRAVELLING = timedelta(seconds=10)
RULES = CountingRules(OWN_TAG)
_records = numbers()


def by_record(events: Iterable[MailEvent]) -> dict[str, MailEvent]:
    """The events as a queue hands them over: under the ids of their records."""
    return {f"record-{next(_records)}": event for event in events}


@dataclass(slots=True)
class AmongOthers(InMemoryCounts):
    """Counts of an account in which others send a million clean mails every five minutes: nothing puts it at risk."""

    def known(self, ledger: Ledger, now: datetime) -> Known:
        known = InMemoryCounts.known(self, ledger, now)
        if not ledger.whole_account:
            return known
        sends = known.counts.sends
        with_others = replace(sends, slots=tuple(number + A_MILLION for number in sends.slots))
        return replace(known, counts=replace(known.counts, sends=with_others))


@dataclass(slots=True)
class World:
    """One deployment. `mode` is the template's; a person turns the book's switch."""

    mode: Mode = Mode.ENFORCE
    counts: InMemoryCounts = field(default_factory=AmongOthers)
    book: InMemoryBook = field(default_factory=InMemoryBook)
    ses: InMemorySes = field(default_factory=InMemorySes)
    bus: InMemoryBus = field(default_factory=InMemoryBus)
    owners: InMemoryOwners = field(default_factory=InMemoryOwners)
    bell: Bell = field(default_factory=Bell)
    incidents: InMemoryIncidents = field(default_factory=InMemoryIncidents)
    diary: Diary = field(default_factory=Diary)
    shelf: InMemoryShelf = field(default_factory=InMemoryShelf)
    proposals: InMemoryProposals = field(default_factory=InMemoryProposals)
    rests: list[float] = field(default_factory=list)
    brake_rules: BrakeRules = BRAKE
    brake: InMemoryBrake = field(init=False)

    def __post_init__(self) -> None:
        self.brake = InMemoryBrake(self.book)

    @property
    def policies(self) -> Policies:
        """The policies, with `standard` as the default."""
        return Policies(self.shelf, STANDARD.name)

    @property
    def braking(self) -> Braking:
        """What the brake needs."""
        return Braking(self.brake, self.counts, self.counts, self.brake_rules)

    def court(self, now: datetime) -> Court:
        """What a judgement needs."""
        in_force = mode_in_force(self.book, self.mode, now)
        delays = DelaysInUse(self.counts).delays(now)
        return Court(self.counts, self.book, self.policies, delays, in_force, self.diary, TRAVELLING, self.braking)

    def count(
        self,
        events: Iterable[MailEvent],
        now: datetime,
        counting: Counting | None = None,
        waited: timedelta = timedelta(),
    ) -> Tally:
        """Count a batch that had waited so long in its queue."""
        batch = by_record(events)
        waits = dict.fromkeys(batch, waited)
        return count(batch, counting or self.counts, self.owners, RULES, now, waits=waits)

    def judge_what_grew(self, now: datetime) -> list[Decision]:
        """Judge what the stream has brought since the last time."""
        grown = list(self.counts.grown)
        self.counts.grown.clear()
        return judge_fresh(grown, self.court(now), now)

    def arrive(self, events: Iterable[MailEvent], now: datetime = NOW) -> list[Decision]:
        """Count a batch and judge what grew."""
        self.count(events, now)
        return self.judge_what_grew(now)

    def judged(self, events: Iterable[MailEvent], now: datetime) -> list[Decision]:
        """Judge what a batch brought as soon as all that travels beside it is counted."""
        self.count(events, now - TRAVELLING)
        return self.judge_what_grew(now)

    def enforcer(self, now: datetime = NOW) -> Enforcer:
        """What carrying out needs."""
        return Enforcer(
            self.book, self.ses, self.ses, self.bus, self.policies, self.mode, lambda: now, self.rests.append
        )

    def enforce(self, now: datetime = NOW) -> Round:
        """Carry out what is pending."""
        return enforce(self.enforcer(now), now + timedelta(minutes=1))

    def review(self, now: datetime) -> Review:
        """The minute review."""
        return review(self.reviewing(now), now)

    def reviewing(self, now: datetime) -> Reviewing:
        """What a review needs."""
        return Reviewing(
            self.court(now), self.book, self.owners, self.ses, self.ses, self.bell, InMemoryHeadcount(self.brake)
        )

    def mirror(self, now: datetime = NOW) -> Mirror:
        """What adopting needs."""
        return Mirror(self.book, self.ses, self.policies, mode_in_force(self.book, self.mode, now).mode)

    def resuming(self) -> Resuming:
        """What resuming by hand needs."""
        return Resuming(self.book, self.incidents, self.proposals, self.ses, self.policies, self.mode)

    def foreseeing(self, now: datetime = NOW) -> Foreseeing:
        """What foreseeing a resume needs."""
        return Foreseeing(self.resuming(), self.counts, DelaysInUse(self.counts).delays(now), TRAVELLING)

    def pausing(self) -> Pausing:
        """What pausing by hand needs."""
        return Pausing(self.book, self.ses, self.policies, self.mode)

    def tenant(self, name: str = "shop") -> Tenant:
        """The record of a tenant."""
        found = self.book.tenant(name)
        assert found
        return found

    def standing(self, name: str = "shop") -> Standing:
        """The standing of a tenant."""
        return self.tenant(name).standing

    def announced(self) -> Iterator[tuple[str, str]]:
        """The guard events so far, by name and tenant."""
        return ((each.name, each.decision.tenant.name) for each in self.bus.announced)


def blast(*, sends: int, bounces: int, sent_at: datetime, run: str = "a") -> list[MailEvent]:
    """So many mails of `shop` sent at one moment, and how many of them bounced."""
    mails = [f"{run}-{number}" for number in range(sends)]
    return [
        *(send(each, sent_at=sent_at) for each in mails),
        *(bounce(each, sent_at=sent_at) for each in mails[:bounces]),
    ]
