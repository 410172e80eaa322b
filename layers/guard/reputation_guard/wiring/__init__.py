"""Builds the world on first use: importing this touches neither environment nor network.

Adapters are imported where they are built, so that a function's cold start pays for its own ones only. What tells
people, and the links it tells them, are in rooms of their own: `notices` and `links`.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from reputation_guard.settings import Settings

if TYPE_CHECKING:
    from reputation_guard.aws.book import BookTable
    from reputation_guard.aws.book_reader import BookReader
    from reputation_guard.aws.brake import BrakeTable
    from reputation_guard.aws.counted import CountsReader
    from reputation_guard.aws.counting import CountsWriter
    from reputation_guard.aws.executions import StateMachine
    from reputation_guard.aws.incidents import IncidentTable
    from reputation_guard.aws.owners import OwnersTable
    from reputation_guard.aws.ses import SesAssociations, SesSendingGate, SesTenantTags
    from reputation_guard.aws.waker import EnforceFunction
    from reputation_guard.domain.counts import SlotOfFeedback
    from reputation_guard.usecases.adopt import Mirror
    from reputation_guard.usecases.carry_out import Enforcer
    from reputation_guard.usecases.count import CountingRules
    from reputation_guard.usecases.foresee import Foreseeing
    from reputation_guard.usecases.group import Escalation
    from reputation_guard.usecases.judge import Court
    from reputation_guard.usecases.learn import DelaysInUse
    from reputation_guard.usecases.look import Looking
    from reputation_guard.usecases.pause import Pausing
    from reputation_guard.usecases.policies import Policies
    from reputation_guard.usecases.reconcile import Reconciling
    from reputation_guard.usecases.resume import Resuming
    from reputation_guard.usecases.review import Reviewing
    from reputation_guard.usecases.tell import Hearing
    from reputation_guard.usecases.watch import Watching


def now() -> datetime:
    """The clock of the handlers."""
    return datetime.now(UTC)


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings.read()


@cache
def counting() -> "CountsWriter":
    """Where `ingest` adds."""
    from reputation_guard.aws.counting import CountsWriter

    return CountsWriter(client("dynamodb"), settings().text("COUNTS_TABLE"))


@cache
def owners() -> "OwnersTable":
    """Whose the configuration sets are."""
    from reputation_guard.aws.owners import OwnersTable

    return OwnersTable(client("dynamodb"), settings().text("COUNTS_TABLE"))


@cache
def counting_rules() -> "CountingRules":
    """What the deployment chose to count."""
    from reputation_guard.usecases.count import CountingRules

    return CountingRules(settings().text("TENANT_TAG"), settings().counts_simulator, settings().veil)


@cache
def book() -> "BookTable":
    """The book of tenants and decisions."""
    from reputation_guard.aws.book import BookTable

    return BookTable(client("dynamodb"), settings().text("BOOK_TABLE"))


@cache
def counted() -> "CountsReader":
    """Where judgements read what was counted."""
    from reputation_guard.aws.counted import CountsReader

    return CountsReader(client("dynamodb"), settings().text("COUNTS_TABLE"))


@cache
def delays_in_use() -> "DelaysInUse":
    """How long feedback takes, as far as the fleet has taught it."""
    from reputation_guard.usecases.learn import DelaysInUse

    return DelaysInUse(counted())


@cache
def policies() -> "Policies":
    """The policies, as they were at most a minute ago."""
    from reputation_guard.aws.policies import A_MINUTE

    return _policies(A_MINUTE)


def _policies(remembered_seconds: float) -> "Policies":
    from reputation_guard.aws.policies import PolicyTable
    from reputation_guard.usecases.policies import Policies

    shelf = PolicyTable(client("dynamodb"), settings().text("BOOK_TABLE"), remembered_seconds)
    return Policies(shelf, settings().policy.name)


@cache
def brake() -> "BrakeTable":
    """The book's page of the brake."""
    from reputation_guard.aws.brake import BrakeTable

    return BrakeTable(client("dynamodb"), settings().text("BOOK_TABLE"))


def court(at: datetime) -> "Court":
    """What a judgement at this moment needs; the mode is read anew."""
    from reputation_guard.aws.appointments import AppointmentsQueue
    from reputation_guard.usecases.brake import Braking
    from reputation_guard.usecases.judge import Court
    from reputation_guard.usecases.mode import mode_in_force

    return Court(
        counted=counted(),
        book=book(),
        policies=policies(),
        delays=delays_in_use().delays(at),
        in_force=mode_in_force(book(), settings().mode, at),
        reminder=AppointmentsQueue(client("sqs"), settings().text("APPOINTMENTS_QUEUE")),
        travelling=settings().sends_travel,
        braking=Braking(brake(), counted(), counted(), settings().brake_rules),
    )


@cache
def gate() -> "SesSendingGate":
    """SES's side."""
    from reputation_guard.aws.ses import SesSendingGate

    return SesSendingGate(client("sesv2"))


@cache
def associations() -> "SesAssociations":
    """Which tenants may use a configuration set."""
    from reputation_guard.aws.ses import SesAssociations

    return SesAssociations(client("sesv2"), settings().text("CONFIGURATION_SETS"))


@cache
def tenant_tags() -> "SesTenantTags":
    """What is written on the tenants at SES."""
    from reputation_guard.aws.ses import SesTenantTags
    from reputation_guard.domain.choice import POLICY_TAG

    return SesTenantTags(client("sesv2"), POLICY_TAG)


@cache
def enforcer() -> "Enforcer":
    """What carrying out decisions needs."""
    from reputation_guard.aws.bus import GuardBus
    from reputation_guard.usecases.carry_out import Enforcer

    bus = GuardBus(client("events"), settings().text("GUARD_BUS"))
    policies_now = _policies(remembered_seconds=0)
    return Enforcer(book(), gate(), tenant_tags(), bus, policies_now, settings().mode, clock=now, rest=time.sleep)


@cache
def waker() -> "EnforceFunction":
    """The way to the enforcer."""
    from reputation_guard.aws.waker import EnforceFunction

    return EnforceFunction(client("lambda"), settings().text("ENFORCE_FUNCTION"))


def reviewing(at: datetime) -> "Reviewing":
    """What a review at this moment needs."""
    from reputation_guard.aws.headcount import HeadcountTable
    from reputation_guard.usecases.review import Reviewing

    headcount = HeadcountTable(client("dynamodb"), settings().text("BOOK_TABLE"))
    return Reviewing(court(at), book(), owners(), associations(), tenant_tags(), waker(), headcount)


def mirror(at: datetime) -> "Mirror":
    """What adopting needs at this moment; the mode is read anew."""
    from reputation_guard.usecases.adopt import Mirror
    from reputation_guard.usecases.mode import mode_in_force

    return Mirror(book(), gate(), policies(), mode_in_force(book(), settings().mode, at).mode)


def watching(at: datetime) -> "Watching":
    """What watching the guard's own sight needs at this moment."""
    from reputation_guard.aws.metrics import SesMetrics
    from reputation_guard.usecases.mode import mode_in_force
    from reputation_guard.usecases.watch import Watching

    reported, mode = SesMetrics(client("cloudwatch")), mode_in_force(book(), settings().mode, at).mode
    return Watching(reported, counted(), counting(), book(), policies(), mode)


def reconciling(at: datetime) -> "Reconciling":
    """What reconciling needs at this moment."""
    from reputation_guard.aws.bus import GuardBus
    from reputation_guard.aws.metrics import SesMetrics
    from reputation_guard.aws.rounds import RoundsTable
    from reputation_guard.aws.ses import SesEntities
    from reputation_guard.usecases.reconcile import Reconciling

    return Reconciling(
        entities=SesEntities(client("sesv2")),
        reported=SesMetrics(client("cloudwatch")),
        counted=counted(),
        rounds=RoundsTable(client("dynamodb"), settings().text("BOOK_TABLE")),
        mirror=mirror(at),
        incidents=incidents(),
        executions=executions(),
        announcer=GuardBus(client("events"), settings().text("GUARD_BUS")),
        clock=now,
        rest=time.sleep,
    )


@cache
def executions() -> "StateMachine":
    """The escalations that run."""
    from reputation_guard.aws.executions import StateMachine

    return StateMachine(client("stepfunctions"))


@cache
def resuming() -> "Resuming":
    """What resuming by hand needs."""
    from reputation_guard.aws.proposals import ProposalTable
    from reputation_guard.usecases.resume import Resuming

    proposals = ProposalTable(client("dynamodb"), settings().text("BOOK_TABLE"))
    return Resuming(book(), incidents(), proposals, gate(), policies(), settings().mode)


def foreseeing(at: datetime) -> "Foreseeing":
    """What foreseeing a resume at this moment needs."""
    from reputation_guard.usecases.foresee import Foreseeing

    return Foreseeing(resuming(), counted(), delays_in_use().delays(at), settings().sends_travel)


@cache
def pausing() -> "Pausing":
    """What pausing by hand needs."""
    from reputation_guard.usecases.pause import Pausing

    return Pausing(book(), gate(), policies(), settings().mode)


@cache
def incidents() -> "IncidentTable":
    """The incidents."""
    from reputation_guard.aws.incidents import IncidentTable

    return IncidentTable(client("dynamodb"), settings().text("BOOK_TABLE"))


@cache
def hearing() -> "Hearing":
    """What telling an incident something needs."""
    from reputation_guard.aws.doorbell import TaskTokens
    from reputation_guard.usecases.tell import Hearing

    return Hearing(incidents(), TaskTokens(client("stepfunctions")))


def looking(at: datetime) -> "Looking":
    """What looking at incidents at this moment needs."""
    from reputation_guard.usecases.look import Looking

    return Looking(incidents(), book(), counted(), delays_in_use().delays(at), settings().group_wait)


@cache
def roster() -> "BookReader":
    """Every tenant in the book."""
    from reputation_guard.aws.book_reader import BookReader

    return BookReader(client("dynamodb"), settings().text("BOOK_TABLE"))


@cache
def escalation() -> "Escalation":
    """What an escalation needs."""
    from reputation_guard.aws.bus import GuardBus
    from reputation_guard.usecases.group import Escalation

    bus = GuardBus(client("events"), settings().text("GUARD_BUS"))
    return Escalation(incidents(), book(), bus, hearing(), executions(), settings().group_wait)


def feedback_in(event: Mapping[str, Any]) -> "list[SlotOfFeedback]":
    """The slots whose feedback grew, from a batch of the counts' stream."""
    from reputation_guard.aws.ledger_items import feedback_of

    return [feedback_of(record["dynamodb"]["NewImage"]) for record in event["Records"]]


@cache
def client(service: str) -> Any:
    """The SDK's client of a service, one for all that a process builds."""
    import boto3
    from botocore.config import Config

    connect: Any = boto3.client
    return connect(service, config=Config(retries={"mode": "standard"}, connect_timeout=2, read_timeout=10))
