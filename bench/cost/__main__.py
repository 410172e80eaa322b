"""`python -m bench.cost`: dollars, calls and write units of a million mails, by the real handlers, at four scales.

A seeded stretch of mail is played at each rate, which decides how full the batches are. All but the seconds of
functions is exact: nothing else hangs on the machine.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from bench.cost.flow import Flow
from bench.cost.naive import CALLS_AN_EVENT, measure_naive
from bench.cost.prices import EVENTS, GB_SECONDS, INVOCATIONS, LOG, MILLION, REQUESTS_OF_SQS, WRITES, Usage, as_of, bill
from bench.cost.world import ROUND_TRIP_SECONDS, WHOLE_SDK_OF, World, seconds_of
from bench.figures import Figure, Measured, tell
from bench.load.mails import START, Load, Truth, emitted
from tests.aws.tables import BOOK
from tests.chaos.deployment import memory_of

SEED = 20261124
TENANTS = 10_000
# The million is played at the rate at which ten thousand tenants are worth a guard; elsewhere a part shows the same.
STRETCHES = {1_000_000: 20_000, 10_000_000: 40_000, 100_000_000: 1_000_000, 1_000_000_000: 80_000}
MOST_DOLLARS, MOST_DOLLARS_WITHOUT_EVENTS, MOST_CALLS = 1.80, 0.80, 450_000
# docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
UNITS_OF_A_PARTITION = 1000
_NAIVE_EVENTS = 3_000
_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Played:
    """A stretch that was played: what it used, its calls, and how long its functions ran, by way."""

    a_day: int
    mails: int
    usage: Usage
    calls: int
    events: int
    busy: dict[str, float]
    batches: dict[str, float]
    hot: Counter[str]
    calls_by_way: dict[str, int]
    decisions: int

    @property
    def seconds(self) -> float:
        """How long the mail of it takes to be sent."""
        return self.mails / self.a_day * _SECONDS_A_DAY

    @property
    def lines(self) -> dict[str, float]:
        """Dollars per million mails by what was bought."""
        return bill(self.usage, self.mails)

    @property
    def calls_a_million(self) -> float:
        """Calls of functions for a million events."""
        return self.calls / self.events * MILLION


def play(a_day: int, events: int, tenants: int = TENANTS, seed: int = SEED) -> Played:
    """Play so many events at this rate."""
    truth, world = Truth(), World(START)
    flow = Flow(world)
    with world.running():
        flow.run(emitted(Load(events, tenants, a_day / _SECONDS_A_DAY, burst_seconds=0), seed, truth))
    usage = flow.usage + world.meter.usage
    busy = {}
    for way, took in world.took.items():
        memory = memory_of(way.partition(" ")[0])
        cpu = took.cpu_a_call * took.calls
        busy[way] = seconds_of(cpu, took.calls, memory)
        usage[INVOCATIONS] += took.invocations
        usage[GB_SECONDS] += busy[way] * memory / 1024  # type: ignore[assignment] # a fraction
        usage[LOG] += took.log_bytes
    return Played(
        a_day,
        truth.sends.total(),
        usage,
        sum(each.calls for each in world.took.values()),
        usage[EVENTS],
        busy,
        {way: flow.records[way] / took.invocations for way, took in world.took.items()},
        world.meter.hot,
        {way: took.calls for way, took in world.took.items()},
        sum(item["sk"]["S"].startswith("decision#") for item in world.meter.tables.of(BOOK)),
    )


def measure() -> Measured:
    """All scales, and the naive design."""
    played = {a_day: play(a_day, events) for a_day, events in STRETCHES.items()}
    figures = [*_naive(), *(figure for each in played.values() for figure in _of_scale(each))]
    million = played[100_000_000]
    figures += [*_by_line(million), *_by_way(million)]
    how = (
        f"Seed {SEED}; {TENANTS:,} tenants (Zipf 1.0), {million.mails:,} mails at 100,000,000 a day, and "
        f"{', '.join(f'{each.mails:,} at {each.a_day:,}' for each in played.values() if each is not million)}; list "
        f"prices of {as_of()} (`bench/cost/prices.json`), per million mails. Functions run their measured processor "
        f"time (one invocation in {WHOLE_SDK_OF} with its whole SDK) at Lambda's share of a processor, and "
        f"{ROUND_TRIP_SECONDS * 1000:g} ms a call. Receives and deletes of SQS carry ten messages, where a batch has "
        "them."
    )
    return Measured(how, figures)


def _naive() -> Iterator[Figure]:
    events = islice(emitted(Load(_NAIVE_EVENTS, TENANTS, 1000, burst_seconds=0), SEED, Truth()), _NAIVE_EVENTS)
    usage, calls, seen = measure_naive(events)
    with_events, without = _dollars(bill(usage, seen))
    yield Figure("naive: dollars, events at $1 / free", f"{with_events:.2f} / {without:.2f}")
    yield Figure(f"naive: calls for a million events, {CALLS_AN_EVENT} each", f"{calls / seen * MILLION:,.0f}")


def _dollars(lines: dict[str, float]) -> tuple[float, float]:
    total = sum(lines.values())
    return total, total - lines[EVENTS]


def _of_scale(played: Played) -> Iterator[Figure]:
    where, (with_events, without) = f"{played.a_day:,} mails a day", _dollars(played.lines)
    met = with_events <= MOST_DOLLARS and without <= MOST_DOLLARS_WITHOUT_EVENTS
    target = f"<= {MOST_DOLLARS:.2f} / {MOST_DOLLARS_WITHOUT_EVENTS:.2f}"
    yield Figure(f"{where}: dollars, events at $1 / free", f"{with_events:.2f} / {without:.2f}", target, met)
    calls = played.calls_a_million
    yield Figure(f"{where}: calls for a million events", f"{calls:,.0f}", f"<= {MOST_CALLS:,}", calls <= MOST_CALLS)
    units = played.usage[WRITES] / played.mails * MILLION
    yield Figure(f"{where}: write units for a million mails", f"{units:,.0f}")
    yield Figure(f"{where}: sends in a batch", f"{played.batches['ingest of sends']:,.0f}")
    at_once = played.busy["ingest of sends"] / played.seconds
    yield Figure(f"{where}: functions that count sends at once, on average", f"{at_once:.2f}")
    yield from (_hot(where, name, units / played.seconds) for name, units in _hottest(played))


def _hottest(played: Played) -> list[tuple[str, int]]:
    names = ("account", "account-feedback", "watermark", "senders", "delays")
    tenant = max((name for name in played.hot if name.startswith("tenant#")), key=lambda name: played.hot[name])
    return [("the top tenant", played.hot[tenant]), *((f"`{name}`", played.hot[name]) for name in names)]


def _hot(where: str, name: str, a_second: float) -> Figure:
    target = f"<= {UNITS_OF_A_PARTITION:,}"
    return Figure(
        f"{where}: write units a second of {name}", f"{a_second:.2f}", target, a_second <= UNITS_OF_A_PARTITION
    )


def _by_line(played: Played) -> Iterator[Figure]:
    for name, dollars in sorted(played.lines.items(), key=lambda line: -line[1]):
        yield Figure(f"of a million at 100,000,000 a day: {name}", f"${dollars:.3f}")
    # Undocumented: how many messages a request of Lambda's pollers brings while messages trickle in.
    more = Counter({REQUESTS_OF_SQS: 2 * played.events - (played.usage[REQUESTS_OF_SQS] - played.events)})
    most = bill(more, played.mails)[REQUESTS_OF_SQS]
    yield Figure("the same, were each message received and deleted alone: more for SQS", f"${most:.3f}")


def _by_way(played: Played) -> Iterator[Figure]:
    for way, calls in played.calls_by_way.items():
        a_million = calls / played.events * MILLION
        yield Figure(f"of a million at 100,000,000 a day: calls of {way}", f"{a_million:,.0f}")
    yield Figure(
        "of a million at 100,000,000 a day: decisions written, for `enforce` and `notify`", f"{played.decisions}"
    )


if __name__ == "__main__":
    sys.exit(tell("cost", measure))
