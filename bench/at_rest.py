"""`python -m bench.at_rest`: what a stack without any mail costs a month, line by line.

What is there is read from the template after SAM's transform; what runs by itself runs here: the real review, reconcile
and digest over a day in memory, after a day in which they got to know the tenants.
"""

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from bench.cost.prices import GB_SECONDS, INVOCATIONS, LOG, MILLION, READS, REQUESTS_OF_SQS, WRITES, bill, price
from bench.cost.world import Size, World, seconds_of
from bench.figures import Figure, Measured, tell
from bench.load.mails import START
from bench.sizes import item_bytes
from tests.chaos.deployment import memory_of
from tests.template.stack import Stack, translated, written

FEW, SOME, MANY = 10, 400, 10_000
DAYS = 30
# docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html: five pollers; each asks for 20 seconds at most.
_POLLERS, _LONG_POLL_SECONDS = 5, 20
# An item as it is stored (CapacityUnitCalculations.html).
_STORED_BYTES = 100
_PAGE = 100
_MINUTES = {"review": 1, "reconcile": 5, "digest": 60}
_A_DAY_OF_MINUTES = 1440
_ARN = "arn:aws:ses:us-east-1:123456789012:tenant/"


class _Metrics(Size):
    """The log, of which the size and the names of the metrics in it are kept."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def write(self, text: str) -> int:
        """Note the metrics of a line."""
        if '"_aws"' in text:
            said = json.loads(text)["_aws"]["CloudWatchMetrics"]
            self.names |= {metric["Name"] for each in said for metric in each["Metrics"]}
        return super().write(text)


# Loggers keep the stream they began with.
_LOG = _Metrics()


@dataclass(frozen=True, slots=True)
class Day:
    """A day without mail: dollars a month by what it is paid for, and what was called for it."""

    dollars: dict[str, float]
    calls: dict[str, int]
    metrics: int


def run_a_day(tenants: int) -> Day:
    """Let the scheduled functions run for two days over so many tenants, and see what the second costs in a month."""
    names = [f"tenant-{number:05d}" for number in range(tenants)]
    asked_for = Counter[str]()
    _LOG.names.clear()
    world = World(START, elsewhere=_services(names, asked_for), log=_LOG)
    with world.running():
        _run(world)
        before = _state(world)
        asked_before = asked_for["metrics"]
        _run(world)
    used = _state(world)
    dollars: dict[str, float] = defaultdict(float)
    for name, amount in used.items():
        what = name.partition(": ")[2]
        dollars[name] = bill({what: (amount - before[name]) * DAYS}, MILLION)[what]
    metric_data = "CloudWatch: a thousand metrics asked for by GetMetricData"
    dollars[metric_data] = (asked_for["metrics"] - asked_before) * DAYS / 1000 * price(metric_data)
    stored = sum(
        item_bytes(item) + _STORED_BYTES for table in ("book", "counts") for item in world.meter.tables.of(table)
    )
    for kept in ("DynamoDB: a GB kept for a month", "DynamoDB: a GB of point-in-time recovery for a month"):
        dollars[kept] = stored / 1e9 * price(kept)
    return Day(dict(dollars), {way: took.calls for way, took in world.took.items()}, len(_LOG.names))


def _run(world: World) -> None:
    began = world.now
    for minute in range(_A_DAY_OF_MINUTES):
        for function, every in _MINUTES.items():
            if minute % every == 0:
                # A run that rests at SES's pace lasts into the next minutes, beside whatever runs then.
                world.now = began + timedelta(minutes=minute)
                world.invoke(function, {})
    world.now = began + timedelta(days=1)


def _state(world: World) -> dict[str, float]:
    used: dict[str, float] = {}
    for way, took in world.took.items():
        memory = memory_of(way)
        seconds = seconds_of(took.cpu_a_call * took.calls, took.calls, memory) + took.slept_seconds
        used[f"{way}: {GB_SECONDS}"] = seconds * memory / 1024
        used[f"{way}: {INVOCATIONS}"] = took.invocations
        used[f"{way}: {LOG}"] = took.log_bytes
    for what in (READS, WRITES):
        used[f"scheduled functions: {what}"] = world.meter.usage[what]
    return used


def _services(names: list[str], asked_for: Counter[str]) -> Mapping[str, Any]:
    def entity(name: str) -> dict[str, Any]:
        reference = f"{_ARN}{name}/tn-{name}"
        found = {"ReputationEntityReference": reference, "ReputationEntityType": "RESOURCE"}
        return {**found, "SendingStatusAggregate": "ENABLED"}

    def listed(asked: Mapping[str, Any]) -> dict[str, Any]:
        first = int(asked.get("NextToken", 0))
        page = list(islice(names, first, first + _PAGE))
        more = {"NextToken": str(first + _PAGE)} if first + _PAGE < len(names) else {}
        return {"ReputationEntities": [entity(name) for name in page], **more}

    def measured(asked: Mapping[str, Any]) -> dict[str, Any]:
        asked_for["metrics"] += len(asked["MetricDataQueries"])
        return {
            "MetricDataResults": [
                {"Id": each["Id"], "Timestamps": [], "Values": []} for each in asked["MetricDataQueries"]
            ]
        }

    return {
        "ListReputationEntities": listed,
        "GetReputationEntity": lambda asked: {
            "ReputationEntity": entity(asked["ReputationEntityReference"].split("/")[1])
        },
        "ListRecommendations": lambda _: {"Recommendations": []},
        "ListMetrics": lambda _: {"Metrics": [{"Namespace": "AWS/SES", "MetricName": "Send"}]},
        "GetMetricData": measured,
    }


def standing(stack: Stack, metrics: int) -> dict[str, float]:
    """What is there costs, whatever it does: dollars a month. `metrics`: so many of its own are reported."""
    alarms = sum(len(each.get("Metrics", [each])) for each in stack.of_type("CloudWatch::Alarm").values())
    mappings = stack.of_type("Lambda::EventSourceMapping").values()
    queues = sum("Queue" in json.dumps(each["EventSourceArn"]) for each in mappings)
    looks = queues * _POLLERS * DAYS * 86_400 / _LONG_POLL_SECONDS
    runs = sum(_runs_a_month(each["ScheduleExpression"]) for each in stack.of_type("Scheduler::Schedule").values())
    counted = {
        "CloudWatch: an alarm on a metric for a month": alarms,
        "CloudWatch: a dashboard for a month": len(stack.of_type("CloudWatch::Dashboard")),
        "CloudWatch: a metric for a month": metrics,
        "Secrets Manager: a secret for a month": len(stack.of_type("SecretsManager::Secret")),
        REQUESTS_OF_SQS: looks / MILLION,
        "EventBridge Scheduler: a million invocations": runs / MILLION,
    }
    return {f"{name} x {number:,.6g}": number * price(name) for name, number in counted.items()}


def _runs_a_month(schedule: object) -> float:
    text = json.dumps(schedule).replace(
        "${DigestMinutes}", written()["Parameters"]["DigestMinutes"]["Default"].__str__()
    )
    found = re.search(r"rate\((\d+) minutes?\)", text)
    if not found:
        raise ValueError(schedule)
    return DAYS * _A_DAY_OF_MINUTES / int(found[1])


def measure() -> Measured:
    """A stack of few tenants, and of many by what each one more costs."""
    few, some = run_a_day(FEW), run_a_day(SOME)
    fixed = standing(translated(), few.metrics)
    lines = {name: (amount, amount) for name, amount in fixed.items()}
    for name in few.dollars.keys() | some.dollars.keys():
        at_few, at_some = few.dollars.get(name, 0.0), some.dollars.get(name, 0.0)
        # Processor time is measured, and its chance is no tenant's price.
        lines[name] = (at_few, at_few + max(0.0, at_some - at_few) * (MANY - FEW) / (SOME - FEW))
    totals = [sum(column) for column in zip(*lines.values(), strict=True)]
    ordered = sorted(lines.items(), key=lambda line: -line[1][1])
    head = Figure(f"all of it, with {FEW} / {MANY:,} tenants", " / ".join(f"${total:.2f}" for total in totals))
    how = (
        f"Dollars a month of {DAYS} days without mail, free tiers left out. {MANY:,} tenants are reckoned from days of "
        f"{FEW} and of {SOME}, as each more costs the same; counts that are kept add the storage that `bench.counters` "
        "weighs."
    )
    return Measured(how, [head, *_figures(ordered)])


def _figures(lines: list[tuple[str, tuple[float, float]]]) -> Iterator[Figure]:
    for name, (at_few, at_many) in lines:
        yield Figure(name, f"${at_few:.3f} / ${at_many:.3f}")


if __name__ == "__main__":
    sys.exit(tell("at_rest", measure))
