"""What targets of EventBridge's rules lean on inside MiniStack: API destinations, retries and dead letters."""
# ruff: noqa: SLF001 -- private names are what this module is for

import json
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from ministack.services import eventbridge, sqs, stepfunctions

from local.events import Account
from local.ministack_inside import Record, scope

log = logging.getLogger("local.events")

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
# AWS's own, for a target without a RetryPolicy. How long AWS waits between two attempts is not documented.
_MOST_RETRIES = 185
_OLDEST_SECONDS = 86_400
_FIRST_REST_SECONDS = 0.1
_LONGEST_REST_SECONDS = 30.0
_RETRIED = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_MANY_REQUESTS,
}


class ElsewhereError(Exception):
    """A call that would leave this machine."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why an attempt failed, in the codes that AWS documents for dead letters."""

    code: str
    message: str
    retried: bool


@dataclass(frozen=True, slots=True)
class _Delivery:
    """An event on its way to one target of a rule."""

    rule_arn: str
    target: Record
    event: str

    def bury(self, failure: _Failure, retries: int = 0, exhausted: str = "") -> None:
        """Send the event to the target's dead letters with what AWS says of the failure."""
        arn = (self.target.get("DeadLetterConfig") or {}).get("Arn", "")
        queue = sqs._queue_by_arn(arn) if arn else None
        where = arn if queue else "nowhere"
        log.warning("%s was not reached, its event went %s: %s", self.target["Arn"], where, failure.message)
        if not queue:
            return
        told = {
            "RULE_ARN": self.rule_arn,
            "TARGET_ARN": self.target["Arn"],
            "ERROR_CODE": failure.code,
            "ERROR_MESSAGE": failure.message,
            "RETRY_ATTEMPTS": str(retries),
        } | ({"EXHAUSTED_RETRY_CONDITION": exhausted} if exhausted else {})
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
        message = {"QueueUrl": queue["url"], "MessageBody": self.event, "MessageAttributes": attributes}
        sqs._act_send_message(message, queue["url"])


_under_way: ContextVar[_Delivery] = ContextVar("_under_way")


def keep_promises_of_targets() -> None:
    """Let rules retry API destinations, keep what they cannot deliver, and never call out of this machine."""
    eventbridge._invoke_target = partial(_invoke, eventbridge._invoke_target)
    eventbridge._dispatch_to_stepfunctions = partial(_start_execution, eventbridge._dispatch_to_stepfunctions)
    eventbridge._build_api_destination_request = partial(_build_request, eventbridge._build_api_destination_request)
    eventbridge._deliver_to_api_destination = _deliver
    eventbridge._http_open = partial(_open_here, eventbridge._http_open)
    # A proxy would be elsewhere.
    no_proxy = urllib.request.ProxyHandler({})
    eventbridge._api_dest_opener = urllib.request.build_opener(no_proxy, eventbridge._NoFollowRedirect())


def _invoke(original: Callable[..., None], target: Record, event: Record, rule: Record, view: Any = None) -> None:
    view = view or eventbridge._pattern_event_view(event)
    before = _under_way.set(_Delivery(rule.get("Arn", ""), target, json.dumps(view.event_with_detail())))
    try:
        original(target, event, rule, view)
    finally:
        _under_way.reset(before)


def _start_execution(original: Callable[..., None], machine_arn: str, payload: str) -> None:
    if stepfunctions._resolve_state_machine_arn(machine_arn) is None:
        _under_way.get().bury(_Failure("NO_RESOURCE", f"State machine {machine_arn} does not exist", retried=False))
    else:
        original(machine_arn, payload)


def _build_request(original: Callable[..., Record], *arguments: Any) -> Record:
    # The delivery goes on in a thread of its own, which knows no context.
    return {**original(*arguments), "delivery": _under_way.get()}


def _open_here(original: Callable[..., Any], request: urllib.request.Request, timeout: int = 5) -> Any:
    host = urlsplit(request.full_url).hostname
    if host not in LOOPBACK_HOSTS:
        raise ElsewhereError(f"{request.get_method()} {request.full_url}")
    return original(request, timeout)


def _deliver(_: str, request: Record, connection: Record, token_key: tuple[str, str, str]) -> None:
    delivery: _Delivery = request["delivery"]
    policy = delivery.target.get("RetryPolicy") or {}
    most = int(policy.get("MaximumRetryAttempts", _MOST_RETRIES))
    latest = time.monotonic() + int(policy.get("MaximumEventAgeInSeconds", _OLDEST_SECONDS))
    retries = 0
    with scope(Account(*token_key[:2])):
        while failure := _attempt(request, connection, token_key, is_retry=retries > 0):
            rest = min(_FIRST_REST_SECONDS * 2**retries, _LONGEST_REST_SECONDS)
            if not failure.retried:
                delivery.bury(failure, retries)
                return
            if retries >= most:
                delivery.bury(failure, retries, "MaximumRetryAttempts")
                return
            if time.monotonic() + rest > latest:
                delivery.bury(failure, retries, "MaximumEventAgeInSeconds")
                return
            time.sleep(rest)
            retries += 1


def _attempt(
    request: Record, connection: Record, token_key: tuple[str, str, str], *, is_retry: bool
) -> _Failure | None:
    """Call an API destination once; None where it took the event, or where it is not on this machine."""
    try:
        # A token of OAuth is asked for anew after a refusal.
        headers = eventbridge._connection_auth_headers(connection, token_key, is_retry)
        status: int = eventbridge._api_destination_send_sync(request, headers)
    except ElsewhereError as elsewhere:
        log.warning("Not called, for it is not on this machine: %s with %s", elsewhere, request["body"])
        return None
    except TimeoutError as error:
        return _Failure("TIMEOUT", str(error), retried=True)
    except (OSError, ValueError) as error:
        return _Failure("CONNECTION_FAILURE", str(error), retried=True)
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    throttled = status == HTTPStatus.TOO_MANY_REQUESTS
    retried = status in _RETRIED or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return _Failure("THROTTLING" if throttled else "ERROR_FROM_TARGET", f"HTTP status {status}", retried=retried)
