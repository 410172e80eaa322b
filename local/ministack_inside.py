"""What the embedded AWS leans on inside MiniStack, behind names of our own.

MiniStack has no plug-in API. The other modules `ministack_*` have the parts of one service each, and
`ministack_names` lists all that is used.
"""
# ruff: noqa: SLF001 -- private names are what this module is for

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar, copy_context
from datetime import datetime
from functools import partial
from itertools import count, takewhile
from threading import Thread
from typing import Any

from ministack.app import app
from ministack.core import iam_evaluator, lambda_runtime, responses, router
from ministack.services import cloudwatch, eventbridge, iam, lambda_svc, scheduler, ses_v2, sqs

from local.events import Account, Event

Response = tuple[int, dict[str, str], bytes]
Record = dict[str, Any]

_BETWEEN_LOOKS_SECONDS = 0.05
serve_aws = app


def scope(account: Account) -> AbstractContextManager[None]:
    """Act inside an account and region; every store of MiniStack is scoped by them."""
    entered: AbstractContextManager[None] = responses.request_scope(account.account_id, account.region)
    return entered


def caller(headers: dict[str, str]) -> Account:
    """Return the account and region that a request's signature names, else the default ones."""
    responses.set_request_account_id(router.extract_access_key_id(headers, {}))
    return Account(responses.get_account_id(), router.extract_region(headers, {}))


# SES. All of these act inside `scope`.


async def call_ses(method: str, path: str, body: bytes) -> Response:
    """Let MiniStack answer an SESv2 call."""
    answer: Response = await ses_v2.handle_request(method, path, {}, body, {})
    return answer


def tenants() -> dict[str, Record]:
    """Return the tenants by name."""
    return dict(ses_v2._tenants.items())


def count_send(dimensions: dict[str, str]) -> None:
    """Count one mail in SES's own metric."""
    cloudwatch.record_metric("AWS/SES", "Send", 1, "Count", dimensions)


def show_sending_status(tenant_name: str, status: str) -> None:
    """Make GetTenant and ListTenants show a sending status."""
    ses_v2._tenants[tenant_name]["SendingStatus"] = status


def resources_of(tenant_name: str) -> set[str]:
    """Return the ARNs that are associated with a tenant."""
    return set(ses_v2._tenant_resources.get(tenant_name, {}))


def has_identity(name: str) -> bool:
    """Whether an address or a domain is an identity of its own."""
    return name in ses_v2._identities


def event_destinations(configuration_set: str) -> list[Record] | None:
    """Return a configuration set's event destinations; None where the set does not exist."""
    found = ses_v2._config_sets.get(configuration_set)
    return None if found is None else list((found.get("EventDestinations") or {}).values())


# EventBridge.


def allow_ses_source() -> None:
    """Let PutEvents take events whose source is `aws.ses`, which AWS rightly refuses."""
    eventbridge._put_events = partial(eventbridge._put_events, allow_aws_source=True)


def publish(event: Event) -> None:
    """Put an event on the default bus of its account with the id and the time it carries."""
    with scope(Account(event["account"], event["region"])):
        eventbridge._ensure_default_bus()
        eventbridge._dispatch_event(
            {
                "EventId": event["id"],
                "Source": event["source"],
                "DetailType": event["detail-type"],
                "Detail": json.dumps(event["detail"]),
                "EventBusName": "default",
                "Time": int(datetime.fromisoformat(event["time"]).timestamp()),
                "Resources": event["resources"],
                "Account": event["account"],
                "Region": event["region"],
            }
        )


# IAM.

# Of one call only: the same conditions are asked of calls that nobody simulates.
_told_of_call: ContextVar[dict[str, str | list[str]]] = ContextVar("_told_of_call")


def read_context_of_simulations() -> None:
    """Let IAM's policy simulation know the ContextEntries of the call, which MiniStack ignores."""
    read_parameters, resolve = iam._extract_simulate_params, iam_evaluator._resolve_condition_key

    def read(parameters: Record) -> tuple[list[str], str]:
        _told_of_call.set(_context_entries(parameters))
        found: tuple[list[str], str] = read_parameters(parameters)
        return found

    def resolve_as_told(key: str, request: Any) -> Any:
        told = _told_of_call.get({})
        return told[key.lower()] if key.lower() in told else resolve(key, request)

    iam._extract_simulate_params, iam_evaluator._resolve_condition_key = read, resolve_as_told


def _context_entries(parameters: Record) -> dict[str, str | list[str]]:
    def members(name: str) -> list[str]:
        return list(takewhile(bool, (iam._p(parameters, name.format(number)) for number in count(1))))

    told: dict[str, str | list[str]] = {}
    for number, key in enumerate(members("ContextEntries.member.{}.ContextKeyName"), 1):
        values = members(f"ContextEntries.member.{number}.ContextKeyValues.member.{{}}")
        # Only an operator on sets compares more than one value.
        told[key.lower()] = values[0] if len(values) == 1 else values
    return told


# Scheduler.


def look_at_schedules_every(seconds: float) -> None:
    """Replace the 10 seconds between two looks at what is due."""
    scheduler._SCHEDULE_TICK_INTERVAL = seconds


def fire_schedules() -> int:
    """Make every enabled schedule fire now that fires again and again, and return how many there are."""
    # One that fires once counts as having fired as soon as a time is noted for it.
    every = scheduler._schedules._data.items()
    due = [key for key, each in every if scheduler._at_time_epoch(each["ScheduleExpression"]) is None]
    for key in due:
        scheduler._schedule_last_fired[key] = 0
    scheduler._tick_schedules()
    return len(due)


# Lambda.


def warm_functions() -> int:
    """Start one process per function, as provisioned concurrency would, and return how many there are."""
    functions = [function for function in lambda_svc._functions._data.values() if function.get("code_zip")]
    threads = [Thread(target=_warm, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(functions)


def _warm(function: Record) -> None:
    config = function["config"]
    worker, _ = lambda_runtime.acquire_worker(config["FunctionName"], config, function["code_zip"])
    try:
        with worker._lock:
            if worker._proc is None:
                worker._spawn()
                worker._cold = False
    finally:
        lambda_runtime.release_worker(worker)


def replace_layers(replace: Callable[[bytes], bytes]) -> None:
    """Give functions another archive in place of each of their layers'."""
    original = lambda_svc._resolve_layer_zip

    def resolve(attachment: str | Record) -> bytes | None:
        archive = original(attachment)
        return replace(archive) if archive else None

    lambda_svc._resolve_layer_zip = resolve


def bound_concurrency(limit: int) -> None:
    """Run at most so many batches of a queue at once; nothing else bounds the processes on this machine."""
    original = lambda_svc._sqs_esm_concurrency
    lambda_svc._sqs_esm_concurrency = lambda *arguments: min(limit, original(*arguments))


def let_events_wait_their_turn() -> None:
    """Hold an asynchronous invocation back while its function has no free reserved concurrency.

    On AWS a throttled event waits and is no attempt; MiniStack counts it as one, and ends it in the dead letters.
    """
    original = lambda_svc.invoke_async_with_retry

    def invoke(function: Record, event: Record) -> None:
        def wait_and_invoke() -> None:
            while _is_taken(function):
                time.sleep(_BETWEEN_LOOKS_SECONDS)
            original(function, event)

        Thread(target=copy_context().run, args=(wait_and_invoke,), daemon=True).start()

    lambda_svc.invoke_async_with_retry = invoke


def _is_taken(function: Record) -> bool:
    config = function.get("config") or function
    reserved = lambda_svc._reserved_concurrency(function, config)
    _, in_flight = lambda_svc.executions_in_flight()
    return reserved is not None and in_flight.get(lambda_svc._inflight_key(config), 0) >= reserved


def fill_batches() -> None:
    """Hand a function batches of a queue as large as its event source says, where MiniStack stops at ten."""
    original = sqs._receive_messages_for_esm

    def receive(queue_url: str, wanted: int) -> list[Record]:
        batch: list[Record] = []
        while len(batch) < wanted and (more := original(queue_url, wanted - len(batch))):
            batch += more
        return batch

    sqs._receive_messages_for_esm = receive


def stop_functions() -> None:
    """End every function's processes."""
    lambda_runtime.kill_workers([worker for pool in lambda_runtime._workers.values() for worker in pool])


@contextmanager
def running_functions() -> Iterator[None]:
    """End every function's processes on the way out."""
    try:
        yield
    finally:
        stop_functions()
