"""How fast the guard was: from the feedback that proves a tenant's harm to SES's DISABLED.

What proves it is found afterwards: `decide()` is given everything that had been put on the bus by then, with nothing
still on its way. No guard, however fast its queues, could have known earlier.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from local.demo.player import Put
from local.traffic import ReportKind
from reputation_guard.domain.counts import Counts, Series, slot_of
from reputation_guard.domain.decision import Answer
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.judgement import decide
from reputation_guard.domain.policy import Mode, Policy
from reputation_guard.domain.tenant import Tenant

Slots = Counter[int]


def counted_once(put: Iterable[Put]) -> Iterator[Put]:
    """Yield what was put in its order, without soft bounces and without what was put a second time."""
    seen = set()
    for each in sorted(put, key=lambda each: each.at):
        report = each.report
        fact = (report.kind, report.mail.message_id, report.recipient)
        if report.kind is not ReportKind.SOFT_BOUNCE and fact not in seen:
            seen.add(fact)
            yield each


def proven_at(put: Iterable[Put], tenant: str, policy: Policy) -> datetime | None:
    """Return when the feedback was put that proves a tenant to be over a limit; None if none does."""
    slots: dict[ReportKind, Slots] = {kind: Counter() for kind in ReportKind}
    for each in counted_once(each for each in put if each.report.tenant == tenant):
        report = each.report
        slots[report.kind][slot_of(report.mail.sent_at)] += recipients(each)
        if report.kind is not ReportKind.SEND and _calls_for_a_pause(slots, tenant, policy, each.at):
            return each.at
    return None


def recipients(put: Put) -> int:
    """Return how many sends, bounces or complaints a report stands for."""
    return len(put.report.mail.destination) if put.report.kind is ReportKind.SEND else 1


def _calls_for_a_pause(slots: dict[ReportKind, Slots], tenant: str, policy: Policy, now: datetime) -> bool:
    newest = slot_of(now)
    oldest = min(slots[ReportKind.SEND], default=newest)

    def series(kind: ReportKind) -> Series:
        return Series(tuple(slots[kind][slot] for slot in range(newest, oldest - 1, -1)))

    kinds = (ReportKind.SEND, ReportKind.HARD_BOUNCE, ReportKind.COMPLAINT)
    decision = decide(
        Counts(newest, *map(series, kinds)),
        Counts(newest),
        policy=policy,
        tenant=Tenant(name=tenant),
        delays=START_DELAYS,
        mode=Mode.ENFORCE,
        now=now,
    )
    return decision.answer is Answer.PAUSE
