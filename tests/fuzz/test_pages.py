"""The two consoles: whatever a Function URL hands over gets a page or a clear refusal."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reputation_guard.domain.links import Keyring, LinkRefusedError, check_form, form_token, sign, verify
from tests.fakes.keys import InMemoryKey
from tests.functions.conftest import ARRIVED, Context, handler_of
from tests.functions.test_console import ID, NAME, incident, keys
from tests.functions.visitors import FORM, OLGA
from tests.fuzz.shapes import ODD_TEXTS, VALUES, mutated, nested, tried

__all__ = ["incident", "keys"]
pytestmark = pytest.mark.usefixtures("incident", "keys", "outlets")

KEYS = Keyring((("11111111", b"0" * 64),))
LINK = sign(ID, ARRIVED + timedelta(days=7), InMemoryKey().keyring())
TOKEN = form_token(ID, "nonce", ARRIVED + timedelta(hours=1), InMemoryKey().keyring())
PATHS = [
    "/", f"/i/{LINK}", f"/i/{LINK}/tenant", f"/incidents/{ID}", f"/incidents/{ID}/signals", f"/tenants/{NAME}",
    f"/tenants/{NAME}/resume", f"/tenants/{NAME}/pause", "/i/", "/i/%00", "/incidents/%ED%A0%80", "/tenants/%2F",
    "/tenants/a%0Ab/pause", f"/incidents/{'x' * 3000}", f"/tenants/{'x' * 300}", "//", "/i/\ud800", "/incidents/Ä",
]  # fmt: skip
BODIES = st.sampled_from(
    [
        "", f"token={TOKEN}&signal=note&text=x&by=Olga", f"token={TOKEN}&signal=snooze&for=1h&by=Olga",
        "token=%ED%A0%80",
        f"token={TOKEN}&do=pause&reason=x&operator=y", "a&" * 30, "a=1&a=2", "%", "=%00", "&;=", '{"signal": "note"}',
        '{"signal": "note", "text": "x"}', '{"reason": "x"}', '{"dry_run": true}', '{"a": NaN}', "[" * 2_000,
        f'{{"reason": {"[" * 50_000}', f'{{"reason": {"9" * 5_000}}}', '{"reason": "\\ud800"}', '"text"', "null",
        "\x00",
    ]
)  # fmt: skip
TYPES = [FORM, "application/json", "application/json; charset=utf-16", "text/plain", "multipart/form-data", "", "\x00"]
NOT_BASE_64 = ["x", "=", "A" * 5, "/////w==", base64.b64encode(b"\xff\xfe").decode(), "é"]


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """A request as a Function URL hands it over (payload 2.0), with what strangers can choose in it."""
    path, body = draw(st.sampled_from(PATHS)), draw(BODIES)
    method = draw(st.sampled_from(["GET", "POST", "POST", "PUT", "HEAD", "OPTIONS", "BREW"]))
    encoded = draw(st.booleans())
    if encoded:
        body = draw(st.sampled_from([base64.b64encode(body.encode()).decode(), *NOT_BASE_64]))
    headers = {"content-type": draw(st.sampled_from(TYPES)), "accept": draw(st.sampled_from(["text/html", "*/*", ""]))}
    more = draw(
        st.dictionaries(st.sampled_from(["cookie", "x-forwarded-for", "host", "origin"]), ODD_TEXTS, max_size=2)
    )
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": draw(st.sampled_from(["", "a=1&a=2", "%ED%A0%80", "&&", "a=" + "x" * 8_000])),
        "headers": headers | more,
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "::1", "userAgent": ""},
            "authorizer": {"iam": {"userArn": OLGA}},
            "requestId": draw(st.uuids()).hex,
            "stage": "$default",
        },
        "isBase64Encoded": encoded,
    }
    if draw(st.booleans()):
        event["queryStringParameters"] = draw(st.dictionaries(st.text(max_size=5), ODD_TEXTS, max_size=3))
    if draw(st.booleans()):
        event["cookies"] = draw(st.lists(ODD_TEXTS, max_size=3))
    if body or draw(st.booleans()):
        event["body"] = body
    return event


def request(path: str, body: str, content_type: str = "application/json") -> dict[str, Any]:
    http = {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "::1", "userAgent": ""}
    context = {"http": http, "authorizer": {"iam": {"userArn": OLGA}}, "requestId": "r", "stage": "$default"}
    headers = {"content-type": content_type, "accept": "*/*"}
    return {"version": "2.0", "rawPath": path, "rawQueryString": "", "headers": headers, "requestContext": context} | {
        "body": body,
        "isBase64Encoded": False,
    }


@tried(200)
@given(requests())
@example(request(f"/tenants/{NAME}/pause", "[" * 2_000))
@example(request(f"/tenants/{NAME}/pause", '{"reason": "\\ud800"}'))
@example(request(f"/incidents/{ID}/signals", json.dumps({"signal": "note", "text": "\ud800"})))
@example(request(f"/incidents/{ID}/signals", json.dumps({"signal": "snooze", "until": "9999-12-31T23:59:59-14:00"})))
@example(request("/i/\ud800", "x", FORM))
def test_every_request_gets_a_page_or_a_refusal(event: dict[str, Any]) -> None:
    for module in ("app", "operators"):
        answer = handler_of("console", module)(event, Context())
        assert answer["statusCode"] in {200, 303, 400, 403, 404, 405, 409, 415, 503}
        json.dumps(answer)
        (answer["body"] or "").encode()


SIGNALS: list[Any] = [
    {"signal": "acknowledge"},
    {"signal": "snooze", "for": "90m", "text": "x"},
    {"signal": "snooze", "until": "2026-11-25T08:00:00Z"},
    {"signal": "hand over", "rung": "2"},
    {"signal": "note", "text": "list bought", "id": "1"},
]
ORDERS: list[Any] = [{"reason": "x"}, {"reason": "x", "dry_run": True}, {"reason": "x", "incident": ID, "version": 1}]


@tried(80)
@given(mutated(SIGNALS + ORDERS) | VALUES)
@example(nested(200))
def test_every_payload_of_a_program_gets_an_answer(payload: Any) -> None:
    body = json.dumps(payload)
    for path in (f"/incidents/{ID}/signals", f"/tenants/{NAME}/resume", f"/tenants/{NAME}/pause"):
        answer = handler_of("console", "operators")(request(path, body), Context())
        assert answer["statusCode"] in {200, 303, 400, 403, 404, 409, 415, 503}


@tried(200)
@given(st.data())
@example(None)
def test_no_token_but_the_one_that_was_signed_opens_anything(data: st.DataObject | None) -> None:
    odd = ["", ".", "..", "11111111..", "11111111.e30.", "\ud800.\ud800.\ud800", "11111111.W10.é", "x" * 100_000]
    texts = [data.draw(ODD_TEXTS | st.text(max_size=60)), _changed(data)] if data else odd
    for text in texts:
        with pytest.raises(LinkRefusedError):
            verify(text, KEYS, ARRIVED)
        with pytest.raises(LinkRefusedError):
            check_form(text, ID, KEYS, ARRIVED)


def _changed(data: st.DataObject) -> str:
    """A signed token with one piece of it replaced."""
    whole = data.draw(st.sampled_from([LINK, TOKEN]))
    at = data.draw(st.integers(0, len(whole) - 1))
    put = data.draw(ODD_TEXTS | st.text(max_size=3))
    until = data.draw(st.integers(at, len(whole)))
    changed = f"{whole[:at]}{put}{whole[until:]}"
    return changed if changed not in {LINK, TOKEN} else "nothing"
