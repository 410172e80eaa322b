"""The price list, with the page and the day of each price, and what is bought by it."""

import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("prices.json")
MILLION = 1_000_000
GB = 1e9

EVENTS = "EventBridge: a million events"
REQUESTS_OF_SQS = "SQS standard: a million requests of 64 KB"
INVOCATIONS = "Lambda: a million requests"
GB_SECONDS = "Lambda on arm64: a GB-second"
WRITES = "DynamoDB on demand: a million write units"
READS = "DynamoDB on demand: a million read units"
LOG = "CloudWatch Logs: a GB taken in"

Usage = Counter[str]
"""How much was bought of what, in single events, requests, units and bytes; of `GB_SECONDS` in GB-seconds."""
_A_UNIT_IS = {LOG: GB, GB_SECONDS: 1.0}


@cache
def _list() -> dict[str, float]:
    return {name: each["usd"] for name, each in json.loads(_FILE.read_text(encoding="utf-8"))["usd"].items()}


def price(name: str) -> float:
    """What one of it costs, in dollars."""
    return _list()[name]


def as_of() -> str:
    """The day of the prices."""
    return str(json.loads(_FILE.read_text(encoding="utf-8"))["as_of"])


def bill(usage: Mapping[str, float], mails: int) -> dict[str, float]:
    """Dollars per million mails, by what was bought."""
    per_million = MILLION / mails
    return {name: amount / _A_UNIT_IS.get(name, MILLION) * price(name) * per_million for name, amount in usage.items()}
