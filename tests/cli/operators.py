"""The operators' URL of a fake deployment, as whoever calls it meets it."""

import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any


class Operators(BaseHTTPRequestHandler):
    """The operators' URL: it keeps what came, and answers as it is told."""

    heard: list[tuple[str, Mapping[str, str], Any]]
    status: int
    answer: bytes

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((self.path, {name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None: ...
