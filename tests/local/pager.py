"""An on-call tool on this machine: it keeps what it is sent, and answers as it is told to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

TAKEN = 202
HANGS_UP = 0  # no status: the connection ends without an answer


@dataclass(frozen=True, slots=True)
class Call:
    """What came in one request; the names of headers are in lower case."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class _Refusal:
    statuses: list[int]
    path: str
    words: tuple[str, ...]

    def is_of(self, path: str, text: str) -> bool:
        return bool(self.statuses) and path.startswith(self.path) and all(word in text for word in self.words)


class Pager(ThreadingHTTPServer):
    """The HTTP server, on the loopback interface alone."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[Call] = []
        self._refusals: list[_Refusal] = []

    @classmethod
    @contextmanager
    def serving(cls) -> Iterator[Self]:
        """Serve in a thread until the `with` ends."""
        with cls() as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield server
            finally:
                server.shutdown()
                thread.join()

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.server_port}{path}"

    def refuse(self, *statuses: int, path: str = "", words: tuple[str, ...] = ()) -> None:
        """Answer the next calls of a path that hold all these words with these statuses, one after the other."""
        self._refusals.append(_Refusal(list(statuses), path, words))

    def forget(self) -> None:
        """Forget all calls, and what was to be refused."""
        self.calls.clear()
        self._refusals.clear()

    def answer_to(self, path: str, text: str) -> int:
        """The status with which a call is answered."""
        refusing = (each for each in self._refusals if each.is_of(path, text))
        refusal = next(refusing, None)
        return refusal.statuses.pop(0) if refusal else TAKEN


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        pager: Any = self.server
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        pager.calls.append(Call(self.path, headers, json.loads(text)))
        if status := pager.answer_to(self.path, text):
            self.send_response(status)
            self.end_headers()

    def log_message(self, *_: object) -> None:
        pass
