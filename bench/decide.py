"""`python -m bench.decide`: the CPU of one judgement, over all windows of one tenant.

Besides microseconds it tells the ratio to `json.loads` of a full SES event in the same run, so that machines can be
compared.
"""

import json
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import Figure, Measured, tell
from reputation_guard.domain.counts import SLOT_SECONDS, SLOTS_PER_HOUR, Counts, Series, slot_of
from reputation_guard.domain.decision import Answer
from reputation_guard.domain.delays import START_DELAYS, weights
from reputation_guard.domain.judgement import decide
from reputation_guard.domain.policy import PRESETS, Kind, Mode
from reputation_guard.domain.tenant import Tenant

SEED = 20261124
TARGET_MICROSECONDS = 100
ROUNDS, CALLS = 40, 200
NOW = datetime(2026, 11, 24, 15, 3, 7, tzinfo=UTC)
EVENT = Path(__file__).parents[1] / "events" / "send-of-tagged-tenant.json"


def tenant_counts(chance: random.Random, bounce_rate: float, complaint_rate: float) -> Counts:
    """A tenant that sends in every slot of two days and on every day of a month, laid out as in the table."""
    newest = slot_of(NOW)
    hour = newest // SLOTS_PER_HOUR
    slots = newest - (hour - 6) * SLOTS_PER_HOUR + 1
    hours = hour - 6 - (hour // 24 - 1) * 24

    def series(sends: Callable[[int], int], rate: float) -> tuple[Series, Series]:
        sent = [tuple(sends(size) for _ in range(count)) for size, count in ((1, slots), (288, 30), (12, hours))]
        back = [tuple(sum(chance.random() < rate for _ in range(n)) for n in each) for each in sent]
        return Series(*sent), Series(*back)

    sends, bounces = series(lambda size: chance.randrange(50, 150) * size, bounce_rate)
    _, complaints = series(lambda size: 100 * size, complaint_rate)
    return Counts(newest, sends, bounces, complaints)


def microseconds(*calls: Callable[[], object]) -> list[float]:
    """The least CPU time of each call over interleaved rounds, in microseconds: the rest is other work."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for call, spent in zip(calls, times, strict=True):
            began = time.process_time()
            for _ in range(CALLS):
                call()
            spent.append((time.process_time() - began) / CALLS * 1e6)
    return [min(spent) for spent in times]


def measure() -> Measured:
    """The CPU of judgements of a healthy and of a bad tenant, and of the weights that all tenants share."""
    chance = random.Random(SEED)
    body = EVENT.read_text()
    tenants = {"healthy, 2 % / 0.03 %": (0.02, 0.0003), "bad, 15 % / 1 %": (0.15, 0.01)}
    calls = [_judgement_of(tenant_counts(chance, *rates)) for rates in tenants.values()]
    yardstick, *spent = microseconds(lambda: json.loads(body), *calls)
    figures = [Figure(f"`json.loads` of {EVENT.name} ({len(body)} bytes)", f"{yardstick:.1f} us")]
    for name, call, each in zip(tenants, calls, spent, strict=True):
        what = f"`decide()` over all windows of one tenant, {name}, to {call()}"
        reached = f"{each:.0f} us ({each / yardstick:.1f} x `json.loads`)"
        figures.append(Figure(what, reached, f"<= {TARGET_MICROSECONDS} us", each <= TARGET_MICROSECONDS))
    cold = f"{_microseconds_of_new_weights(tenant_counts(chance, 0, 0)):.0f} us"
    figures.append(Figure("weights of a moment not met before, once an invocation, for all tenants", cold))
    version = sys.version.split()[0]
    how = f"Seed {SEED}, Python {version}, CPU of one core, least of {ROUNDS} rounds of {CALLS} calls."
    return Measured(how, figures)


def _judgement_of(counts: Counts) -> Callable[[], Answer]:
    empty, tenant, policy = Counts(counts.newest), Tenant(name="acme"), PRESETS["standard"]
    return lambda: (
        decide(counts, empty, policy=policy, tenant=tenant, delays=START_DELAYS, mode=Mode.ENFORCE, now=NOW).answer
    )


def _microseconds_of_new_weights(shape: Counts) -> float:
    began = time.process_time()
    moments = range(5, 300, 5)
    for second in moments:
        for kind in Kind:
            weights(START_DELAYS.of(kind), shape.newest, shape.newest * SLOT_SECONDS + second, shape.sends)
    return (time.process_time() - began) / len(moments) * 1e6


if __name__ == "__main__":
    sys.exit(tell("decide", measure))
