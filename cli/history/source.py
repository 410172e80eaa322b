"""Where a history comes from: a file or standard input, of events or of an export, packed or not."""

import gzip
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from cli.export.policies import PoliciesByTenant
from cli.history.exported import Past, lines_of, read_export
from cli.history.lines import Batch, Complain, Line, Tick, members_of, read_history
from reputation_guard.domain.counts import Ledger
from reputation_guard.domain.delays import Delays

STDIN = Path("-")
_AT_ONCE = 4096
# A history of which so many lines are no JSON at all is nobody's export.
_LOOKED_AT = 100

Part = tuple[float | None, Sequence[Line]]
"""How much of the history (0..1) is read by then, where that is known, and lines in the order they became known."""


@dataclass(frozen=True, slots=True)
class History:
    """The parts of a history. `in_force`: the policies its tenants had; None where it does not tell.

    `is_empty`: it has not one line, not even an empty one.
    """

    parts: Iterator[Part]
    in_force: PoliciesByTenant | None = None
    is_empty: bool = False


@contextmanager
def opened(path: Path, complain: Complain, every: float, *, whole_account: bool = False) -> Iterator[History]:
    """A history, to be read some lines at a time; for the whole account, with the mail that nobody could attribute.

    It is judged `every` so many seconds, and `complain` is told where its lines are not in the order of these ticks.

    `OSError`, `EOFError` or `zlib.error`, here or from its parts: it cannot be read to its end.
    """
    with ExitStack() as files:
        raw = sys.stdin.buffer if path == STDIN else files.enter_context(path.open("rb"))
        stream = files.enter_context(gzip.open(raw)) if path.suffix == ".gz" else raw
        first, is_export = _looked_at(stream)
        lines = chain(first, stream)
        if is_export:
            exported = read_export(lines, complain)
            pasts = {ledger: past for ledger, past in exported.pasts.items() if ledger.tenant or whole_account}
            yield History(_of_export(pasts, exported.in_force.delays), exported.in_force)
        else:
            size = path.stat().st_size if path != STDIN else None
            batches = (read for read in read_history(lines, complain) if not isinstance(read, Tick))
            parts = _in_order(batches, every, complain)
            known = ((raw.tell() / size if size else None, part) for part in parts)
            yield History(known, is_empty=not first)


def _looked_at(stream: Iterable[bytes]) -> tuple[Sequence[bytes], bool]:
    """The lines up to the first JSON object, and whether that is one of an export."""
    lines = []
    for line in islice(stream, _LOOKED_AT):
        lines.append(line)
        if (members := members_of(line)) is not None:
            return lines, "record" in members
    return lines, False


def _in_order(batches: Iterable[Batch[Line]], every: float, complain: Complain) -> Iterator[Sequence[Line]]:
    """The lines as they are. Where one of them comes after the tick it belongs to, that is said, once."""
    newest, told = 0.0, False
    for batch in batches:
        for number, line in zip(batch.numbers, batch.lines, strict=True):
            if line.ts >= newest:
                newest = line.ts
            elif not told and line.ts // every < newest // every:
                complain(number, "ts", "goes back in time, past what was judged: sort the lines by ts")
                told = True
        yield batch.lines


def _of_export(pasts: Mapping[Ledger, Past], delays: Delays) -> Iterator[Part]:
    end = max((past.last_sent_at() for past in pasts.values()), default=0.0)
    lines = lines_of(pasts, delays)
    start = None
    while part := list(islice(lines, _AT_ONCE)):
        start = part[0].ts if start is None else start
        yield min(1.0, (part[-1].ts - start) / max(1.0, end - start)), part
