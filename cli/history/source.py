"""Where a history comes from: a file or standard input, of events or of an export, packed or not."""

import gzip
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path

from cli.history.exported import lines_of, read_export
from cli.history.lines import Complain, Line, Tick, read_history

STDIN = Path("-")
_AT_ONCE = 4096

Part = tuple[float | None, Sequence[Line]]
"""How much of the history (0..1) is read by then, where that is known, and lines in the order they became known."""


def read(path: Path, complain: Complain) -> Iterator[Part]:
    """Read a history, some lines at a time. Raises `OSError` or `EOFError` where a file cannot be read to its end."""
    with ExitStack() as opened:
        raw = sys.stdin.buffer if path == STDIN else opened.enter_context(path.open("rb"))
        stream = opened.enter_context(gzip.open(raw)) if path.suffix == ".gz" else raw
        first = next(iter(stream), b"")
        lines = chain([first], stream)
        if b'"record"' in first:
            yield from _of_export(lines, complain)
        else:
            size = path.stat().st_size if path != STDIN else None
            for part in read_history(lines, complain):
                if not isinstance(part, Tick):
                    yield (raw.tell() / size if size else None), part


def _of_export(stream: Iterator[bytes], complain: Complain) -> Iterator[Part]:
    pasts = read_export(stream, complain)
    end = max((past.last_sent_at() for past in pasts.values()), default=0.0)
    lines = lines_of(pasts)
    start = None
    while part := list(islice(lines, _AT_ONCE)):
        start = part[0].ts if start is None else start
        yield min(1.0, (part[-1].ts - start) / max(1.0, end - start)), part
