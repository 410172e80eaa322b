"""What the guard needs of the world, named for the need. The adapters are in `aws/`, the fakes beside the tests.

Every method raises `UnavailableError` when the world did not answer as it should and the same call may succeed later.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from reputation_guard.domain.account import Contributor
from reputation_guard.domain.approval import Proposal
from reputation_guard.domain.brake import Brake, Kept, Person
from reputation_guard.domain.choice import PolicyVersion
from reputation_guard.domain.counts import ANY_SET, NO_SETS, Counts, HourOfSends, HoursOfSets, Ledger, SlotOfFeedback
from reputation_guard.domain.decision import Decision, Example
from reputation_guard.domain.escalation import IncidentAnnouncement
from reputation_guard.domain.incident import Incident
from reputation_guard.domain.learning import DayOfDelays
from reputation_guard.domain.links import Keyring
from reputation_guard.domain.notice import Channel, Notice
from reputation_guard.domain.notices import Announcement
from reputation_guard.domain.policy import Kind, Mode, Policy
from reputation_guard.domain.sight import Debt, Edges, Gap, Mark, Watermark
from reputation_guard.domain.tenant import Finding, SendingStatus, Standing, Tenant


class UnavailableError(Exception):
    """The world did not answer; the same call may succeed later. Raise it on, to be retried."""


class ThrottledError(UnavailableError):
    """SES takes no more calls just now: stop calling, and try again in a minute."""


class RefusedError(Exception):
    """SES said no, and would say no again; the arguments are its code and its words."""


class GoneError(RefusedError):
    """SES knows no such tenant, or no such set, by its name (any more); an ARN it does not know is merely refused."""


class NoRightError(RefusedError):
    """The guard may not make this call at all: it is refused for everybody, until a person grants the right."""


class StaleError(Exception):
    """The record changed since it was read: read it again."""


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


class ReportedSends(Protocol):
    """What SES itself says it sent."""

    def sent(self, since: datetime, until: datetime) -> Mapping[int, float]:
        """Mails of the whole account by slot of the send time; what is not known is left out."""


class ReportedByTenant(Protocol):
    """What SES itself says it sent for each tenant."""

    def of_days(self, arns: Sequence[str], now: datetime) -> Mapping[str, tuple[float, float]]:
        """Mails of yesterday and of the day before (UTC), by the tenant's ARN; who is not known is left out."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A tenant as SES's list shows it. `has_findings`: about it findings are open."""

    tenant: str
    arn: str
    status: SendingStatus
    has_findings: bool


class Entities(Protocol):
    """All tenants at SES, with their sending statuses."""

    def page(self, after: str | None) -> tuple[Sequence[Entity], str | None]:
        """The first ones, or those after a place in the list, and the next place; None at its end.

        `RefusedError`: that place is no more, begin anew.
        """


@dataclass(frozen=True, slots=True)
class Round:
    """How far a walk through all tenants has come: when it began, and after which place in SES's list it goes on.

    `weighed_on`: the day (Unix days) of the last walk on which each tenant's sends were held against SES's.
    """

    began_at: datetime | None = None
    after: str | None = None
    is_done: bool = True
    weighed_on: int | None = None


class Rounds(Protocol):
    """The book's page of the walks through all tenants. One runs at a time."""

    def take(self, now: datetime, until: datetime) -> Round | None:
        """Take the walk for oneself until then; None where another has it."""

    def save(self, progress: Round) -> None:
        """Note how far it came, and keep it for oneself."""

    def leave(self) -> None:
        """Let another go on."""


@dataclass(frozen=True, slots=True)
class ModeRecord:
    """The book's page about the mode: what a person switched to, what was last in force, since when it enforces."""

    switch: Mode | None = None
    in_force: Mode | None = None
    enforcing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A decision that is not yet carried out: when the first attempt began, and when SES refused it."""

    decision: Decision
    attempted_at: datetime | None = None
    refused_at: datetime | None = None


class Outcome(StrEnum):
    """How a decision ended. `ADOPTED`: another had stopped the tenant already, and that stop was taken over."""

    ANNOUNCED = "announced"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    GONE = "gone"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    ADOPTED = "adopted"
    RELEASED = "released"
    DROPPED = "dropped"


class Records(Protocol):
    """The records of tenants, as the judgement reads and replaces them.

    Whoever writes names the version he read, or gets a `StaleError`.
    """

    def tenant(self, name: str) -> Tenant | None:
        """A tenant's record, or that of the account itself, as it is this very moment."""

    def save(self, before: Tenant, after: Tenant, now: datetime) -> Tenant:
        """Replace a record; the saved one has the next version."""

    def record(self, decision: Decision, after: Tenant) -> Tenant:
        """Write a decision, pending, and the record after it, both or neither."""

    def due(self, now: datetime) -> Sequence[Tenant]:
        """The tenants the minute review has to look at, the longest due first; what cannot be read is left out."""


class Book(Records, Protocol):
    """The book: the records of tenants, the decisions and how far they are carried out, and the mode."""

    def pending(self) -> Sequence[Pending]:
        """The decisions to carry out, the fastest sender first; what cannot be read is left out."""

    def overtaken_by(self, decision: Decision) -> Pending | None:
        """What was under way when this one was decided, settled by now or not; None where there was nothing."""

    def deciding(self, tenant: Tenant) -> Decision | None:
        """The decision that made the tenant's present standing; None where it cannot be found or read."""

    def decided_at(self, name: str, at: datetime) -> Sequence[Decision]:
        """The decisions of this very moment about a tenant or the account; what cannot be read is left out."""

    def count_pending(self) -> int:
        """How many decisions wait to be carried out, up to a round's worth."""

    def mark_attempt(self, decision: Decision, at: datetime) -> None:
        """Note that SES is about to be called for this decision."""

    def unmark_attempt(self, decision: Decision) -> None:
        """Note that SES did not take that call: what it shows from now on is not this decision's work."""

    def mark_refused(self, decision: Decision, at: datetime) -> None:
        """Note that people were told that SES refused; the decision stays pending."""

    def settle(self, decision: Decision, outcome: Outcome, at: datetime, after: Tenant | None = None) -> None:
        """The decision is done with, and the record (read at the version of `after`) becomes `after`."""

    def tags_due(self, now: datetime) -> Sequence[str]:
        """The tenants whose tags at SES have to be read, the longest due first: new ones, and each once a day."""

    def note_tag(self, before: Tenant, policy: str, now: datetime) -> Tenant:
        """Note the policy that a tenant's tag names ("" for none); it is due again with a daily turn."""

    def mode(self) -> ModeRecord:
        """The book's page about the mode."""

    def note_mode(self, read: ModeRecord, mode: Mode, enforcing_since: datetime | None) -> None:
        """Note the mode that came into force."""


class BrakeBook(Protocol):
    """The book's page of the brake, and the pauses that are kept past it. A tenant has one at most."""

    def brake(self) -> Brake:
        """The page as it is this very moment."""

    def pause(self, decision: Decision, after: Tenant, read: Brake) -> Tenant:
        """Write a pause, pending, and the record after it, and count it on the page; all or nothing.

        `StaleError`: the record or the page changed since it was read.
        """

    def keep(self, decision: Decision, after: Tenant) -> Tenant:
        """Keep a pause for a person, unless one of the tenant is, and write the record after it, both or neither.

        `StaleError` as ever.
        """

    def kept(self) -> Sequence[Kept]:
        """All that are kept, the longest kept first; what cannot be read is left out."""

    def kept_of(self, tenant: str) -> Kept | None:
        """What is kept of a tenant."""

    def end(self, kept: Kept, outcome: Outcome, person: Person, after: Tenant) -> Tenant:
        """Note what a person made of a kept pause, and write the record after it (read at its version).

        `StaleError`: the record changed since it was read, or it is kept no more.
        """


class Headcount(Protocol):
    """How many there are, for people who look from afar: some moments old, and dear to nobody."""

    def standings(self) -> Mapping[Standing, int]:
        """How many tenants stand in each standing but HEALTHY."""

    def kept(self) -> int:
        """How many pauses are kept past the brake."""


class Proposals(Protocol):
    """Resumes that wait for a second person; a tenant has one at most."""

    def proposal(self, tenant: str) -> Proposal | None:
        """The last one of a tenant, lapsed or not; None where there is none, or it cannot be read."""

    def propose(self, proposal: Proposal) -> None:
        """Keep it in the place of a lapsed one, or of one about another pause.

        `StaleError`: another person's waits by now.
        """


class PolicyShelf(Protocol):
    """Where policies are kept: those that come with the guard, and the documents people put beside and over them."""

    def versions(self, name: str) -> Sequence[PolicyVersion]:
        """The last versions of a policy that can be read, the one in force first; none where nobody knows the name."""

    def put(self, policy: Policy, at: datetime, by: str) -> None:
        """Put a version into force; nothing is overwritten. `StaleError`: there is one with its number by now."""


class SetOwners(Protocol):
    """Whose a configuration set is, where SES's associations give it to one tenant alone."""

    def known(self) -> Mapping[str, str]:
        """The sets that belong to one tenant, with that tenant."""

    def note_unattributed(self, configuration_sets: Iterable[str]) -> None:
        """Remember that mail in these sets could not be attributed: their owner is to be asked for."""

    def to_look_up(self, now: datetime) -> Sequence[str]:
        """The sets whose owner was not asked for within the last hour."""

    def note(self, configuration_set: str, tenant: str, now: datetime) -> None:
        """Remember whose set it is; no tenant means that several share it, or nobody has it."""


class SendingGate(Protocol):
    """SES's side: whether a tenant may send. Refusals are `RefusedError`, throttling is `ThrottledError`."""

    def arn_of(self, tenant: str) -> str:
        """The tenant's ARN; `GoneError` where SES knows no tenant of this name, as no other method here says."""

    def look(self, arn: str) -> SendingStatus:
        """The sending status as SES has it this very moment."""

    def shut(self, arn: str) -> None:
        """Stop the tenant from sending."""

    def open(self, arn: str, *, despite_findings: bool) -> None:
        """Let the tenant send again; where findings are open, despite them."""

    def findings(self, arn: str) -> tuple[Finding, ...]:
        """SES's open findings about the tenant; none where SES knows nothing about it."""


class Associations(Protocol):
    """Which tenants may use a configuration set, as SES knows it."""

    def tenants_of(self, configuration_set: str) -> Sequence[str]:
        """The names of the tenants the set is associated with."""


class TenantTags(Protocol):
    """What the platform's owner has written on a tenant at SES."""

    def policy_of(self, tenant: str) -> str:
        """The policy that the tenant's tag names; "" where it has no such tag."""


class Announcer(Protocol):
    """The guard bus."""

    def announce(self, announcement: Announcement | IncidentAnnouncement) -> None:
        """Publish a guard event; at least once, with one id."""


class Incidents(Protocol):
    """The incidents. Whoever writes names the revision he read, or gets a `StaleError`."""

    def incident(self, incident_id: str) -> Incident | None:
        """An incident, as it is this very moment."""

    def open(self, incident: Incident) -> None:
        """Write a new incident down, as its subject's latest. `StaleError`: there is one of this id, or a later one."""

    def save(self, before: Incident, after: Incident) -> Incident:
        """Replace an incident; the saved one has the next revision."""

    def latest_of(self, subject: str) -> Incident | None:
        """The latest incident of a tenant, or of one kind of trouble of the account, open or not."""

    def open_ones(self) -> Sequence[Incident]:
        """All incidents that go on, the oldest first; what cannot be read is left out."""

    def wait(self, incident: Incident, token: str) -> bool:
        """Note who waits for signals; False where the incident is not as it was read, so that nobody should wait."""

    def waiting(self, incident_id: str) -> str | None:
        """The token of who waits for signals."""

    def group_leader(self) -> str | None:
        """The incident that was the last to begin a group of pages."""

    def lead_group(self, read: str | None, incident_id: str) -> None:
        """Begin a group of pages. `StaleError`: another did meanwhile."""


class Executions(Protocol):
    """The escalations that run."""

    def is_running(self, execution: str) -> bool:
        """Whether an execution goes on; one that nobody knows does not."""


class Doorbell(Protocol):
    """The way to an escalation that waits."""

    def ring(self, token: str) -> None:
        """End the wait of this token; one that is over by now is left alone."""


class NoticeBoard(Protocol):
    """Where notices reach people."""

    def post(self, notice: Notice, channel: Channel) -> str:
        """Hand a notice to a channel; returns what the channel's API calls what it accepted."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A channel's API accepted a notice. `meant`: the channel it was for, if another took its place.

    `accepted_as`: what SNS calls it; of PagerDuty and the webhook "EventBridge ID", since EventBridge has accepted it
    and not yet the channel, whose refusals are dead letters.
    """

    notice: str
    meant: Channel
    channel: Channel
    accepted_as: str
    at: datetime


class Receipts(Protocol):
    """What was accepted, kept for 30 days."""

    def of_notice(self, notice: Notice) -> Sequence[Receipt]:
        """The receipts of a notice, as they are this very moment."""

    def of_incident(self, incident_id: str) -> Sequence[Receipt]:
        """The receipts of all notices of an incident, the earliest first."""

    def note(self, receipt: Receipt, notice: Notice) -> None:
        """Keep a receipt; the same again changes nothing."""


class WarningShelf(Protocol):
    """The warnings that wait for their digest."""

    def keep(self, notice: Notice, due: datetime) -> None:
        """Keep a warning; the same again changes nothing."""

    def due(self, now: datetime) -> Sequence[Notice]:
        """The warnings that are due, the longest due first, up to a mail's worth; what cannot be read is left out."""

    def forget(self, warnings: Iterable[Notice]) -> None:
        """They were told."""


class LinkMaker(Protocol):
    """The way to an incident's page."""

    def link_to(self, incident_id: str, now: datetime) -> str:
        """A link for whoever reads the notice; "" where there is no such page."""


class Reminder(Protocol):
    """The way to the review between its minutes."""

    def remind_in(self, delay: timedelta) -> None:
        """Have a review look at what is due after `delay`. It may be lost: the minute review comes anyway."""


class Waker(Protocol):
    """The way to the enforcer."""

    def wake(self) -> None:
        """Have pending decisions carried out now."""


class Keys(Protocol):
    """Where the keys of links are kept."""

    def keyring(self, known_id: str = "") -> Keyring:
        """The keys, as they were at most five minutes ago; read anew where they lack the key of `known_id`."""


class Nonces(Protocol):
    """What may be used once."""

    def burn(self, nonce: str, until: datetime) -> bool:
        """Use it up; True the first time. It is remembered until then, at least."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """How far the rotation of the key of links is: who rotates it (an ARN), and which versions it has."""

    key: str
    rotated_by: str
    current: str
    pending: str


class RotatingKey(Protocol):
    """The key of links while it is being replaced."""

    def rotation(self) -> Rotation:
        """How far its rotation is."""

    def has_value(self, version: str) -> bool:
        """Whether the pending version has a key."""

    def put(self, version: str, key: str) -> None:
        """Give the pending version its key."""

    def promote(self, version: str, instead_of: str) -> None:
        """Make this version the current one, and the current one the one before."""
