"""Reconcile: hold every tenant's record against SES's truth, at SES's pace, over as many runs as it takes.

SES's events are best effort, so what nobody told is found here: a pause that was lost, what a person or SES did, a
tenant nobody has heard of, and an incident that nobody pages for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.blindness import drift_of_tenant
from reputation_guard.domain.counts import DAY_SECONDS, Ledger
from reputation_guard.domain.decision import Answer, Decision, GuardEvent
from reputation_guard.domain.hands import Hand, found_at_ses, whose_hand
from reputation_guard.domain.incident import TROUBLES, told_at
from reputation_guard.domain.tenant import ACCOUNT, Standing, Tenant, forgotten
from reputation_guard.ports.counted import Counted
from reputation_guard.ports.errors import GoneError, RefusedError, StaleError, ThrottledError, UnavailableError
from reputation_guard.ports.incidents import Executions, Incidents
from reputation_guard.ports.outlets import Announcer
from reputation_guard.ports.reported import ReportedByTenant
from reputation_guard.ports.rounds import Round, Rounds
from reputation_guard.ports.ses import Entities, Entity
from reputation_guard.usecases.adopt import Mirror, adopt
from reputation_guard.usecases.enforce import OVERDUE

# SES takes about one call a second, lists in pages, and the guard's own pauses come first.
_PACE_SECONDS = 1.0
# Its ARN, its entity and its findings; twice where SES's own hand is found, which is rare.
_CALLS_TO_ADOPT = 3
_EVERY = timedelta(hours=1)
# Whatever CloudWatch still adds to yesterday is there at this hour of the day (UTC).
_DAY_IS_SETTLED = 1
# An escalation has begun by then, or its event lies in the dead letters.
_TO_BEGIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Reconciling:
    """What reconciling needs. `rest` waits for so many seconds."""

    entities: Entities
    reported: ReportedByTenant
    counted: Counted
    rounds: Rounds
    mirror: Mirror
    incidents: Incidents
    executions: Executions
    announcer: Announcer
    clock: Callable[[], datetime]
    rest: Callable[[float], None]


@dataclass(slots=True)
class Reconciled:
    """What a run came to. `hands`: what was found at SES that nobody had told; `left`: for the next walk, and why.

    `adrift`: tenants of whom another share of SES's sends is counted than the day before.
    `revived`: incidents that nobody paged for any more. `is_done`: no tenant is left to be looked at in this walk.
    """

    seen: int = 0
    new: int = 0
    gone: int = 0
    hands: dict[str, int] = field(default_factory=dict)
    revived: list[str] = field(default_factory=list)
    adrift: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    is_done: bool = True

    @property
    def lost_pauses(self) -> int:
        """How many pauses of the guard's SES had lost."""
        return self.hands.get(Hand.GUARD_LOST, 0)


def reconcile(world: Reconciling, until: datetime) -> Reconciled | None:
    """Go on with the walk through all tenants, or begin the next one if its hour has come; None: another run has it."""
    now = world.clock()
    progress = world.rounds.take(now, until)
    if progress is None:
        return None
    result = Reconciled()
    try:
        _revive(world, result)
        _tell_of_the_account(world, result)
        if progress.is_done and (progress.began_at is None or now - progress.began_at >= _EVERY):
            progress = replace(progress, began_at=now, after=None, is_done=False)
        while not progress.is_done and world.clock() < until:
            progress = _one_page(progress, world, result, until)
            if progress.is_done:
                _close_what_is_gone(world, result, until)
    except ThrottledError as error:
        result.left["the rest of the walk"] = repr(error)
    finally:
        result.is_done = progress.is_done
        world.rounds.leave()
    return result


def _one_page(progress: Round, world: Reconciling, result: Reconciled, until: datetime) -> Round:
    try:
        entities, after = world.entities.page(progress.after)
    except RefusedError:
        if progress.after is None:
            raise
        entities, after = world.entities.page(None)  # the place in the list is no more
    world.rest(_PACE_SECONDS)
    for entity in entities:
        if not _look_at(entity, world, result, until):
            return progress  # the whole page again: what is done is found done
    weighs = _is_to_be_weighed(progress)
    if weighs:
        _weigh(entities, world, result)
    done = replace(progress, after=after, is_done=after is None)
    if weighs and done.is_done and done.began_at:
        done = replace(done, weighed_on=_day(done.began_at))
    world.rounds.save(done)
    return done


def _close_what_is_gone(world: Reconciling, result: Reconciled, until: datetime) -> None:
    """A tenant that was deleted at SES is on no list: whoever has an incident is asked for by name, once a walk.

    They are asked for in an order of chance: where a run has no time for all, nobody is always the last.
    """
    found = list(world.incidents.open_ones())
    Random(world.clock().timestamp()).shuffle(found)
    for incident in found:
        record = None if incident.is_of_account else world.mirror.book.tenant(incident.tenant)
        if record is None or record.gone_at or world.clock() >= until:
            continue
        try:
            world.mirror.gate.arn_of(record.name)
        except GoneError:
            try:
                world.mirror.book.save(record, forgotten(record, world.clock(), world.clock()), world.clock())
                result.gone += 1
            except (StaleError, UnavailableError) as error:
                result.left[record.name] = repr(error)
        except (RefusedError, UnavailableError) as error:
            result.left[record.name] = repr(error)
        world.rest(_PACE_SECONDS)


def _day(moment: datetime) -> int:
    return int(moment.timestamp()) // DAY_SECONDS


def _is_to_be_weighed(progress: Round) -> bool:
    """Once a day, by the first whole walk that begins when CloudWatch has all of yesterday."""
    began = progress.began_at
    return began is not None and began.hour >= _DAY_IS_SETTLED and progress.weighed_on != _day(began)


def _weigh(entities: Sequence[Entity], world: Reconciling, result: Reconciled) -> None:
    """Hold the sends of these tenants against SES's; what cannot be had today is had tomorrow."""
    now = world.clock()
    try:
        reported = world.reported.of_days([each.arn for each in entities], now)
        for each in (each for each in entities if each.arn in reported):
            sends = world.counted.known(Ledger(tenant=each.tenant), now).counts.sends
            if trouble := drift_of_tenant(reported[each.arn], sends, now):
                result.adrift[each.tenant] = trouble
    except (RefusedError, UnavailableError) as error:
        result.left["the sends of a page"] = repr(error)


def _look_at(entity: Entity, world: Reconciling, result: Reconciled, until: datetime) -> bool:
    """Look at one tenant; False where there is no time left to ask SES about it."""
    try:
        record = world.mirror.book.tenant(entity.tenant)
        if record is None:
            found = found_at_ses(Tenant(name=entity.tenant, arn=entity.arn), entity.status)
            world.mirror.book.save(Tenant(name=entity.tenant), found, world.clock())
            result.new += 1
        elif record.arn is None and not _differs(replace(record, arn=entity.arn), entity):
            # evaluate meets a tenant by its mail, which does not say its ARN.
            world.mirror.book.save(record, replace(record, arn=entity.arn), world.clock())
        elif _differs(record, entity):
            if world.clock() >= until:
                return False
            hand = adopt(entity.tenant, world.mirror, world.clock())
            result.hands[hand] = result.hands.get(hand, 0) + 1
            world.rest(_CALLS_TO_ADOPT * _PACE_SECONDS)
            record = world.mirror.book.tenant(entity.tenant)
        if record and record.standing is Standing.PAUSED:
            _tell_of_its_episode(record, world, result)
    except GoneError:
        result.left[entity.tenant] = "SES knows it no more"
    except ThrottledError:
        raise  # the whole page has its turn in the next run
    except (StaleError, RefusedError, UnavailableError) as error:
        result.left[entity.tenant] = repr(error)
    result.seen += 1
    return True


def _differs(record: Tenant, entity: Entity) -> bool:
    """Whether SES has to be asked more: the list shows a hand, a tenant created anew, or findings come and gone."""
    if record.under_way:
        return False
    hand = whose_hand(record, entity.status)
    return hand is not Hand.NOBODY or record.arn != entity.arn or bool(record.findings) != entity.has_findings


def _tell_of_its_episode(record: Tenant, world: Reconciling, result: Reconciled) -> None:
    """Announce a pause again of which no incident has come: people are told of each, made or not made yet (Law 4)."""
    if record.decided is None or world.incidents.incident(record.decided):
        return
    decision, now = world.mirror.book.deciding(record), world.clock()
    # A resume that was refused is the latest decision of a pause that people know already.
    if decision is None or decision.answer is not Answer.PAUSE or now - decision.at < _TO_BEGIN:
        return
    if not record.under_way:
        _tell_again(_told(decision, GuardEvent.TENANT_PAUSED, now), world, result)
    elif now - decision.at >= OVERDUE + _TO_BEGIN:
        # As of when the enforcer says so itself: if SES makes it at this very moment, that is the later word.
        told = _told(decision, GuardEvent.PAUSE_REFUSED, decision.at + OVERDUE)
        _tell_again(replace(told, refusal="no answer that counts by now"), world, result)


def _told(decision: Decision, name: GuardEvent, at: datetime) -> Announcement:
    return Announcement(id=f"{decision.id}.{name}", name=name, at=at, decision=decision)


def _tell_again(told: Announcement, world: Reconciling, result: Reconciled) -> None:
    world.announcer.announce(told)
    result.revived.append(told.decision.id)


def _tell_of_the_account(world: Reconciling, result: Reconciled) -> None:
    """Announce a trouble of the account again of which no incident has come; it is on no list of SES's."""
    try:
        account = world.mirror.book.tenant(ACCOUNT)
        for event in TROUBLES:
            began = told_at(account, event) if account else None
            if began is None or world.clock() - began < _TO_BEGIN:
                continue
            for decision in world.mirror.book.decided_at(ACCOUNT, began):
                if decision.announces is event and not world.incidents.incident(decision.id):
                    _tell_again(_told(decision, event, world.clock()), world, result)
    except (RefusedError, UnavailableError) as error:
        result.left[ACCOUNT] = repr(error)


def _revive(world: Reconciling, result: Reconciled) -> None:
    """Announce anew what began an incident whose execution has ended: the execution this starts takes it over."""
    now = world.clock()
    for incident in world.incidents.open_ones():
        if now - incident.opened_at < _TO_BEGIN:
            continue
        try:
            if not world.executions.is_running(incident.execution):
                world.announcer.announce(incident.case)
                result.revived.append(incident.id)
        except (RefusedError, UnavailableError) as error:
            result.left[incident.id] = repr(error)  # the others, and the walk, may be answered
