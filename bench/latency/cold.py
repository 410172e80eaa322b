"""`python -m bench.latency.cold FUNCTION`: what a cold start takes of a processor, as nothing was imported before.

Prints the seconds of the imports, and those of the first invocation beyond any other: clients, adapters and schemas.
"""

import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

FUNCTIONS = Path(__file__).parents[2] / "functions"
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nobody",
    "AWS_DEFAULT_REGION": "us-east-1",
    "COUNTS_TABLE": "counts",
    "BOOK_TABLE": "book",
    "GUARD_BUS": "GuardBus",
    "MODE": "enforce",
    "POLICY_PRESET": "standard",
    "TENANT_TAG": "guard-tenant",
    "COUNT_SIMULATOR": "no",
    "RECIPIENT_ADDRESSES": "hashed",
    "STACK_ID": "latency",
    "LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_METRICS_NAMESPACE": "ReputationGuard",
    "POWERTOOLS_SERVICE_NAME": "latency",
    "POWERTOOLS_METRICS_DISABLED": "true",
}


def main(function: str) -> None:
    """Measure one function."""
    os.environ |= _ENVIRONMENT
    before = time.process_time()
    specification = importlib.util.spec_from_file_location(function, FUNCTIONS / function / "app.py")
    assert specification  # noqa: S101 - it is our own file
    assert specification.loader  # noqa: S101 - and a Python file
    specification.loader.exec_module(importlib.util.module_from_spec(specification))
    imported = time.process_time()
    _built()[function]()
    built = time.process_time()
    first = built - imported + _beyond_any_other(function)
    print(json.dumps({"imports": imported - before, "first": first}))


def _built() -> Mapping[str, Callable[[], object]]:
    """What each builds at its first invocation."""
    from reputation_guard import wiring  # noqa: PLC0415 - as late as the function itself

    def schemas() -> object:
        from reputation_guard.wire.announcement import decisions, tenants  # noqa: PLC0415 - the same

        return decisions(), tenants()

    def of_evaluate() -> object:
        wiring.client("sqs")
        return wiring.counted(), wiring.book(), wiring.policies(), wiring.delays_in_use(), wiring.brake(), schemas()

    return {
        "ingest": lambda: (wiring.counting(), wiring.owners(), wiring.counting_rules()),
        "evaluate": of_evaluate,
        "enforce": lambda: (wiring.enforcer(), schemas()),
    }


def _beyond_any_other(function: str) -> float:
    """What the first invocation takes beyond that, over the third."""
    from bench.latency.measuring import whole_sdk  # noqa: PLC0415 - it imports what a function may not have
    from bench.latency.trial import ONE, play  # noqa: PLC0415 - the same

    first, _, third = (play(ONE, seed, whole_sdk).world.functions.cpu[function] for seed in range(3))
    return max(0.0, first - third)


if __name__ == "__main__":
    main(sys.argv[1])
