"""The embedded AWS as a process: MiniStack, with SES's reputation side in front of it. Loopback only.

It runs in the environment `.tools/local` and is started by `local.aws`, which sets the variables that MiniStack
reads at import: the port, and folders of the run for all that it writes.
"""

import argparse
import asyncio
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from local import ministack_inside as inside
from local import ses as reputation_side
from local.calls import Response, SesError, answer, json_object, parse
from local.controls import Controls, Moods
from local.events import Account
from local.layers import SharedLayers
from local.ministack_events import keep_promises_of_targets
from local.ministack_functions import answer_url, name_errors_of_functions, tell_functions_who_asks
from local.ministack_names import missing_names
from local.ministack_resources import add_resources
from local.ministack_secrets import rotate_with_functions
from local.ministack_states import keep_promises_of_states
from local.ministack_streams import poll_streams_with
from local.sending import Outbox
from local.ses import Ses
from local.streams import Streams
from local.urls import Response as UrlResponse
from local.urls import UrlRequest

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

LOOPBACK = "127.0.0.1"
SECONDS_BETWEEN_LOOKS_AT_SCHEDULES = 1.0


class EmbeddedAws:
    """The ASGI application: answers what MiniStack lacks and hands it everything else."""

    def __init__(self, streams: Streams) -> None:
        """Begin with an SES in which nothing has happened."""
        self._ses = Ses()
        self._outbox = Outbox(self._ses)
        self._moods = Moods()
        self._controls = Controls(self._ses, self._outbox, self._moods, streams)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if url_request := UrlRequest.read(scope):
            await _send(send, await answer_url(replace(url_request, body=await _read(receive))))
            return
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(("/v2/email/", "/_ses/", "/_local/")):
            await inside.serve_aws(scope, receive, send)
            return
        body = await _read(receive)
        try:
            response = await self._respond(scope, path, body)
        except SesError as refusal:
            response = refusal.response()
        if response is None:
            await inside.serve_aws(scope, _again(body, receive), send)
        else:
            await _send(send, response)

    async def _respond(self, scope: Scope, path: str, body: bytes) -> Response | None:
        now = _now()
        if not path.startswith("/v2/"):
            with inside.scope(Account()):
                return answer(await asyncio.to_thread(self._controls.run, path, json_object(body), now))
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        call = parse(
            account=inside.caller(headers),
            now=now,
            method=scope["method"],
            raw_path=scope["raw_path"].decode("ascii"),
            body=body,
        )
        self._moods.check(call)
        with inside.scope(call.account):
            return reputation_side.respond(self._ses, call) or await self._outbox.respond(call)


def _now() -> datetime:
    """Return the time to the millisecond, which is as fine as SES's answers are."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


async def _read(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that yields a body which was already read."""
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> dict[str, Any]:
        return unread.pop() if unread else await receive()

    return receive_again


async def _send(send: Send, response: Response | UrlResponse) -> None:
    status, headers, body = response
    # A header that comes more than once, as cookies do, is a list.
    lists = {name: value if isinstance(value, list) else [value] for name, value in headers.items()}
    pairs = [(name.encode("latin-1"), str(each).encode("latin-1")) for name, values in lists.items() for each in values]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serve until a signal comes or, for a run with a starter, until that one is gone and its pipe closes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--run-folder", type=Path, help="end when standard input closes, and remove this folder of the run"
    )
    arguments = parser.parse_args()
    missing = missing_names()
    if missing:
        sys.exit(f"MiniStack is not the one this project knows; missing: {', '.join(missing)}")
    logging.getLogger("hypercorn.access").setLevel(logging.WARNING)
    inside.allow_ses_source()
    inside.read_context_of_simulations()
    streams = Streams()
    poll_streams_with(streams.poll)
    inside.fill_batches()
    inside.let_events_wait_their_turn()
    inside.bound_concurrency(os.cpu_count() or 1)
    name_errors_of_functions()
    tell_functions_who_asks()
    keep_promises_of_targets()
    rotate_with_functions()
    add_resources()
    keep_promises_of_states(functions_at_once=os.cpu_count() or 1)
    inside.replace_layers(SharedLayers(Path(tempfile.gettempdir()) / "layers").stand_in)
    inside.look_at_schedules_every(SECONDS_BETWEEN_LOOKS_AT_SCHEDULES)
    with inside.running_functions():
        asyncio.run(_serve(streams, until_stdin_closes=arguments.run_folder is not None))
    if arguments.run_folder:
        shutil.rmtree(arguments.run_folder, ignore_errors=True)
    # An execution that waits, perhaps for hours, has threads which an orderly end would wait for.
    os._exit(0)


async def _serve(streams: Streams, *, until_stdin_closes: bool) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    if until_stdin_closes:
        watch = threading.Thread(target=_when_stdin_closes, args=(loop, stopped), daemon=True)
        watch.start()
    config = Config()
    config.bind = [f"{LOOPBACK}:{os.environ['GATEWAY_PORT']}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.2
    await serve(EmbeddedAws(streams), config, shutdown_trigger=stopped.wait)


def _when_stdin_closes(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(stopped.set)


if __name__ == "__main__":
    main()
