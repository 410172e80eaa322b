"""An export as a file: written whole or not at all, read by the line. `.gz` is packed, `-` is standard in or out."""

import gzip
import os
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from pydantic import ValidationError

from cli.account import CannotRunError
from cli.export.lines import Line, from_json, to_json
from reputation_guard.wire import malformed

STANDARD = "-"
_PACKED = ".gz"
# What umask leaves of it; a temporary file is for its owner alone.
_READ_AND_WRITE = 0o666


def write(lines: Iterable[Line], target: str) -> None:
    """Write an export. Raises `CannotRunError` where the file cannot be made, before a line is asked for."""
    check_target(target)
    if target == STANDARD:
        for line in lines:
            print(to_json(line))
        return
    with replacing(Path(target)) as out:
        for line in lines:
            out.write(f"{to_json(line)}\n")


def check_target(target: str) -> None:
    """Refuse a folder before all the work is done. Raises `CannotRunError`."""
    if target != STANDARD and Path(target).is_dir():
        raise CannotRunError(f"{target} cannot be written: it is a folder.")


def read(source: str) -> Iterator[Line]:
    """Read an export, without the lines whose kind is not known.

    Raises `CannotRunError` with file, line and field where it cannot be read.
    """
    try:
        with _opened(source) as file:
            for number, text in enumerate(file, 1):
                if text.strip() and (line := _line(text, source, number)):
                    yield line
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise CannotRunError(f"{source} cannot be read: {_reason(error)}.") from error


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A text file that appears under its name when all of it is written, and not at all if that fails."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise CannotRunError(f"{path} cannot be written: {_reason(error)}.") from error
    part = Path(name)
    try:
        os.close(handle)
        packed = path.suffix == _PACKED
        with gzip.open(part, "wt", encoding="utf-8") if packed else part.open("w", encoding="utf-8") as out:
            yield out
        part.chmod(_READ_AND_WRITE & ~_umask())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _line(text: str, source: str, number: int) -> Line | None:
    try:
        return from_json(text)
    except ValidationError as error:
        wrong = malformed(error)
        raise CannotRunError(
            f"{source}, line {number}, is no line of an export: {wrong.field}: {wrong.problem}"
        ) from error


def _opened(source: str) -> TextIO:
    if source == STANDARD:
        return sys.stdin
    return (
        gzip.open(source, "rt", encoding="utf-8") if source.endswith(_PACKED) else Path(source).open(encoding="utf-8")
    )


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)).rstrip(".")


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
