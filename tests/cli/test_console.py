"""`guard console`: what the operator's own browser asks is signed and passed on, and nothing else is."""

import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from cli.account import Account
from cli.console.proxy import COOKIE, Proxy
from tests.cli.aws import FakeAws, guard

Heard = list[tuple[str, str, dict[str, str], bytes]]


class Operators(BaseHTTPRequestHandler):
    """The operators' URL."""

    heard: Heard
    answer: tuple[int, Mapping[str, str], bytes]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.heard.append((self.command, self.path, headers, body))
        status, answered, content = self.answer
        self.send_response(status)
        for name, value in {**answered, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def operators() -> Iterator[ThreadingHTTPServer]:
    """The operators' URL, as it runs."""
    page = (200, {"Content-Type": "text/html", "Content-Security-Policy": "default-src 'none'", "Server": "x"}, b"page")
    handler = type("Told", (Operators,), {"heard": [], "answer": page})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def proxy(operators: ThreadingHTTPServer) -> Iterator[Proxy]:
    """The proxy before it."""
    with Proxy(f"http://127.0.0.1:{operators.server_port}/", Account(region="eu-west-1")) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def ask(
    proxy: Proxy, method: str, path: str, body: bytes | None = None, /, **headers: str | None
) -> tuple[HTTPResponse, bytes]:
    """Ask the proxy as a browser does; a header that is None is left out."""
    usual = {"Host": f"127.0.0.1:{proxy.server_port}", "Cookie": f"{COOKIE}={proxy.cookie}"}
    said = usual | {name.replace("_", "-"): value for name, value in headers.items()}
    connection = HTTPConnection("127.0.0.1", proxy.server_port, timeout=5)
    connection.request(method, path, body, {name: value for name, value in said.items() if value is not None})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def heard(operators: ThreadingHTTPServer) -> Heard:
    """What the operators' URL heard."""
    told: Any = operators.RequestHandlerClass
    found: Heard = told.heard
    return found


def test_it_listens_on_the_loopback_interface_alone(proxy: Proxy) -> None:
    assert proxy.server_address[0] == "127.0.0.1"
    assert proxy.address.startswith(f"http://127.0.0.1:{proxy.server_port}/")
    assert len(proxy.path) > 40


def test_the_secret_address_gives_the_cookie_to_whoever_opens_it_first(
    proxy: Proxy, operators: ThreadingHTTPServer
) -> None:
    """The command line of a browser shows it to everybody on this computer, who comes too late then."""
    assert ask(proxy, "HEAD", proxy.path, Cookie=None)[0].status == 403, "a preview of the link does not use it up"
    answer, _ = ask(proxy, "GET", proxy.path, Cookie=None)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert answer.headers["Set-Cookie"] == f"{COOKIE}={proxy.cookie}; HttpOnly; SameSite=Strict; Path=/"
    again, content = ask(proxy, "GET", proxy.path, Cookie=None)
    assert (again.status, again.headers["Set-Cookie"]) == (403, None)
    assert b"If that was not you, end guard console" in content
    assert heard(operators) == []


def test_of_many_who_open_the_address_at_once_one_is_let_in(proxy: Proxy) -> None:
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: ask(proxy, "GET", proxy.path, Cookie=None)[0].status, range(8)))
    assert sorted(answers) == [303, *[403] * 7]


def test_the_browser_that_was_let_in_may_come_back_by_the_address(proxy: Proxy) -> None:
    """It does so when a person goes back, or opens the tab of yesterday."""
    answer, _ = ask(proxy, "GET", proxy.path)
    assert (answer.status, answer.headers["Location"], answer.headers["Set-Cookie"]) == (303, "/", None)
    assert ask(proxy, "GET", proxy.path, Cookie=None)[0].status == 303, "nobody was let in by that"


def test_what_the_browser_asks_is_signed_and_passed_on(proxy: Proxy, operators: ThreadingHTTPServer) -> None:
    answer, content = ask(
        proxy, "GET", "/incidents/shop.3?tab=a%2fb", Accept_Language="en", Sec_Fetch_Site="same-origin"
    )
    assert (answer.status, content) == (200, b"page")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    assert answer.headers["Server"] != "x"
    ((method, path, headers, body),) = heard(operators)
    assert (method, path, body) == ("GET", "/incidents/shop.3?tab=a%2Fb", b"")
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=testing/")
    assert "/eu-west-1/lambda/aws4_request, SignedHeaders=accept-language;host;x-amz-date, " in headers["authorization"]
    assert headers["host"] == f"127.0.0.1:{operators.server_port}"
    assert "cookie" not in headers, "the secret stays here"


def test_a_form_is_passed_on_with_its_body(proxy: Proxy, operators: ThreadingHTTPServer) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded", "Origin": proxy.origin}
    answer, _ = ask(proxy, "POST", "/incidents/shop.3/signals", b"signal=acknowledge", **form)
    assert answer.status == 200
    ((method, _, headers, body),) = heard(operators)
    assert (method, body) == ("POST", b"signal=acknowledge")
    assert headers["content-type"] == form["Content_Type"]


ATTACKS: dict[str, dict[str, str | None]] = {
    "no cookie": {"Cookie": None},
    "a wrong cookie": {"Cookie": f"{COOKIE}=guessed"},
    "a broken cookie": {"Cookie": '"; =;;'},
    "a name that was rebound to this computer": {"Host": "evil.example:80"},
    "another name of this computer": {"Host": "localhost:80"},
    "no host": {"Host": ""},
    "a page of another site": {"Origin": "https://evil.example"},
    "a page of another port here": {"Origin": "http://127.0.0.1:1"},
    "a page without an origin": {"Origin": "null"},
    "a link on another site": {"Sec_Fetch_Site": "cross-site"},
    "a link on another port here": {"Sec_Fetch_Site": "same-site"},
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_nobody_else_is_let_through(
    proxy: Proxy, operators: ThreadingHTTPServer, method: str, attack: dict[str, str | None]
) -> None:
    answer, content = ask(proxy, method, "/tenants", b"" if method == "POST" else None, **attack)
    assert answer.status == 403
    assert b"Only the browser that guard console opened" in content
    assert proxy.cookie not in str(answer.headers) + content.decode()
    assert heard(operators) == []


@pytest.mark.parametrize("foreign", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
def test_not_even_the_secret_address_helps_a_foreign_page(proxy: Proxy, foreign: dict[str, str]) -> None:
    answer, _ = ask(proxy, "GET", proxy.path, None, **foreign)
    assert (answer.status, answer.headers["Set-Cookie"]) == (403, None)


def test_a_request_never_goes_elsewhere(proxy: Proxy, operators: ThreadingHTTPServer) -> None:
    assert ask(proxy, "GET", "http://evil.example/")[0].status == 403
    assert ask(proxy, "GET", "@evil.example/")[0].status == 403
    assert heard(operators) == []


def test_a_redirect_leads_by_way_of_the_proxy(proxy: Proxy, operators: ThreadingHTTPServer) -> None:
    told: Any = operators.RequestHandlerClass
    for there, here in (
        (f"http://127.0.0.1:{operators.server_port}/incidents/shop.3?a=b", "/incidents/shop.3?a=b"),
        (f"http://127.0.0.1:{operators.server_port}", "/"),
        ("/incidents", "/incidents"),
        ("https://docs.aws.amazon.com/ses", "https://docs.aws.amazon.com/ses"),
    ):
        told.answer = (303, {"Location": there}, b"")
        answer, _ = ask(proxy, "POST", "/x", b"")
        assert (answer.status, answer.headers["Location"]) == (303, here)


def test_what_is_larger_than_a_page_or_a_form_is_not_passed_on(
    proxy: Proxy, operators: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(proxy, "POST", "/x", b"a" * (256 * 1024 + 1))[0].status == 413
    assert heard(operators) == []
    monkeypatch.setattr("cli.console.proxy._MOST_ANSWERED", 3)
    assert ask(proxy, "GET", "/")[0].status == 502


def test_a_url_that_does_not_answer_is_told(operators: ThreadingHTTPServer) -> None:
    with Proxy("http://127.0.0.1:9", Account(region="eu-west-1")) as proxy:
        answer = proxy.answer("GET", "/", {"Host": proxy.origin[7:], "Cookie": f"{COOKIE}={proxy.cookie}"}, b"")
    assert (answer.status, b"cannot be asked" in answer.body) == (502, True)
    assert heard(operators) == []


@pytest.fixture
def opened(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that a browser was let in by, before it returned; each console is ended by Ctrl-C then."""
    addresses: list[str] = []

    def open_browser(address: str) -> bool:
        """A browser in the terminal: it shows the page before guard goes on."""
        there = urlsplit(address)
        connection = HTTPConnection(there.netloc, timeout=5)
        connection.request("GET", there.path)
        if connection.getresponse().status == 303:
            addresses.append(address)
        connection.close()
        return True

    def wait(_serving: threading.Thread) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("webbrowser.open", open_browser)
    monkeypatch.setattr("cli.console.command._wait_for", wait)
    aws.outputs["OperatorsUrl"] = "https://abc.lambda-url.eu-west-1.on.aws/"
    return addresses


def test_a_browser_is_sent_to_what_answers_already_and_ctrl_c_ends_it(opened: list[str]) -> None:
    result = guard("console")
    assert (result.exit_code, len(opened)) == (0, 1)
    assert opened[0] in result.stdout


def test_without_a_browser_the_address_is_printed(opened: list[str]) -> None:
    result = guard("console", "--no-browser")
    assert (result.exit_code, opened) == (0, [])
    assert result.stdout.splitlines()[-1].startswith("http://127.0.0.1:")
    assert json.loads(guard("console", "--json").stdout)["address"].startswith("http://127.0.0.1:")


@pytest.mark.usefixtures("opened")
def test_a_port_that_is_taken_is_named(operators: ThreadingHTTPServer) -> None:
    result = guard("console", "--port", str(operators.server_port))
    assert (result.exit_code, "cannot be had" in result.stderr) == (2, True)


@pytest.mark.usefixtures("aws")
def test_a_stack_without_the_page_says_so() -> None:
    result = guard("console")
    assert (result.exit_code, "has no page for operators" in result.stderr) == (2, True)
