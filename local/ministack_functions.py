"""What functions' errors and their URLs lean on inside MiniStack."""
# ruff: noqa: SLF001 -- private names are what this module is for

import re
from contextvars import ContextVar
from functools import partial
from typing import Any

from ministack.core import router
from ministack.services import lambda_svc, sts

from local.ministack_inside import Record, caller, scope
from local.urls import Response, UrlRequest

# The line that ends a traceback, and begins with the error's whole name.
_RAISED = re.compile(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(?P<name>[^\s:]+)", re.MULTILINE)


def name_errors_of_functions() -> None:
    """Let a failed invocation carry the name of the error that the function raised, where MiniStack has one for all."""
    lambda_svc._execute_function_warm = partial(_execute, lambda_svc._execute_function_warm)


def _execute(original: Any, *arguments: Any) -> Record:
    answer: Record = original(*arguments)
    raised = _RAISED.findall(answer.get("log") or "") if answer.get("error") else []
    if raised and answer["body"].get("errorType") == "Runtime.HandlerError":
        answer["body"]["errorType"] = raised[-1].rpartition(".")[2]
    return answer


_asked: ContextVar[UrlRequest] = ContextVar("_asked")


def tell_functions_who_asks() -> None:
    """Let the events of function URLs carry what was asked, and by whom where the URL asks for a signature."""
    lambda_svc._build_function_url_event = partial(_build_event, lambda_svc._build_function_url_event)


async def answer_url(request: UrlRequest) -> Response:
    """Let a function answer a request to its URL."""
    before = _asked.set(request)
    try:
        status, headers, body = await lambda_svc.handle_function_url_request(
            request.url_id, request.method, request.path, dict(request.headers), request.body, request.parameters
        )
    finally:
        _asked.reset(before)
    return request.response(status, headers, body)


def _build_event(original: Any, *arguments: Any, **named: Any) -> Record:
    event: Record = original(*arguments, **named)
    request = _asked.get(None)
    if request is None:
        return event
    return request.event(event, None if named.get("anonymous") else _identity(request))


def _identity(request: UrlRequest) -> Record:
    """Return the caller as AWS's event names it, which is as GetCallerIdentity does."""
    headers = dict(request.headers)
    with scope(caller(headers)):
        found = sts._caller_identity(headers, request.parameters)
    known: Record = found if isinstance(found, dict) else {}
    account = known.get("accountId", caller(headers).account_id)
    user_id = known.get("userId", account)
    return {
        "accessKey": router.extract_access_key_id(headers, request.parameters),
        "accountId": account,
        "callerId": user_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": known.get("userArn", f"arn:aws:iam::{account}:root"),
        "userId": user_id,
    }
