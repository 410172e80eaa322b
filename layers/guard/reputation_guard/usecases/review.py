"""The minute review: tend whose turn it is, and see that nothing pending is forgotten."""

from dataclasses import dataclass, field
from datetime import datetime

from reputation_guard.domain.counts import Ledger, first_open_day, slot_of
from reputation_guard.domain.tenant import ACCOUNT, WARNING_HOLDS, Standing, Tenant, cleared
from reputation_guard.ports.book import Book
from reputation_guard.ports.errors import GoneError, RefusedError, StaleError, ThrottledError, UnavailableError
from reputation_guard.ports.headcount import Headcount
from reputation_guard.ports.outlets import Waker
from reputation_guard.ports.owners import SetOwners
from reputation_guard.ports.ses import Associations, TenantTags
from reputation_guard.usecases.account import close_account_days, judge_account
from reputation_guard.usecases.judge import Court, judge, knowing_the_account, look_at_brake
from reputation_guard.usecases.survey import Survey, survey
from reputation_guard.usecases.tags import read_tags

# The hours of so many closed days are still there to be summed up, if a turn was missed.
_DAYS_OF_HOURS = 2


@dataclass(frozen=True, slots=True)
class Reviewing:
    """What a review needs: what a judgement needs, SES's word on sets and tags, and whom to count."""

    court: Court
    book: Book
    owners: SetOwners
    associations: Associations
    tags: TenantTags
    waker: Waker
    headcount: Headcount


@dataclass(slots=True)
class Review:
    """What a review came to; `left` are the tenants and sets of the next one, and why.

    `unknown_policies`: the tended tenants whose assignment or tag names a policy that nobody knows, with its name.
    """

    tended: int = 0
    pending: int = 0
    sets_looked_up: int = 0
    left: dict[str, str] = field(default_factory=dict)
    unknown_policies: dict[str, str] = field(default_factory=dict)
    survey: Survey | None = None


def review(world: Reviewing, now: datetime) -> Review:
    """Do what is due by `now`; who gets no answer is left to the next review.

    Raises `UnavailableError` where nobody got one: the account's turn reads in every review, so if it goes without an
    answer as well and no tenant was tended, the world is silent, and a review that did nothing must not look like one.
    """
    court, result = world.court, Review()
    result.pending = world.book.count_pending()
    if result.pending:
        world.waker.wake()
    court = knowing_the_account(court, now)
    # Whoever is due stays due while the guard is blind: it neither pauses nor resumes nor clears anybody.
    for tenant in () if court.judges_nobody else court.book.due(now):
        try:
            tend(tenant, court, now)
            result.tended += 1
            if unknown := court.policies.of(tenant).unknown:
                result.unknown_policies[tenant.name] = unknown
        except (StaleError, RefusedError, UnavailableError) as error:
            result.left[tenant.name] = repr(error)
    silence = _tend_account(court, now, result)
    # SES's pace is slow: what is due is judged first, and a new tag holds from the next judgement on.
    result.left |= read_tags(world.tags, world.book, now)
    _look_up_owners(world.owners, world.associations, now, result)
    if silence and not result.tended:
        raise silence
    result.survey = survey(court.account, court.counted, world.headcount, court.travelling, now)
    return result


def _tend_account(court: Court, now: datetime, result: Review) -> UnavailableError | None:
    """Tell again of a risk that lasts a day, though nothing comes in, and close the account's days.

    Returns the answer that did not come.
    """
    try:
        look_at_brake(court, now)
        if not court.judges_nobody:
            judge_account(court.account, court.book, court.counted, court.in_force.mode, now)
        close_account_days(court.book, court.counted, now)
    except (StaleError, RefusedError, UnavailableError) as error:
        result.left[ACCOUNT] = repr(error)
        return error if isinstance(error, UnavailableError) else None
    return None


def tend(tenant: Tenant, court: Court, now: datetime) -> None:
    """One tenant's turn: close its days, judge what was held back, end what has run out."""
    last = first_open_day(slot_of(now)) - 1
    first = max(last - _DAYS_OF_HOURS, tenant.closed_day or 0) + 1
    for day in range(first, last + 1):
        _close(tenant, day, court)
    # The appointment is cleared with the judgement, in one write: a crash before it leaves the tenant due.
    if judge(tenant.name, court, now, closed_day=last) is None:
        _end_what_has_run_out(tenant.name, court, now)


def _close(tenant: Tenant, day: int, court: Court) -> None:
    for configuration_set in sorted(tenant.configuration_sets):
        court.counted.close_day(Ledger(configuration_set=configuration_set), day)
    # From the ids, so that the day is right even if a wake-up of `evaluate` was lost.
    court.counted.recount_day(Ledger(tenant=tenant.name), day)


def _end_what_has_run_out(name: str, court: Court, now: datetime) -> None:
    tenant = court.book.tenant(name)
    if tenant is None:
        return
    probation_over = tenant.standing is Standing.PROBATION and (tenant.probation_ends or now) <= now
    warning_over = tenant.standing is Standing.WARNED and (tenant.warned_at or now) + WARNING_HOLDS <= now
    if probation_over or warning_over:
        court.book.save(tenant, cleared(tenant), now)


def _look_up_owners(owners: SetOwners, associations: Associations, now: datetime, result: Review) -> None:
    """Ask SES whose the configuration sets with unattributed mail are, at SES's pace: the rest waits a minute."""
    for configuration_set in owners.to_look_up(now):
        try:
            tenants = associations.tenants_of(configuration_set)
        except GoneError:
            tenants = []  # SES knows no such set any more: it is nobody's, and asked for again in an hour
        except (ThrottledError, RefusedError) as error:
            result.left[configuration_set] = repr(error)
            return
        except UnavailableError as error:
            result.left[configuration_set] = repr(error)  # the others may be answered
            continue
        owners.note(configuration_set, tenants[0] if len(tenants) == 1 else "", now)
        result.sets_looked_up += 1
