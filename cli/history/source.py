"""Where a history comes from: a file or standard input, of events or of an export, packed or not."""

import gzip
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from cli.export.policies import PoliciesByTenant
from cli.history.exported import Past, lines_of, read_export
from cli.history.lines import Complain, Line, Tick, read_history
from reputation_guard.domain.counts import Ledger
from reputation_guard.domain.delays import Delays

STDIN = Path("-")
_AT_ONCE = 4096

Part = tuple[float | None, Sequence[Line]]
"""How much of the history (0..1) is read by then, where that is known, and lines in the order they became known."""


@dataclass(frozen=True, slots=True)
class History:
    """The parts of a history. `in_force`: the policies its tenants had; None where it does not tell."""

    parts: Iterator[Part]
    in_force: PoliciesByTenant | None = None


@contextmanager
def opened(path: Path, complain: Complain, *, whole_account: bool = False) -> Iterator[History]:
    """A history, to be read some lines at a time; for the whole account, with the mail that nobody could attribute.

    `OSError`, `EOFError` or `zlib.error`, here or from its parts: it cannot be read to its end.
    """
    with ExitStack() as files:
        raw = sys.stdin.buffer if path == STDIN else files.enter_context(path.open("rb"))
        stream = files.enter_context(gzip.open(raw)) if path.suffix == ".gz" else raw
        first = next(iter(stream), b"")
        lines = chain([first], stream)
        if b'"record"' in first:
            exported = read_export(lines, complain)
            pasts = {ledger: past for ledger, past in exported.pasts.items() if ledger.tenant or whole_account}
            yield History(_of_export(pasts, exported.in_force.delays), exported.in_force)
        else:
            size = path.stat().st_size if path != STDIN else None
            parts = read_history(lines, complain)
            yield History(((raw.tell() / size if size else None), part) for part in parts if not isinstance(part, Tick))


def _of_export(pasts: Mapping[Ledger, Past], delays: Delays) -> Iterator[Part]:
    end = max((past.last_sent_at() for past in pasts.values()), default=0.0)
    lines = lines_of(pasts, delays)
    start = None
    while part := list(islice(lines, _AT_ONCE)):
        start = part[0].ts if start is None else start
        yield min(1.0, (part[-1].ts - start) / max(1.0, end - start)), part
