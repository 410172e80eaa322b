"""The process of the embedded AWS: started on a free port, and gone with the one that started it."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local.build import ROOT, RUNTIME_PYTHON

LOOPBACK = "127.0.0.1"
SECONDS_TO_START = 20.0


class RuntimeStartError(Exception):
    """The embedded AWS did not start; the text says why and where its log is."""


@dataclass(frozen=True, slots=True)
class RuntimeProcess:
    """A running embedded AWS. Its processes form a group of their own."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def endpoint(self) -> str:
        """The URL that clients are pointed at."""
        return f"http://{LOOPBACK}:{self.port}"

    def stop(self) -> None:
        """End it and every process it started, and wait until they are gone. Twice is once."""
        # Nothing of it is kept, so nothing needs an orderly end.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def start(folder: Path, port: int | None = None) -> RuntimeProcess:
    """Start the embedded AWS with all that it writes below a folder; return when it answers."""
    port = port or free_port()
    if _listens(port):
        raise RuntimeStartError(f"Port {port} is taken; choose another one with --port.")
    if not RUNTIME_PYTHON.exists():
        raise RuntimeStartError("The embedded AWS is not installed: run `make setup`.")
    for name in ("tmp", "s3"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    log = folder / "runtime.log"
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 -- the command is this project's own
            [str(RUNTIME_PYTHON), "-m", "local.server", "--run-folder", str(folder)],
            cwd=ROOT,
            env=_environment(folder, port),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C goes to the one who started it, who then ends it in order.
            start_new_session=True,
        )
    runtime = RuntimeProcess(process, port, log)
    try:
        _wait_until_healthy(runtime)
    except BaseException:
        runtime.stop()
        raise
    return runtime


def _environment(folder: Path, port: int) -> dict[str, str]:
    """Functions inherit this, so nothing of the user's own AWS set-up may be in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "COV"))}
    return kept | {
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "LAMBDA_EXECUTOR": "local",
        "TMPDIR": str(folder / "tmp"),
        "S3_DATA_DIR": str(folder / "s3"),
        # Listeners on fixed ports, which two runtimes could not share.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PYTHONUTF8": "1",
    }


def _wait_until_healthy(runtime: RuntimeProcess) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if runtime.process.poll() is not None:
            lines = runtime.log.read_text(encoding="utf-8", errors="replace").splitlines() or ["it said nothing"]
            raise RuntimeStartError(f"The embedded AWS ended at once: {lines[-1]} (log: {runtime.log})")
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(f"{runtime.endpoint}/_ministack/health", timeout=1).close()  # noqa: S310 -- loopback
            return
        time.sleep(0.05)
    raise RuntimeStartError(f"The embedded AWS did not answer within {SECONDS_TO_START:.0f} s (log: {runtime.log})")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0
