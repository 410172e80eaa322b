"""The file of `guard export` as a history: counts become mail again, at the times it was most likely known.

The sends of a slot are taken as sent at its middle, and feedback k of n of a slot as known when (k + 0.5) / n of a
send's feedback is due. A closed day without slots is spread evenly over its hours, so that it can be judged by its
rate but shows no burst.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from heapq import heappop, heappush, merge
from itertools import count
from operator import attrgetter
from typing import Annotated, Any, NamedTuple

from pydantic import Discriminator, Tag

from cli.export.lines import CountsLine, DayLine, DelaysLine, PolicyLine, TenantLine, UnattributedLine
from cli.export.policies import PoliciesByTenant
from cli.history.lines import NOBODY, BounceLine, Complain, ComplaintLine, FeedbackLine, Line, Reader, SendLine
from reputation_guard.domain.counts import (
    DAY_SECONDS,
    HOUR_SECONDS,
    SLOT_SECONDS,
    SLOTS_PER_DAY,
    SLOTS_PER_HOUR,
    Ledger,
    slot_of,
)
from reputation_guard.domain.delays import START_DELAYS, Delays, FeedbackDelay
from reputation_guard.domain.policy import Policy
from reputation_guard.domain.tenant import Tenant

_AT_ONCE = 1024
_HOURS_PER_DAY = SLOTS_PER_DAY // SLOTS_PER_HOUR
_UNIX_DAY_0 = date(1970, 1, 1)
_HALVINGS = 48
# Each piece of feedback is judged as one that arrives: so many of one slot or day take 20 seconds.
_MOST_FEEDBACK = 1_000_000
_MOST_QUANTILES = 1000


class Mail(NamedTuple):
    """How much was sent, and what came back of it."""

    sends: int = 0
    bounces: int = 0
    complaints: int = 0


@dataclass(frozen=True, slots=True)
class OtherRecord:
    """A record that a history does not need."""

    record: str


def _kind_of(record: Any) -> str:
    kind = record.get("record") if isinstance(record, dict) else None
    return kind if isinstance(kind, str) and kind in _NEEDED else "line"


_NEEDED = {"counts", "day", "delays", "policy", "tenant", "unattributed"}
Record = CountsLine | DayLine | UnattributedLine | PolicyLine | TenantLine | DelaysLine | OtherRecord
_BY_KIND = Annotated[
    Annotated[CountsLine, Tag("counts")]
    | Annotated[DayLine, Tag("day")]
    | Annotated[UnattributedLine, Tag("unattributed")]
    | Annotated[PolicyLine, Tag("policy")]
    | Annotated[TenantLine, Tag("tenant")]
    | Annotated[DelaysLine, Tag("delays")]
    | Annotated[OtherRecord, Tag("line")],
    Discriminator(_kind_of),
]


@dataclass(slots=True)
class Past:
    """What is counted of one tenant, by slot and by day (Unix days)."""

    slots: dict[int, Mail] = field(default_factory=dict)
    days: dict[int, Mail] = field(default_factory=dict)

    def pieces(self) -> list[tuple[float, Mail]]:
        """The mail by the Unix time it is taken as sent at, in order."""
        by_time = [(slot * SLOT_SECONDS + SLOT_SECONDS / 2, mail) for slot, mail in self.slots.items()]
        for day, mail in self.days.items():
            by_time += self._spread(day, mail)
        return sorted(by_time)

    def last_sent_at(self) -> float:
        """The Unix time of its last mail; 0 where there is none."""
        return max((sent_at for sent_at, _ in self.pieces()), default=0.0)

    def _spread(self, day: int, whole: Mail) -> Iterator[tuple[float, Mail]]:
        """What a day has beyond its slots, over the hours before them: the slots of a day go hour by hour."""
        found = {slot: mail for slot, mail in self.slots.items() if slot // SLOTS_PER_DAY == day}
        rest = Mail(*(max(0, number - sum(part)) for number, *part in zip(whole, *found.values(), strict=True)))
        hours = min(found) % SLOTS_PER_DAY // SLOTS_PER_HOUR if found else _HOURS_PER_DAY
        if not rest.sends or not hours:
            return
        for hour in range(hours):
            share = Mail(*(number * (hour + 1) // hours - number * hour // hours for number in rest))
            yield day * DAY_SECONDS + (hour + 0.5) * HOUR_SECONDS, share


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export tells: the mail of tenants and of nobody known, by ledger; policies in force, and the delays."""

    pasts: Mapping[Ledger, Past]
    in_force: PoliciesByTenant


def read_export(stream: Iterable[bytes], complain: Complain) -> Exported:
    """Read an export; where a slot or a day of a ledger comes twice, the later line holds."""
    reader: Reader[Record] = Reader(_BY_KIND, complain)
    pasts: dict[Ledger, Past] = defaultdict(Past)
    policies: list[Policy] = []
    tenants: list[Tenant] = []
    # Those of an export that tells none.
    delays = START_DELAYS
    for first, lines in _at_once(stream):
        batch = reader.read(lines, first)
        for number, record in zip(batch.numbers, batch.lines, strict=True):
            match record:
                case CountsLine() | DayLine() | UnattributedLine():
                    if too_much := _too_much(record):
                        complain(number, too_much, f"is above {_MOST_FEEDBACK:,}, more than can be played")
                    else:
                        _add(record, pasts)
                case PolicyLine():
                    policies.append(record.policy)
                case TenantLine():
                    tenants.append(record.tenant)
                case DelaysLine():
                    delays = record.delays
                case OtherRecord():
                    pass
    return Exported(pasts, PoliciesByTenant(policies, tenants, delays))


def _too_much(line: CountsLine | DayLine | UnattributedLine) -> str | None:
    """The field with more feedback than can be played; None where there is none."""
    return next((kind for kind in ("bounces", "complaints") if getattr(line, kind) > _MOST_FEEDBACK), None)


def _add(line: CountsLine | DayLine | UnattributedLine, pasts: Mapping[Ledger, Past]) -> None:
    mail = Mail(line.sends, line.bounces, line.complaints)
    match line:
        case CountsLine():
            pasts[Ledger(tenant=line.tenant)].slots[slot_of(line.slot)] = mail
        case DayLine():
            pasts[Ledger(tenant=line.tenant)].days[_unix_day(line.day)] = mail
        case UnattributedLine(slot=datetime() as slot):
            pasts[Ledger(configuration_set=line.configuration_set)].slots[slot_of(slot)] = mail
        case UnattributedLine(day=date() as day):
            pasts[Ledger(configuration_set=line.configuration_set)].days[_unix_day(day)] = mail


def _unix_day(day: date) -> int:
    return (day - _UNIX_DAY_0).days


def lines_of(pasts: Mapping[Ledger, Past], delays: Delays) -> Iterator[Line]:
    """The mail of all ledgers as lines of a history, in the order they became known."""
    return merge(*(_lines_of_one(ledger, past, delays) for ledger, past in pasts.items()), key=attrgetter("ts"))


def _lines_of_one(ledger: Ledger, past: Past, delays: Delays) -> Iterator[Line]:
    tenant, of_set = ledger.tenant or NOBODY, ledger.configuration_set
    coming: list[tuple[float, int, FeedbackLine]] = []
    idents = count()
    for sent_at, mail in past.pieces():
        while coming and coming[0][0] <= sent_at:
            yield heappop(coming)[2]
        yield SendLine(sent_at, tenant, "Sent", mail.sends)
        for delay in arrivals(delays.bounce, mail.bounces):
            ident, ts = next(idents), sent_at + delay
            heappush(coming, (ts, ident, BounceLine(ts, tenant, "Bounce", f"{ident}{of_set}", sent_at, "Permanent")))
        for delay in arrivals(delays.complaint, mail.complaints):
            ident, ts = next(idents), sent_at + delay
            heappush(coming, (ts, ident, ComplaintLine(ts, tenant, "Complaint", f"{ident}{of_set}", sent_at)))
    while coming:
        yield heappop(coming)[2]


def arrivals(delay: FeedbackDelay, number: int) -> Iterator[float]:
    """After how many seconds so many pieces of feedback arrive: at evenly spaced shares of the distribution.

    Many arrive in portions: an age takes dozens of steps to find, and a thousand of them tell the distribution.
    """
    ages = _quantiles(delay, min(number, _MOST_QUANTILES))
    return (ages[each * len(ages) // number] for each in range(number))


@lru_cache(maxsize=1024)
def _quantiles(delay: FeedbackDelay, number: int) -> tuple[float, ...]:
    return tuple(_quantile(delay, (each + 0.5) / number) for each in range(number))


def _quantile(delay: FeedbackDelay, share: float) -> float:
    """The age in seconds at which this share (0..1) of a send's feedback is due."""
    low, high = 0.0, delay.cap
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if delay.due_by(middle) < share else (low, middle)
    return high


def _at_once(stream: Iterable[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    waiting: list[bytes] = []
    number = 0
    for number, line in enumerate(stream, 1):
        waiting.append(line)
        if len(waiting) >= _AT_ONCE:
            yield number + 1 - len(waiting), waiting
            waiting = []
    yield number + 1 - len(waiting), waiting
