"""Function URLs as AWS's front end serves them, on hosts such as ID.lambda-url.us-east-1.localhost:4566.

A browser finds every name below `localhost` on the loopback interface. Whoever cannot, connects to 127.0.0.1 and
names the host in the request. The function is told of AWS's host either way.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

_HOST = re.compile(r"(?P<url_id>[a-z0-9]{32})\.lambda-url\.(?P<region>[a-z0-9-]+)\.")
# A page names its own address in these, and a function that compares it with its host has to find them equal.
_NAMING_THE_PAGE = ("origin", "referer")
_WITHOUT_BODY = (204, 304)

Response = tuple[int, dict[str, Any], bytes]


def on_this_machine(function_url: str, port: int) -> str:
    """Return the address at which a browser on this machine opens a deployed function URL, path and query included."""
    parts = urlsplit(function_url)
    host = str(parts.hostname).removesuffix(".on.aws")
    return parts._replace(scheme="http", netloc=f"{host}.localhost:{port}").geturl()


@dataclass(frozen=True, slots=True)
class UrlRequest:
    """A request to a function URL, as it came."""

    url_id: str
    region: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def read(cls, scope: Mapping[str, Any]) -> Self | None:
        """Read an ASGI request before its body; None where its host is no function URL's."""
        headers = _joined(scope.get("headers", ()))
        host = _HOST.match(headers.get("host", ""))
        if scope["type"] != "http" or not host:
            return None
        query = scope.get("query_string", b"").decode("latin-1")
        return cls(host["url_id"], host["region"], scope["method"], scope["path"], query, headers, b"")

    @property
    def parameters(self) -> dict[str, list[str]]:
        """The query's parameters."""
        return parse_qs(self.query, keep_blank_values=True)

    @property
    def _origin(self) -> str:
        return f"https://{self.url_id}.lambda-url.{self.region}.on.aws"

    @property
    def _local_origin(self) -> str:
        return f"http://{self.headers['host']}"

    def event(self, event: dict[str, Any], identity: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return an event of payload format 2.0 with what the request has and the event lacks.

        The identity is that of the one who signed, where a signature is asked for.
        """
        headers = dict(event["headers"])
        for name in _NAMING_THE_PAGE:
            if headers.get(name, "").startswith(self._local_origin):
                headers[name] = self._origin + headers[name].removeprefix(self._local_origin)
        # Of cookies, AWS documents the member alone.
        cookies = [each.strip() for each in headers.pop("cookie", "").split(";") if each.strip()]
        told = {**event, "rawQueryString": self.query, "headers": headers}
        if cookies:
            told["cookies"] = cookies
        if identity:
            told["requestContext"] = {**event["requestContext"], "authorizer": {"iam": dict(identity)}}
        return told

    def response(self, status: int, headers: Mapping[str, Any], body: bytes) -> Response:
        """Return a function's answer as it goes to the one who asked, with redirections that stay on this machine."""
        sent = {
            name: self._local_origin + value.removeprefix(self._origin)
            if name.lower() == "location" and value.startswith(self._origin)
            else value
            for name, value in headers.items()
            if name.lower() != "content-length"
        }
        if status in _WITHOUT_BODY:
            return status, sent, b""
        sent["content-length"] = str(len(body))
        return status, sent, b"" if self.method == "HEAD" else body


def _joined(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by their lower-case names; those that came more than once are joined as AWS joins them."""
    joined: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        between = "; " if name == "cookie" else ","
        joined[name] = f"{joined[name]}{between}{value}" if name in joined else value
    return joined
