"""A loopback proxy to the operators' URL: it signs what the operator's own browser asks, and nothing else.

Whatever runs on this computer can reach the port, and any page in any browser can send requests to it. So a request is
passed on only if it names this proxy as its host (a name that somebody rebinds to 127.0.0.1 does not), comes from no
page of another origin, and carries the cookie that only whoever opened the secret address got. That address is good for
one use, since whoever opens a browser shows it to all who list this computer's processes.
"""

import hmac
import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import urllib3
from botocore.exceptions import BotoCoreError

LOOPBACK = "127.0.0.1"
COOKIE = "guard-console"
_PATIENCE = urllib3.Timeout(connect=5, read=35)
# A function URL takes and gives 6 MB; a page and a form of ours are far below.
_MOST_ASKED, _MOST_ANSWERED = 256 * 1024, 6 * 1024 * 1024
_ASKED = ("Accept", "Accept-Language", "Content-Type")
_ANSWERED = frozenset(
    {"content-type", "content-security-policy", "cache-control", "referrer-policy", "x-content-type-options"}
)
_FOREIGN = "Only the browser that guard console opened may come here. Start guard console again."
_SPENT = (
    "This address is good for one use, and was used. If that was not you, end guard console with Ctrl-C at once: "
    "somebody else has your rights in it. Otherwise start it again."
)


class Signs(Protocol):
    """Who signs requests with the operator's credentials."""

    def signed(
        self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """The headers of a request, with those that prove who sends it."""

    def way_to(self, url: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """Where the URL is reached, and with which headers."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the browser."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Proxy(ThreadingHTTPServer):
    """The proxy, bound to the loopback interface alone. `address` is what the operator opens; it works once it runs."""

    daemon_threads = True

    def __init__(self, url: str, signs: Signs, port: int = 0) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.origin_url = url.rstrip("/")
        self.signs = signs
        self.pool = urllib3.PoolManager(timeout=_PATIENCE, retries=False)
        self.path, self.cookie = f"/{secrets.token_urlsafe(32)}", secrets.token_urlsafe(32)
        self._unused = threading.Semaphore(1)

    @property
    def origin(self) -> str:
        """What a browser calls the proxy."""
        return f"http://{LOOPBACK}:{self.server_port}"

    @property
    def address(self) -> str:
        """The secret address: whoever opens it first gets the cookie."""
        return f"{self.origin}{self.path}"

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a request of somebody: only the operator's own browser is let through."""
        if not self._is_for_us(headers) or not path.startswith("/"):
            return _refused(_FOREIGN)
        is_known = _is_same(_cookie_in(headers), self.cookie)
        if method == "GET" and _is_same(path, self.path):
            return self._let_in(is_known=is_known)
        if not is_known:
            return _refused(_FOREIGN)
        return self._passed_on(method, path, headers, body)

    def _let_in(self, *, is_known: bool) -> Answer:
        there = {"Location": "/", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        if is_known:
            return Answer(303, there)
        if not self._unused.acquire(blocking=False):
            return _refused(_SPENT)
        return Answer(303, there | {"Set-Cookie": f"{COOKIE}={self.cookie}; HttpOnly; SameSite=Strict; Path=/"})

    def _is_for_us(self, headers: Mapping[str, str]) -> bool:
        host, origin = headers.get("Host", ""), headers.get("Origin")
        # A browser says so itself where a page of another site, or of another port here, sends the request.
        is_foreign = headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}
        is_ours = origin is None or origin == self.origin
        return host == f"{LOOPBACK}:{self.server_port}" and is_ours and not is_foreign

    def _passed_on(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        # As urllib3 will write it, since that is what is signed.
        url = urllib3.util.parse_url(f"{self.origin_url}{path}").url
        asked = {name: headers[name] for name in _ASKED if name in headers}
        try:
            place, signed = self.signs.way_to(url, self.signs.signed(method, url, body, asked))
            found = self.pool.request(
                method, place, body=body or None, headers=signed, redirect=False, preload_content=False
            )
            with found:
                # One byte more than is allowed tells that there is more.
                content = found.read(_MOST_ANSWERED + 1, decode_content=True)
        except (urllib3.exceptions.HTTPError, BotoCoreError) as error:
            return _plain(502, f"The operators' URL cannot be asked: {error}")
        if len(content) > _MOST_ANSWERED:
            return _plain(502, "The operators' URL answered more than a page.")
        return Answer(found.status, dict(self._answered(found.headers)), content)

    def _answered(self, headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        yield from ((name, value) for name, value in headers.items() if name.lower() in _ANSWERED)
        if "Location" in headers:
            yield "Location", self._here(headers["Location"])

    def _here(self, location: str) -> str:
        """Where a redirect leads by way of the proxy; the way to other places stays as it is."""
        there, ours = urlsplit(location), urlsplit(self.origin_url)
        return there._replace(scheme="", netloc="").geturl() or "/" if there.netloc == ours.netloc else location


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        self._reply(b"")

    def do_HEAD(self) -> None:
        self._reply(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MOST_ASKED:
            self.close_connection = True
            self._send(_plain(413, "A form of the console is shorter than that."))
            return
        self._reply(self.rfile.read(int(length)))

    def _reply(self, body: bytes) -> None:
        proxy = cast("Proxy", self.server)
        self._send(proxy.answer(self.command, self.path, cast("Any", self.headers), body))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """The secret address is in the first request line: nothing is logged."""


def _cookie_in(headers: Mapping[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("Cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _is_same(said: str, secret: str) -> bool:
    return hmac.compare_digest(said.encode(), secret.encode())


def _refused(why: str) -> Answer:
    return _plain(403, why)


def _plain(status: int, text: str) -> Answer:
    headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
    return Answer(status, headers | {"X-Content-Type-Options": "nosniff"}, f"{text}\n".encode())
