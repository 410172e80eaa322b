"""Answers over HTTP: pages, JSON, and the way back after a form, each with the headers that keep a page to itself."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from reputation_guard.pages import html, style_hash
from reputation_guard.pages.message import Message

_ALWAYS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000",
}


def page(template: str, view: object, status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    """A page. It may load nothing, run nothing, stand in no frame, and send forms to where it came from only."""
    policy = (
        f"default-src 'none'; style-src '{style_hash()}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    return _answer(status, "text/html; charset=utf-8", html(template, view), {"Content-Security-Policy": policy})


def message(view: Message, status: HTTPStatus) -> Response[str]:
    """A page that only says something."""
    return page("message.html", view, status)


def in_json(found: object, status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    """An answer for programs."""
    return _answer(status, "application/json", json.dumps(found))


def see(address: str) -> Response[str]:
    """What follows a form: look at this page, by a GET, so that nothing is sent twice by a reload."""
    return _answer(HTTPStatus.SEE_OTHER, "text/plain", "", {"Location": address})


def _answer(status: HTTPStatus, content_type: str, body: str, more: Mapping[str, str] | None = None) -> Response[str]:
    return Response(status_code=status, content_type=content_type, body=body, headers={**_ALWAYS, **(more or {})})


# What is not listed contradicts what is so by now.
_STATUS = {
    "BadSignal": HTTPStatus.BAD_REQUEST,
    "BadOrder": HTTPStatus.BAD_REQUEST,
    "Empty": HTTPStatus.BAD_REQUEST,
    "BadSnooze": HTTPStatus.BAD_REQUEST,
    "UnknownRung": HTTPStatus.BAD_REQUEST,
    "UnknownIncident": HTTPStatus.NOT_FOUND,
    "UnknownTenant": HTTPStatus.NOT_FOUND,
    "WaitsForSecondApprover": HTTPStatus.ACCEPTED,
    "NotNow": HTTPStatus.SERVICE_UNAVAILABLE,
}


def status_of(answer: Mapping[str, object]) -> HTTPStatus:
    """The status of an answer to a signal or an order: 409 where it comes too late, as a second acknowledge does."""
    return _STATUS.get(str(answer["error"]), HTTPStatus.CONFLICT) if "error" in answer else HTTPStatus.OK
