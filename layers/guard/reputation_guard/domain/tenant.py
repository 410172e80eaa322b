"""A tenant as the guard's book has it: its standing, who stopped it, and from when on it is judged."""

import re
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from reputation_guard.domain.policy import Kind, Mode
from reputation_guard.domain.sending import Finding

# The name on the account's own record, all tenants together. SES takes letters, digits, hyphens and underscores in a
# tenant's name, so no tenant is ever called this.
ACCOUNT = "the whole account"
# CreateTenant: "alphanumeric characters, hyphens and underscores", 64 at most.
_NAMES_AT_SES = re.compile("[A-Za-z0-9_-]{1,64}")
# A warning is given at most once a day, and is over when a day has passed without a new one.
WARNING_HOLDS = timedelta(days=1)
# Every tenant is tended once a day, spread over half a day by its name, so that a closed day is summed up in time.
_TENDING_STARTS = timedelta(minutes=10)
_TENDING_SPREAD_SECONDS = 12 * 3600
# A paused tenant is looked at when its pause is so old, twice as old, and so on: what decides is how ripe its mail is.
_FIRST_LOOK = timedelta(minutes=15)
_OVERDUE_LOOK = timedelta(minutes=10)
# The guard looks at its sight every five minutes.
_CONFIRMED_FOR = timedelta(minutes=30)


class Standing(StrEnum):
    """The guard's record of a tenant; SES's own record is its sending status."""

    HEALTHY = "HEALTHY"
    WARNED = "WARNED"
    PAUSED = "PAUSED"
    PROBATION = "PROBATION"


class Owner(StrEnum):
    """Who stopped a tenant. Only the owner of a stop, or a person, lifts it (Law 5)."""

    GUARD = "guard"
    OPERATOR = "operator"
    SES = "ses"


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause by the guard: for which feedback, on mail sent from when on, since when, and until when it cools down.

    `ends` is None where a person has to end it.
    """

    kind: Kind
    judged_from: datetime
    began: datetime
    ends: datetime | None = None

    def next_look(self, now: datetime) -> datetime | None:
        """When to see whether it may end; None where a person ends it."""
        if self.ends is None:
            return None
        if now >= self.ends:
            return now + _OVERDUE_LOOK
        age = _FIRST_LOOK
        while self.began + age <= now:
            age *= 2
        return min(self.began + age, self.ends)


@dataclass(frozen=True, slots=True)
class Exemption:
    """A person's word that a tenant is not paused by the guard, whatever it does, until it expires (Law 9)."""

    until: datetime
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class Blind:
    """That the guard's sight is in trouble, as people were told at `told_at` and as a look confirmed last.

    `judges_nobody`: what is known is too old. `keeps_pauses`: less is seen than before. `since`: from which send time
    on nothing was seen, where nothing is.
    """

    told_at: datetime
    confirmed_at: datetime
    judges_nobody: bool
    keeps_pauses: bool = False
    since: datetime | None = None

    def is_confirmed(self, now: datetime) -> bool:
        """Whether the last look that said so is not long ago: a dead watch must not stop the guard for ever."""
        return now - self.confirmed_at < _CONFIRMED_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """What the book says of one tenant. `version` grows with each change: nobody overwrites what he did not read.

    `fence`: only mail sent from then on is judged; None while none of its sends was seen.
    `stamp`: when SES says its customer-managed status was last changed, as the guard last read it back.
    `closed_day`: the last UTC day (Unix days) whose counts were summed up.
    `decided`: the decision that made the present standing; `under_way` until SES confirmed it.
    `strikes`: how often the guard paused it, forgotten after some clean days; those are counted from `clean_since`.
    `pause`: the guard's, while it lasts. `resumed_early`: by the strikes that are remembered it was once already.
    `gone_at`: when people were last told that SES has no such tenant; None once it was found again.
    `crossed_at` and `braked_at`, of the account alone: when people were last told that it is over one of SES's review
    lines, and since when the brake is on; `blind`, of it too: what is wrong with the guard's sight.
    `released_until`: so long a person lets the guard pause it past the brake.
    `assigned_policy`, `tagged_policy`: the policies that a person, and its tag at SES, name ("" for none).
    `assigned_by` and `assigned_at`: who assigned last, or took it away, and when. Its tags were read at `tags_read_at`.
    `policy_mode`: what its policy allowed when it was judged last.
    """

    name: str
    arn: str | None = None
    version: int = 0
    standing: Standing = Standing.HEALTHY
    stops: frozenset[Owner] = frozenset()
    fence: datetime | None = None
    stamp: datetime | None = None
    decided: str | None = None
    under_way: bool = False
    findings: tuple[Finding, ...] = ()
    configuration_sets: frozenset[str] = frozenset()
    warned_at: datetime | None = None
    advised_at: datetime | None = None
    unseen_at: datetime | None = None
    probation_ends: datetime | None = None
    judge_again_at: datetime | None = None
    closed_day: int | None = None
    strikes: int = 0
    clean_since: datetime | None = None
    pause: Pause | None = None
    resumed_early: bool = False
    exemption: Exemption | None = None
    crossed_at: datetime | None = None
    braked_at: datetime | None = None
    blind: Blind | None = None
    released_until: datetime | None = None
    gone_at: datetime | None = None

    @property
    def is_account(self) -> bool:
        """Whether this is the account itself and no tenant: it has no standing, and no turn of its own."""
        return self.name == ACCOUNT

    def mode_at(self, now: datetime, mode: Mode) -> Mode:
        """The mode for this tenant where `mode` is in force: while it is exempt, it is only observed."""
        exempt = self.exemption is not None and now < self.exemption.until
        return Mode.OBSERVE if exempt else mode

    @property
    def waits_for_the_guard(self) -> bool:
        """Whether it is paused by the guard alone, and SES has confirmed that (Law 5)."""
        return self.standing is Standing.PAUSED and self.stops == {Owner.GUARD} and not self.under_way

    assigned_policy: str = ""
    assigned_by: str = ""
    assigned_at: datetime | None = None
    tagged_policy: str = ""
    tags_read_at: datetime | None = None
    policy_mode: Mode | None = None

    def due_at(self, now: datetime) -> datetime:
        """When the minute review has to look at this tenant next."""
        dates = [next_tending(self.name, now)]
        if self.judge_again_at:
            dates.append(self.judge_again_at)
        if self.standing is Standing.PROBATION and self.probation_ends:
            dates.append(self.probation_ends)
        if self.standing is Standing.WARNED and self.warned_at:
            dates.append(self.warned_at + WARNING_HOLDS)
        if self.waits_for_the_guard and self.pause and (look := self.pause.next_look(now)):
            dates.append(look)
        return min(dates)


def can_be_at_ses(name: str) -> bool:
    """Whether SES takes this as a tenant's name; the account itself has none that it takes."""
    return _NAMES_AT_SES.fullmatch(name) is not None


def updated(tenant: Tenant, **changes: Any) -> Tenant:
    """The tenant with these changes; itself where they change nothing, as most judgements do."""
    for name, value in changes.items():
        if getattr(tenant, name) != value:
            return replace(tenant, **changes)
    return tenant


def paused(tenant: Tenant, owner: Owner) -> Tenant:
    """The tenant stopped by `owner`, beside whoever stopped it before. While it is paused it is not judged."""
    return replace(
        tenant, standing=Standing.PAUSED, stops=tenant.stops | {owner}, probation_ends=None, judge_again_at=None
    )


def put_back(tenant: Tenant, before: Tenant) -> Tenant:
    """The tenant as it stood `before` a pause that never came to be: no stop of the guard's, and no strike."""
    return replace(
        tenant,
        standing=before.standing,
        stops=before.stops,
        probation_ends=before.probation_ends,
        decided=before.decided,
        under_way=before.under_way,
        strikes=before.strikes,
        clean_since=before.clean_since,
        pause=before.pause,
        resumed_early=before.resumed_early,
    )


def forgotten(tenant: Tenant, now: datetime, told_at: datetime) -> Tenant:
    """The tenant once SES has none of its name: nobody is stopped, whoever gets the name is judged by later mail."""
    standing = Standing.HEALTHY if tenant.standing is Standing.PAUSED else tenant.standing
    after = replace(tenant, standing=standing, stops=frozenset(), pause=None, decided=None, under_way=False)
    return replace(after, arn=None, stamp=None, findings=(), fence=now, gone_at=told_at)


def resumed(tenant: Tenant, now: datetime, probation: timedelta) -> Tenant:
    """The tenant let go again: re-armed, never exempt. Only mail sent from now on is judged (Law 9)."""
    return replace(
        tenant,
        standing=Standing.PROBATION,
        stops=frozenset(),
        pause=None,
        clean_since=now,
        fence=now,
        probation_ends=now + probation,
        warned_at=None,
        advised_at=None,
        unseen_at=None,
    )


def cleared(tenant: Tenant) -> Tenant:
    """The tenant healthy again, after its probation or a warning that was not repeated."""
    return replace(tenant, standing=Standing.HEALTHY, probation_ends=None)


def without_lapsed_exemption(tenant: Tenant, now: datetime) -> Tenant:
    """The tenant as it is judged: an exemption that has expired leaves a fence, for what was allowed in it (Law 12)."""
    if tenant.exemption is None or now < tenant.exemption.until:
        return tenant
    until = tenant.exemption.until
    return replace(tenant, exemption=None, fence=max(tenant.fence or until, until))


def next_tending(name: str, now: datetime) -> datetime:
    """The tenant's daily turn after `now`, at the same time of each UTC day."""
    spread = timedelta(seconds=zlib.crc32(name.encode()) % _TENDING_SPREAD_SECONDS)
    turn = datetime(now.year, now.month, now.day, tzinfo=UTC) + _TENDING_STARTS + spread
    return turn if turn > now else turn + timedelta(days=1)
