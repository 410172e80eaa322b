"""The lines of an export: one JSON object each, told apart by its member `record`."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from reputation_guard.aws.book_reader import WrittenDecision
from reputation_guard.aws.history_reader import LedgerHistory
from reputation_guard.domain.counts import SLOTS_PER_DAY, slot_start
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.delays import Delay, Delays
from reputation_guard.domain.learning import LearnedDelay
from reputation_guard.domain.policy import Policy
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports.book import Outcome
from reputation_guard.wire import malformed
from reputation_guard.wire.policy import document_of

# No mail is older than Unix time, and at a moment much later than this nobody could add a month any more.
_BEGIN_OF_TIME, END_OF_TIME = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

Number = Annotated[int, Field(strict=True, ge=0, le=10**12)]
"""How many mails or pieces of feedback: more than anybody has, and no more than a float can add up exactly."""
_Moment = Annotated[AwareDatetime, Field(ge=_BEGIN_OF_TIME, lt=END_OF_TIME)]
_Day = Annotated[date, Field(ge=_BEGIN_OF_TIME.date(), lt=END_OF_TIME.date())]


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class AccountLine(_Line):
    """The first line: where the history is from, and when it was written."""

    record: Literal["account"] = "account"
    account: str
    region: str
    stack: str
    at: _Moment


class CountsLine(_Line):
    """A five-minute slot of a tenant with anything in it."""

    record: Literal["counts"] = "counts"
    tenant: str
    slot: _Moment
    sends: Number
    bounces: Number
    complaints: Number


class DayLine(_Line):
    """A closed UTC day of a tenant whose slots are gone."""

    record: Literal["day"] = "day"
    tenant: str
    day: _Day
    sends: Number
    bounces: Number
    complaints: Number


class UnattributedLine(_Line):
    """What nobody could attribute to a tenant, of one configuration set, by slot or by day."""

    record: Literal["unattributed"] = "unattributed"
    configuration_set: str
    slot: _Moment | None = None
    day: _Day | None = None
    sends: Number
    bounces: Number
    complaints: Number


class TenantLine(_Line):
    """A tenant's record, as the book has it."""

    record: Literal["tenant"] = "tenant"
    tenant: Tenant


class DecisionLine(_Line):
    """A decision with all its evidence, and how it ended; without an outcome it is pending."""

    record: Literal["decision"] = "decision"
    decision: Decision
    outcome: Outcome | None = None
    settled_at: AwareDatetime | None = None


def _checked(policy: Policy) -> Policy:
    """The policy, if it could be put as a document: a history is judged by no other."""
    try:
        document_of(policy)
    except ValidationError as error:
        wrong = malformed(error)
        raise PydanticCustomError("policy", "{where}: {what}", {"where": wrong.field, "what": wrong.problem}) from None
    return policy


class PolicyLine(_Line):
    """A policy. The first one is that of every tenant for whom no other was chosen."""

    record: Literal["policy"] = "policy"
    policy: Annotated[Policy, AfterValidator(_checked)]


class DelaysLine(_Line):
    """How long feedback takes, as judgements assumed it at the export: learned from the fleet, or the start values."""

    record: Literal["delays"] = "delays"
    bounce: Delay | LearnedDelay
    complaint: Delay | LearnedDelay

    @property
    def delays(self) -> Delays:
        """The delays of both kinds."""
        return Delays(self.bounce, self.complaint)


Line = AccountLine | CountsLine | DayLine | UnattributedLine | TenantLine | DecisionLine | PolicyLine | DelaysLine


@cache
def _lines() -> TypeAdapter[Line]:
    return TypeAdapter(Annotated[Line, Field(discriminator="record")])


def to_json(line: Line) -> str:
    """One line, without its end."""
    return line.model_dump_json(exclude_none=True)


def from_json(text: str) -> Line | None:
    """One line read; None where the kind of record is not known: a newer guard may write more kinds.

    Raises pydantic's `ValidationError`.
    """
    try:
        return _lines().validate_json(text)
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"] == "union_tag_invalid":
            return None
        raise


def lines_of_ledger(history: LedgerHistory) -> Iterator[Line]:
    """The numbers of a ledger: its days, then its slots, forward in time."""
    tenant, configuration_set = history.ledger.tenant, history.ledger.configuration_set
    for number, of_day in sorted(history.days.items()):
        day = slot_start(number * SLOTS_PER_DAY).date()
        if tenant:
            yield DayLine(tenant=tenant, day=day, **of_day._asdict())
        else:
            yield UnattributedLine(configuration_set=configuration_set, day=day, **of_day._asdict())
    for number, of_slot in sorted(history.slots.items()):
        slot = slot_start(number)
        if tenant:
            yield CountsLine(tenant=tenant, slot=slot, **of_slot._asdict())
        else:
            yield UnattributedLine(configuration_set=configuration_set, slot=slot, **of_slot._asdict())


def line_of_book(found: Tenant | WrittenDecision) -> Line:
    """What the book has, as a line."""
    if isinstance(found, Tenant):
        return TenantLine(tenant=found)
    return DecisionLine(decision=found.decision, outcome=found.outcome, settled_at=found.settled_at)
