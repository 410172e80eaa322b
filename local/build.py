"""Building the template for this machine: `sam build`, once per state of the sources."""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
# MiniStack runs functions in its own interpreter, whatever Runtime they name.
RUNTIME_PYTHON = ROOT / ".tools" / "local" / "bin" / "python"
SOURCES = ("functions", "layers")


class CommandError(Exception):
    """A command failed; the text is its last lines, and `log` holds all of it."""

    def __init__(self, what: str, log: Path) -> None:
        """Quote the end of the log."""
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-25:])
        super().__init__(f"{what} failed; all of it is in {log}\n{tail}")
        self.log = log


@dataclass(frozen=True, slots=True)
class Host:
    """The interpreter and processor that functions run on here, as template parameters."""

    python_runtime: str = f"python{sys.version_info.major}.{sys.version_info.minor}"
    architecture: str = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"

    def parameters(self) -> dict[str, str]:
        """Return the parameters that make `sam build` build for this machine."""
        return {"PythonRuntime": self.python_runtime, "Architecture": self.architecture}


def local_parameters() -> dict[str, str]:
    """Return the template's parameters in the local environment of samconfig.toml."""
    with (ROOT / "samconfig.toml").open("rb") as file:
        overrides = tomllib.load(file)["local"]["deploy"]["parameters"]["parameter_overrides"]
    return dict(each.split("=", 1) for each in overrides)


@contextmanager
def built(template: Path, folder: Path) -> Iterator[Path]:
    """Build a template into a folder, unless its sources have not changed, and yield the built template.

    The folder may be shared: it is not built again while somebody is inside.
    """
    folder.mkdir(parents=True, exist_ok=True)
    result = folder / "built" / "template.yaml"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        if not _is_fresh(template, folder):
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _is_fresh(template, folder):
                _build(template, folder)
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield result


def run(what: str, command: list[str], log: Path, environment: dict[str, str]) -> None:
    """Run a command to its end with its output in a log; CommandError when it fails or cannot start."""
    with log.open("ab") as output:
        try:
            code = subprocess.run(  # noqa: S603 -- the command is this project's own
                command, check=False, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment
            ).returncode
        except FileNotFoundError:
            output.write(f"{command[0]} is missing: run `make setup`\n".encode())
            code = 127
    if code:
        raise CommandError(what, log)


def sam_environment() -> dict[str, str]:
    """Return an environment in which SAM neither reports home nor finds the user's account, only our interpreter."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    path = f"{RUNTIME_PYTHON.parent}{os.pathsep}{environment.get('PATH', '')}"
    return environment | {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.3", "PATH": path}


def overrides(parameters: dict[str, str]) -> list[str]:
    """Return parameters as `--parameter-overrides` takes them."""
    return [f'ParameterKey={name},ParameterValue="{value}"' for name, value in parameters.items()]


def _is_fresh(template: Path, folder: Path) -> bool:
    stamp = folder / "stamp"
    return stamp.exists() and stamp.read_text(encoding="utf-8") == _state_of(template)


def _build(template: Path, folder: Path) -> None:
    stamp = folder / "stamp"
    stamp.unlink(missing_ok=True)
    state = _state_of(template)
    _sam_build(template, folder)
    _pack(folder / "built" / "template.yaml", folder / "archives", folder / "build.log")
    stamp.write_text(state, encoding="utf-8")


def _sam_build(template: Path, folder: Path) -> None:
    log = folder / "build.log"
    log.unlink(missing_ok=True)
    command = [str(SAM), "build", "--template-file", str(template), "--build-dir", str(folder / "built")]
    command += ["--cached", "--cache-dir", str(folder / "cache"), "--parallel"]
    command += ["--parameter-overrides", *overrides(Host().parameters())]
    run("sam build", command, log, sam_environment())


def _compile(artifact: Path, log: Path) -> None:
    """Compile everything once, because a function's process starts from a fresh copy; hashes survive the copy."""
    command = [str(RUNTIME_PYTHON), "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    run("compileall", [*command, str(artifact)], log, sam_environment())


def _pack(result: Path, archives: Path, log: Path) -> None:
    """Zip every artifact that changed instead of each for each deployment, and let the template name the archives."""
    text = result.read_text(encoding="utf-8")
    archives.mkdir(exist_ok=True)
    for artifact in sorted(path for path in result.parent.iterdir() if path.is_dir()):
        archive = archives / f"{artifact.name}-{_digest(artifact)}.zip"
        if not archive.exists():
            _compile(artifact, log)
            for outdated in archives.glob(f"{artifact.name}-*.zip"):
                outdated.unlink()
            shutil.make_archive(str(archive.with_suffix("")), "zip", artifact)
        named = rf"((?:CodeUri|ContentUri): ){artifact.name}$"
        text = re.sub(named, rf"\g<1>{archive}", text, flags=re.MULTILINE)
    result.write_text(text, encoding="utf-8")


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _state_of(template: Path) -> str:
    """Return a hash over all that a build reads."""
    digest = hashlib.sha256(repr((Host(), template.read_bytes())).encode())
    for path in _sources(template.parent):
        digest.update(f"{path}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources(root: Path) -> Iterator[Path]:
    for name in SOURCES:
        for path in sorted((root / name).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
