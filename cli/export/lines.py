"""The lines of an export: one JSON object each, told apart by its member `record`."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, TypeAdapter, ValidationError

from reputation_guard.aws.book_reader import WrittenDecision
from reputation_guard.aws.history_reader import LedgerHistory
from reputation_guard.domain.counts import SLOTS_PER_DAY, slot_start
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.delays import Delay, Delays
from reputation_guard.domain.learning import LearnedDelay
from reputation_guard.domain.policy import Policy
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports import Outcome


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class AccountLine(_Line):
    """The first line: where the history is from, and when it was written."""

    record: Literal["account"] = "account"
    account: str
    region: str
    stack: str
    at: AwareDatetime


class CountsLine(_Line):
    """A five-minute slot of a tenant with anything in it."""

    record: Literal["counts"] = "counts"
    tenant: str
    slot: AwareDatetime
    sends: NonNegativeInt
    bounces: NonNegativeInt
    complaints: NonNegativeInt


class DayLine(_Line):
    """A closed UTC day of a tenant whose slots are gone."""

    record: Literal["day"] = "day"
    tenant: str
    day: date
    sends: NonNegativeInt
    bounces: NonNegativeInt
    complaints: NonNegativeInt


class UnattributedLine(_Line):
    """What nobody could attribute to a tenant, of one configuration set, by slot or by day."""

    record: Literal["unattributed"] = "unattributed"
    configuration_set: str
    slot: AwareDatetime | None = None
    day: date | None = None
    sends: NonNegativeInt
    bounces: NonNegativeInt
    complaints: NonNegativeInt


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


class PolicyLine(_Line):
    """A policy. The first one is that of every tenant for whom no other was chosen."""

    record: Literal["policy"] = "policy"
    policy: Policy


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
