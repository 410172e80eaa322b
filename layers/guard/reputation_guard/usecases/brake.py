"""Brake (Law 6): count each pause of the guard's before it is made, and keep what is too much for a person."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from reputation_guard.domain.brake import AN_HOUR, RELEASE_LASTS, BrakeRules, Kept, Person, braked
from reputation_guard.domain.decision import Answer, Braked, Decision, GuardEvent, record_after
from reputation_guard.domain.incident import GUARD
from reputation_guard.domain.policy import Mode, Policy
from reputation_guard.domain.tenant import ACCOUNT, Tenant, updated
from reputation_guard.ports.book import Outcome, Records
from reputation_guard.ports.brake import BrakeBook
from reputation_guard.ports.counted import Counted, Senders
from reputation_guard.ports.errors import StaleError
from reputation_guard.usecases.fresh import on_fresh_record

# Of so many of those that are kept the page tells what they have in common.
_LOOKED_AT = 20


class NotKeptError(Exception):
    """No pause of this tenant is kept; the argument is its name."""


@dataclass(frozen=True, slots=True)
class Braking:
    """What the brake needs."""

    page: BrakeBook
    counted: Counted
    senders: Senders
    rules: BrakeRules


def pause_or_keep(decision: Decision, world: Braking, *, keeps_all: bool = False) -> Tenant:
    """Write a pause by the guard down, or keep it; returns the record after it.

    `keeps_all`: the guard sees less than it did, so that rates look worse than they are.

    Raises `StaleError`: the tenant, or the brake, changed meanwhile; judge anew.
    """
    tenant, now = decision.tenant, decision.at
    page = world.page.brake()
    released = tenant.released_until is not None and now < tenant.released_until
    has_room = not keeps_all and page.paused(now) < _allowed(world, now) and world.page.kept_of(tenant.name) is None
    if released or has_room:
        return world.page.pause(decision, replace(record_after(decision), released_until=None), page)
    # The standing does not move, and there is nothing to look at again: a person does.
    return world.page.keep(decision, updated(tenant, judge_again_at=None))


def _allowed(world: Braking, now: datetime) -> int:
    return world.rules.allowed(world.senders.senders(now))


def tend_brake(world: Braking, book: Records, policy: Policy, mode: Mode, now: datetime) -> Decision | None:
    """Write down that the brake is on, or off again, if that is new; returns that decision.

    It is on while anything is kept; what came after people were told is told of an hour later, as another trouble (Law
    8). `policy` has the ladder of its incident. A crash before this is written leaves it to the next review.
    """
    _end_overtaken(world.page, book, now)
    return on_fresh_record(lambda: _tend_once(world, book, policy, mode, now))


def _tend_once(world: Braking, book: Records, policy: Policy, mode: Mode, now: datetime) -> Decision | None:
    record = book.tenant(ACCOUNT) or Tenant(name=ACCOUNT)
    kept = world.page.kept()
    if bool(kept) is (record.braked_at is not None) and not _is_told_anew(kept, record, now):
        return None
    engaged = _braked(kept, world, now) if kept else None
    over = f"{engaged.paused} tenants were paused within an hour; {engaged.allowed} may be" if engaged else ""
    decision = Decision(
        answer=Answer.HOLD,
        announces=GuardEvent.BRAKE_ENGAGED if kept else GuardEvent.BRAKE_RELEASED,
        at=now,
        tenant=record,
        mode=mode,
        policy=policy,
        braked=engaged,
        reason=over or "nothing is kept any more",
    )
    book.record(decision, record_after(decision))
    return decision


def _is_told_anew(kept: Sequence[Kept], record: Tenant, now: datetime) -> bool:
    told = record.braked_at
    return told is not None and now - told >= AN_HOUR and any(each.decision.at > told for each in kept)


def _end_overtaken(page: BrakeBook, book: Records, now: datetime) -> None:
    """What nobody has to decide any more must not exempt a tenant, or hold the brake, for ever."""
    for each in page.kept():
        record = book.tenant(each.tenant)
        if each.is_overtaken(record, now):
            # Who lost the race looks again in a minute.
            with suppress(StaleError):
                page.end(each, Outcome.SUPERSEDED, Person(GUARD, "overtaken", now), record or Tenant(name=each.tenant))


def _braked(kept: Sequence[Kept], world: Braking, now: datetime) -> Braked:
    page, senders = world.page.brake(), world.senders.senders(now)
    names = dict.fromkeys([*page.latest_tenants(now), *(each.tenant for each in kept[:_LOOKED_AT])])
    examples = {name: world.counted.examples(name, now) for name in names}
    return braked(page, kept, world.rules.allowed(senders), senders, examples, now)


def release(name: str, person: Person, page: BrakeBook, book: Records) -> None:
    """Let the guard pause a kept tenant: it is judged anew within a minute, and paused if it is still to be.

    Raises `NotKeptError`.
    """

    def released(record: Tenant) -> Tenant:
        return replace(record, released_until=person.at + RELEASE_LASTS, judge_again_at=person.at)

    _end(name, person, Outcome.RELEASED, released, page, book)


def drop(name: str, person: Person, page: BrakeBook, book: Records) -> None:
    """Do not pause a kept tenant for its mail so far; what it sends from now on is judged. Raises `NotKeptError`."""
    _end(name, person, Outcome.DROPPED, lambda record: replace(record, fence=person.at), page, book)


def _end(  # noqa: PLR0913, PLR0917 - who does what to which
    name: str,
    person: Person,
    outcome: Outcome,
    after: Callable[[Tenant], Tenant],
    page: BrakeBook,
    book: Records,
) -> None:
    def once() -> None:
        kept = page.kept_of(name)
        record = book.tenant(name)
        if kept is None or record is None:
            raise NotKeptError(name)
        page.end(kept, outcome, person, after(record))

    on_fresh_record(once)
