"""Blindness: what SES says it sent, beside what the guard has counted. Nobody is judged on data too old (Law 7).

SES's own metric `Send` (namespace AWS/SES, free, five minutes) is what mail events are held against. It is not known
whether it counts messages or recipients, and SES also sends mail of configuration sets that publish nothing. So the
guard's share of the last hours is compared with its share of the day before them, and never with 1; and with its share
of the same hours of that day, since what publishes by day may sleep by night.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile

from reputation_guard.domain.counts import SLOT_SECONDS, SLOTS_PER_HOUR, Series, layout, slot_of, slot_start
from reputation_guard.domain.sight import Gap, Watermark

# CloudWatch has a metric some minutes later, and a batch of sends is counted within one: so much is left out.
_SETTLED = timedelta(minutes=10)
# So long nothing at all is seen, while so many mails are expected: a lull of real senders is not that empty.
_SILENCE = timedelta(minutes=15)
_EXPECTED = 100
# A guard that never saw a mail event is told so once SES has sent this many in a day.
_NEVER_SEEN = 1_000
_LATE = timedelta(minutes=15)
# From here on a judgement would be about another day's tenant.
TOO_OLD = timedelta(hours=1)
# The share differs from hour to hour by redeliveries (under 1 %), by mails at the edges, by how many recipients a mail
# has and by who sends when; what falls or grows by a third is more than that. Fewer mails say too little.
DRIFT = 1 / 3
_ENOUGH_FOR_DRIFT = 1_000
_RECENT_HOURS = 6
_DAY_HOURS = 24
_Sums = tuple[int, int]


class Trouble(StrEnum):
    """What is wrong with the guard's sight."""

    NO_EVENTS = "no mail events come, while SES sends"
    LATE = "mail events are counted late"
    UNSEEN = "less is seen of what SES sends than the day before"
    TWICE = "more is counted of what SES sends than the day before"


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the guard's own sight found. `sent` is SES's count and `seen` the guard's, of the last six hours.

    `late`: by how much mail events are counted late. `blind_from`: the send time from which on nothing is seen.
    """

    troubles: tuple[Trouble, ...]
    sent: int
    seen: int
    late: timedelta = timedelta()
    blind_from: datetime | None = None

    @property
    def loses_sends(self) -> bool:
        """Whether sends are missing beside their feedback: a rate looks worse than it is (Law 7)."""
        return Trouble.UNSEEN in self.troubles

    @property
    def is_blind(self) -> bool:
        """Whether nobody may be judged: what is known is too old."""
        return Trouble.NO_EVENTS in self.troubles or self.late >= TOO_OLD


def look_at_sight(sent: Mapping[int, float], seen: Series, known: Watermark | None, now: datetime) -> Look:
    """Hold SES's sends against the guard's, by slot of the send time; `seen` begins at the slot of `now`.

    `sent`: of the last two days, as far as CloudWatch has it.
    """
    hours = _Hours.of(sent, seen, known, now)
    late, troubles = _late(known, now), []
    silent_from = _silent_from(sent, seen, hours, known.since, now) if known else None
    if silent_from is not None or (known is None and sum(sent.values()) >= _NEVER_SEEN):
        troubles.append(Trouble.NO_EVENTS)
    if late >= _LATE:
        troubles.append(Trouble.LATE)
    if not troubles and (drift := _drift_of_all(hours)):
        troubles.append(drift)
    blind_from = slot_start(silent_from) if silent_from is not None else None
    return Look(tuple(troubles), *hours.sums(hours.recent), late=late, blind_from=blind_from)


@dataclass(frozen=True, slots=True)
class _Hours:
    """What SES sent and the guard saw, by Unix hour, from `first` to before `end`: the last one that is settled.

    It begins with the first whole hour that the guard was there in. Hours with a known gap are left out: what was not
    seen in them is known, and told.
    """

    sent: Counter[int]
    seen: Counter[int]
    gaps: frozenset[int]
    first: int
    end: int

    @classmethod
    def of(cls, sent: Mapping[int, float], seen: Series, known: Watermark | None, now: datetime) -> "_Hours":
        slots, hours, _ = layout(slot_of(now))
        by_hour: Counter[int] = Counter(dict(zip(hours, seen.hours, strict=False)))
        for slot, number in zip(slots, seen.slots, strict=False):
            by_hour[slot // SLOTS_PER_HOUR] += number
        of_ses: Counter[int] = Counter()
        for slot, sends in sent.items():
            of_ses[slot // SLOTS_PER_HOUR] += int(sends)
        gaps = known.gaps if known else ()
        missed = (slot for gap in gaps for slot in range(slot_of(gap.start), slot_of(gap.end) + 1))
        end = slot_of(now - _SETTLED) // SLOTS_PER_HOUR
        first = max(hours.stop + 1, slot_of(known.since) // SLOTS_PER_HOUR + 1 if known else 0)
        return cls(of_ses, by_hour, frozenset(slot // SLOTS_PER_HOUR for slot in missed), first, end)

    @property
    def recent(self) -> range:
        return range(self.end - _RECENT_HOURS, self.end)

    @property
    def before(self) -> range:
        return range(self.first, self.end - _RECENT_HOURS)

    def a_day_before(self, hours: range) -> range:
        """The same hours of the day, as far as they are kept."""
        return range(max(hours.start - _DAY_HOURS, self.first), max(hours.stop - _DAY_HOURS, self.first))

    def sums(self, within: range) -> _Sums:
        whole = [hour for hour in within if hour not in self.gaps]
        return sum(self.sent[hour] for hour in whole), sum(self.seen[hour] for hour in whole)


def _silent_from(sent: Mapping[int, float], seen: Series, hours: _Hours, since: datetime, now: datetime) -> int | None:
    """The first slot of a silence that lasts until what is settled, if there was to be mail in it; else None.

    What was to be seen is by the guard's share of the time before, of which the silence itself is no part, or of the
    same hours of the day before where it was less.
    """
    newest, end = slot_of(now), slot_of(now - _SETTLED)
    oldest = newest - len(seen.slots)
    silent = list(takewhile(lambda slot: not seen.slots[newest - slot], range(end - 1, oldest, -1)))
    if len(silent) * SLOT_SECONDS < _SILENCE.total_seconds():
        return None
    of_silence = sum(sent.get(slot, 0) for slot in silent)
    first = max((layout(newest)[1].stop + 1) * SLOTS_PER_HOUR, slot_of(since))
    before = sum(number for slot, number in sent.items() if first <= slot < silent[-1])
    share = min(sum(seen.slots + seen.hours) / before, 1.0) if before else 1.0
    sent_then, seen_then = hours.sums(
        hours.a_day_before(range(silent[-1] // SLOTS_PER_HOUR, silent[0] // SLOTS_PER_HOUR + 1))
    )
    if sent_then >= _EXPECTED:
        share = min(share, seen_then / sent_then)
    return silent[-1] if of_silence * share >= _EXPECTED else None


def _late(known: Watermark | None, now: datetime) -> timedelta:
    """How late mail events are counted: by the wait of the last batch in its queue, and by sends that are owed."""
    if known is None or known.mark is None:
        return timedelta()
    waits = [known.mark.waited] if now - known.mark.counted_at < _LATE else []
    owed = [now - debt.low for debt in known.debts if debt.until > now and not debt.tenant]
    return max([*waits, *owed], default=timedelta())


def _drift_of_all(hours: _Hours) -> Trouble | None:
    """A drift from the day before as a whole, unless the same hours of it say otherwise."""
    recent, then = hours.sums(hours.recent), hours.sums(hours.a_day_before(hours.recent))
    drift = _drift(recent, hours.sums(hours.before))
    return drift if then[0] < _ENOUGH_FOR_DRIFT or drift == _change(recent, then) else None


def _drift(recent: _Sums, before: _Sums) -> Trouble | None:
    return _change(recent, before) if min(recent[0], *before) >= _ENOUGH_FOR_DRIFT else None


def _change(recent: _Sums, before: _Sums) -> Trouble | None:
    expected = recent[0] * before[1] / before[0]
    if recent[1] < expected * (1 - DRIFT):
        return Trouble.UNSEEN
    return Trouble.TWICE if recent[1] > expected * (1 + DRIFT) else None


def drift_of_tenant(sent: tuple[float, float], seen: Series, now: datetime) -> Trouble | None:
    """Hold a tenant's sends against SES's: both of yesterday and of the day before (UTC), `sent` in this order."""
    slots, hours, _ = layout(slot_of(now))
    yesterday = range(hours.stop + 1, hours.stop + 1 + 24)
    of_yesterday = sum(number for hour, number in zip(hours, seen.hours, strict=False) if hour in yesterday)
    of_yesterday += sum(
        number for slot, number in zip(slots, seen.slots, strict=False) if slot // SLOTS_PER_HOUR in yesterday
    )
    before = seen.days[0] if seen.days else 0
    return _drift((int(sent[0]), of_yesterday), (int(sent[1]), before))


def unseen_time(sent: Mapping[int, float], seen: Series, since: datetime, now: datetime) -> Gap | None:
    """The time from `since` on in which SES sent and nothing was seen, once the guard sees again; None where all is."""
    newest = slot_of(now)
    missing = [
        slot
        for slot in range(slot_of(since), slot_of(now - _SETTLED))
        if sent.get(slot, 0) and 0 <= newest - slot < len(seen.slots) and not seen.slots[newest - slot]
    ]
    return Gap(slot_start(missing[0]), slot_start(missing[-1] + 1)) if missing else None
