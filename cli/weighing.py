"""What a judgement of a tenant would look at right now, by the domain's own functions."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reputation_guard.aws.counted import CountsReader
from reputation_guard.domain.counts import Ledger
from reputation_guard.domain.policy import Kind, Policy
from reputation_guard.domain.sight import Sight
from reputation_guard.domain.tenant import Tenant
from reputation_guard.domain.windows import Window, measure, sends_by_window
from reputation_guard.ports.counted import Known
from reputation_guard.settings import Settings
from reputation_guard.usecases.gather import find, gather
from reputation_guard.usecases.learn import DelaysInUse


@dataclass(frozen=True, slots=True)
class Weighed:
    """The windows with feedback, the sends of a day and of all kept days, from when on, and how sends are attributed.

    `seen_until`: the sends watermark; None while no sends were ever counted. `held_back`: feedback was left out whose
    sends may not be counted yet. `unseen_sets`: those that feedback came through without any send on record; it is not
    weighed.
    """

    windows: tuple[Window, ...]
    sends_of_a_day: int
    sends: int
    judged_from: datetime
    seen_until: datetime | None
    named_by_ses: bool
    held_back: bool
    unseen_sets: tuple[str, ...]


def weigh(
    tenant: Tenant, counted: CountsReader, settings: Settings, enforcing_since: datetime | None, now: datetime
) -> Weighed:
    """Weigh a tenant at `now`, showing every window to which feedback was added, also below the warn limit."""
    known, mark = counted.known(Ledger(tenant=tenant.name), now), counted.watermark()
    seen = Sight.at(now, mark, settings.sends_travel, enforcing_since)
    found = find(tenant, known, counted, now)
    gathered = gather(tenant, found, counted, seen, settings.sends_travel, now)
    delays = DelaysInUse(counted).delays(now)
    windows = measure(
        gathered.counts, gathered.unattributed, _showing_all(settings.policy), delays, now, gathered.unseen
    )
    return Weighed(
        windows=tuple(each for each in windows if each.feedback),
        sends_of_a_day=sends_by_window(known.counts)[timedelta(days=1)],
        sends=total_sends(known),
        judged_from=gathered.fence,
        seen_until=seen.watermark if mark and mark.mark else None,
        named_by_ses=known.named_by_ses,
        held_back=gathered.look_again_at is not None,
        unseen_sets=gathered.unseen_sets,
    )


def total_sends(known: Known) -> int:
    """All sends of a ledger that are still kept."""
    return sum(known.counts.sends.numbers)


def total_feedback(known: Known, kinds: Iterable[Kind] = Kind) -> int:
    """All feedback of a ledger that is still kept, whether its sends are seen or not."""
    parts = [known.counts, *known.unseen.values()]
    return sum(sum(each.feedback(kind).numbers) for each in parts for kind in kinds)


def _showing_all(policy: Policy) -> Policy:
    """The policy with nothing below its warn limits, so that `measure` leaves no window out."""
    return replace(policy, bounce=replace(policy.bounce, warn=0.0), complaint=replace(policy.complaint, warn=0.0))
