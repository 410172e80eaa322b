"""`python -m bench.latency`: how long it takes from EventBridge to the pause call, simulated, by the real handlers.

The handlers run in virtual time over an AWS in memory: how many calls each makes, in which order, and whose turn it is
are the real code's; windows, batches, lanes, memory and concurrency the template's; the processor's time is measured
here, at Lambda's share of a processor. What AWS itself takes is assumed (`assumed.py`), and hangs on the seed.
"""

import platform
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from bench.figures import Figure, Measured, tell
from bench.latency.assumed import DELAYS, MEGABYTES_OF_A_PROCESSOR, POLLED_EVERY_SECONDS, SES_SECONDS_A_CALL, USUAL
from bench.latency.functions import Processors
from bench.latency.measuring import measured
from bench.latency.trial import BOUNCED, WARM, Case, Outcome, play, quantile
from bench.latency.world import share_of

SEED = 20261124
TARGET_SECONDS = 3.0
RUNS = {1: 200, 20: 6, 200: 1}
_FRESH_RUNS = 40
_POLLER_SECONDS = 60.0
_NAIVE_RUNS = 10_000
# performance.md of the project's beginning: 350 events a second and core, in a function of 512 MB.
_NAIVE_CPU_SECONDS, _NAIVE_SHARE = 1 / 350, 512 / MEGABYTES_OF_A_PROCESSOR
_ALL_WARM = {**WARM, "evaluate": 4, "enforce": 1, "mirror": 1}
# Where one follows the other, the first of each, and what lies between.
_STAGES = (
    ("in its queue", "EventBridge, to the queue"),
    ("ingest begins", "SQS and the start of `ingest`"),
    ("feedback is counted", "`ingest`, to the count"),
    ("evaluate begins", "the counts' stream and the start of `evaluate`"),
    ("a pause is decided", "`evaluate`, to the decision"),
    ("enforce begins", "the Book's stream and the cold start of `enforce`"),
    ("paused", "`enforce`, to SES's answer"),
)


@dataclass(frozen=True, slots=True)
class Spread:
    """Times by their quantiles, as text: of few runs the worst is what there is to tell."""

    seconds: Sequence[float]

    @property
    def p99(self) -> float:
        """The 99th percentile."""
        return quantile(self.seconds, 0.99)

    def __str__(self) -> str:
        return f"{quantile(self.seconds, 0.5):.2f} / {self.p99:.2f} s"


def measure() -> Measured:
    """Measure what is ours, and play everything."""
    processors = measured()
    usual = Case(1, processors=processors)
    figures = [
        *_one(usual),
        *_many(usual),
        *_otherwise(),
        *_ours(usual, processors),
        *_of_aws(),
    ]
    runs = ", ".join(f"{runs} runs with {tenants} bad" for tenants, runs in RUNS.items())
    how = (
        f"Seed {SEED}; {runs}. A bad tenant is told of by one bounce of {BOUNCED} recipients, all at one moment, and "
        f"had no record; the brake is out of the way. Of few runs p99 is the worst. Processor time: Python "
        f"{sys.version.split()[0]} on {platform.machine()}."
    )
    return Measured(how, figures)


def _one(usual: Case) -> Iterator[Figure]:
    cases = (
        ("`enforce` cold, the others warm: the usual case", usual, TARGET_SECONDS),
        ("everything warm", replace(usual, warm=_ALL_WARM), TARGET_SECONDS),
        ("everything cold: a small account", replace(usual, warm={}), None),
    )
    usually = _played(usual)
    for what, case, target in cases:
        outcomes = usually if case is usual else _played(case)
        spread = Spread([outcome.seconds[0] for outcome in outcomes])
        to_reach = (f"p99 <= {target:.1f} s", spread.p99 <= target) if target else ("", None)
        yield Figure(f"one tenant, p50 / p99, {what}", f"{spread}", *to_reach)
    paced = [outcome.seconds[0] for outcome in _played(replace(usual, assumed=USUAL.paced(SES_SECONDS_A_CALL)))]
    yield Figure("the same as the usual case, SES taking one call a second of an operation", f"{Spread(paced)}")
    fresh = [outcome.seconds[0] for outcome in _played(replace(usual, fresh=True), _FRESH_RUNS)]
    yield Figure(
        "one tenant, by mail of a second ago, whose sends have to be counted first (Law 7)", f"{Spread(fresh)}"
    )
    for stage, seconds in _stages(usually):
        yield Figure(f"of one tenant's median: {stage}", f"{seconds:.2f} s")


def _many(usual: Case) -> Iterator[Figure]:
    for pace, how in ((0.0, "SES not throttling"), (SES_SECONDS_A_CALL, "SES one a second")):
        for tenants in (20, 200):
            outcomes = _played(replace(usual, tenants=tenants, assumed=USUAL.paced(pace)))
            what = f"{tenants} tenants at once, {how}"
            yield Figure(f"{what}, p50 / p99 of all", f"{Spread([each for one in outcomes for each in one.seconds])}")
            yield Figure(f"{what}, the fastest sender", f"{Spread([one.seconds[0] for one in outcomes])}")
            yield Figure(f"{what}, the last one", f"{Spread([max(one.seconds) for one in outcomes])}")
            swaps = median(_overtaken(one) for one in outcomes)
            yield Figure(f"{what}, pairs of tenants in which the slower one was paused first", f"{swaps:.0%}")


def _overtaken(outcome: Outcome) -> float:
    """The share of all pairs in which the slower sender was stopped first."""
    seconds = outcome.seconds
    pairs = [(seconds[fast], each) for slow, each in enumerate(seconds) for fast in range(slow)]
    return sum(fast > slow for fast, slow in pairs) / len(pairs)


def _otherwise() -> Iterator[Figure]:
    """Other designs in the same AWS: nothing of them is run, only their ways are added up."""
    chance = random.Random(SEED)

    def naive() -> float:
        way = ("EventBridge to its target", "start of an asynchronous one", *["DynamoDB"] * 3, "SES", "SES")
        return _sum(way, chance) + _NAIVE_CPU_SECONDS / _NAIVE_SHARE

    def poller() -> float:
        way = ("EventBridge to its target", "start of a warm function", *["DynamoDB"] * 3, "SES", "SES")
        return chance.uniform(0, _POLLER_SECONDS) + _sum(way, chance)

    ways: Mapping[str, Callable[[], float]] = {
        "naive: a Lambda an event, counting and pausing inline, warm": naive,
        "a poller every minute": poller,
    }
    for what, way in ways.items():
        yield Figure(f"one tenant, {what}", f"{Spread([way() for _ in range(_NAIVE_RUNS)])}")


def _sum(way: Sequence[str], chance: random.Random) -> float:
    return sum(DELAYS[each].seconds(chance) for each in way)


def _stages(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, float]]:
    """How long each stage took, at the median: back from the pause, by what was the last to come before it."""
    took: dict[str, list[float]] = {stage: [] for _, stage in _STAGES}
    for outcome in outcomes:
        end = outcome.seconds[0]
        befores = [mark for mark, _ in reversed(_STAGES)][1:]
        for (_, stage), before in zip(reversed(_STAGES), [*befores, ""], strict=True):
            begin = max((at for at, what in outcome.trace if what == before and at <= end), default=0.0)
            took[stage].append(end - begin)
            end = begin
    for stage, seconds in took.items():
        yield stage, median(seconds)


def _ours(usual: Case, processors: Processors) -> Iterator[Figure]:
    functions = play(usual, SEED).world.functions
    for function in ("ingest", "evaluate", "enforce"):
        calls, runs = functions.calls[function], functions.runs[function]
        ms, share = 1000 * processors.a_call[function], share_of(function)
        yield Figure(f"calls of `{function}` to the pause", f"{calls} in {runs} runs, each {ms:.2f} ms of a processor")
        cold = (processors.imports[function] + processors.first[function]) / share
        yield Figure(f"cold start of `{function}` at {share:.2f} of a processor, ours alone", f"{cold:.2f} s")


def _of_aws() -> Iterator[Figure]:
    for what, delay in DELAYS.items():
        yield Figure(f"AWS: {what} ({delay.source})", f"{delay.median_ms:g} / {delay.p99_ms:g} ms")
    often = f"every {1000 * POLLED_EVERY_SECONDS:g} ms"
    yield Figure("AWS: Lambda looks at a stream's shard (Lambda's guide), and there is one", often)


def _played(case: Case, runs: int | None = None) -> list[Outcome]:
    return [play(case, SEED + run) for run in range(runs or RUNS[case.tenants])]


if __name__ == "__main__":
    sys.exit(tell("latency", measure))
