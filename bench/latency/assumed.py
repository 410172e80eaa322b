"""What AWS takes, by distribution: the one place of what is assumed here and not counted or measured."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

_DEVIATIONS_AT_P99 = 2.326
_MOST = 10


@dataclass(frozen=True, slots=True)
class Delay:
    """A log-normal delay by its median and 99th percentile; `source` is where they come from."""

    median_ms: float
    p99_ms: float
    source: str

    def seconds(self, chance: random.Random) -> float:
        """One draw."""
        if not self.median_ms:
            return 0.0
        spread = math.log(self.p99_ms / self.median_ms) / _DEVIATIONS_AT_P99
        return min(self.median_ms * math.exp(chance.gauss(0, spread)), _MOST * self.p99_ms) / 1000


DELAYS: Mapping[str, Delay] = {
    "EventBridge to its target": Delay(100, 500, "assumed"),
    "SQS to Lambda's poller": Delay(20, 100, "assumed: a long poll answers as soon as there is a message"),
    "start of a warm function": Delay(10, 30, "assumed"),
    "start of an asynchronous one": Delay(50, 300, "assumed"),
    # The import and the first invocation come on top, measured.
    "start of a new environment": Delay(200, 600, "assumed: sandbox, code and runtime, before our first import"),
    "DynamoDB": Delay(5, 20, "assumed, from its documentation's single-digit milliseconds"),
    "DynamoDB's transaction": Delay(12, 40, "assumed, two rounds of a write"),
    "record in a stream": Delay(50, 250, "assumed"),
    "SES": Delay(120, 400, "assumed"),
    "another service": Delay(15, 80, "assumed: PutEvents, SendMessage, Invoke"),
}
# docs.aws.amazon.com/lambda/latest/dg/with-ddb.html: "a base rate of 4 times per second"; evenly spread.
POLLED_EVERY_SECONDS = 0.25
# docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html: Lambda begins with five; more are not counted on.
POLLERS = 5
# Where a function has no concurrency left, its source comes again.
COMES_AGAIN_SECONDS = 1.0
# docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html: a processor at 1,769 MB. What Lambda gives a function
# beyond that while it starts is documented nowhere, and not counted on.
MEGABYTES_OF_A_PROCESSOR = 1769
# About one call a second, for the whole account (docs/decisions.md); taken for each operation by itself.
SES_SECONDS_A_CALL = 1.0


@dataclass(frozen=True, slots=True)
class Assumed:
    """AWS of one run. `pace`: seconds between calls of an operation that SES takes; `attempts`: the SDK's, a call."""

    delays: Mapping[str, Delay]
    polled_every: float
    pace: float
    attempts: int = 3

    def paced(self, pace: float) -> "Assumed":
        """The same at another pace."""
        return replace(self, pace=pace)


USUAL = Assumed(DELAYS, POLLED_EVERY_SECONDS, pace=0.0)
INSTANT = Assumed({name: Delay(0, 0, "no delay at all") for name in DELAYS}, 0.0, pace=0.0)
