"""Files at the command line: histories and exports. What cannot be read is said by its line, and the rest is read."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cli.account import CannotRunError
from cli.export import file
from cli.history.exported import lines_of, read_export
from cli.history.lines import read_history
from tests.fuzz.shapes import VALUES, mutated, tried, written

T0 = 1764000000
EVENTS: list[Any] = [
    {"ts": T0, "tenant": "acme", "kind": "Sent", "n": 5},
    {"ts": T0 + 9, "tenant": "acme", "kind": "Bounce", "id": 1, "sent_ts": T0, "bounceType": "Permanent"},
    {"ts": T0 + 9, "tenant": "acme", "kind": "Complaint", "id": "c", "sent_ts": T0},
    {"tick": T0 + 60},
]
COUNTS = {"sends": 10, "bounces": 1, "complaints": 0}
RECORDS: list[Any] = [
    {"record": "counts", "tenant": "acme", "slot": "2026-11-24T08:40:00Z", **COUNTS},
    {"record": "day", "tenant": "acme", "day": "2026-11-20", **COUNTS},
    {"record": "unattributed", "configuration_set": "set", "slot": "2026-11-24T08:40:00Z", **COUNTS},
    {"record": "something of tomorrow"},
]
LINES = st.lists(written(mutated(EVENTS + RECORDS) | VALUES), max_size=4)
GOOD = json.dumps(EVENTS[0])


def of_lines(lines: list[str]) -> list[bytes]:
    """The lines of a file."""
    return [f"{line}\n".encode(errors="replace") for text in lines for line in text.split("\n")]


@tried(120)
@given(LINES)
@example(["[" * 3_000, "9" * 5_000])
@example(['{"ts": 1e308, "tenant": "a", "kind": "Sent"}'])
def test_the_good_lines_of_a_history_are_read_whatever_stands_between_them(lines: list[str]) -> None:
    wrong: list[int] = []
    found = list(read_history([f"{GOOD}\n".encode(), *of_lines(lines), f"{GOOD}\n".encode()], _noting(wrong)))
    read = [line for batch in found if hasattr(batch, "lines") for line in batch.lines]
    assert sum(getattr(line, "n", 0) == 5 and line.tenant == "acme" for line in read) >= 2
    assert not {1, len(of_lines(lines)) + 2} & set(wrong)


@tried(60)
@given(LINES)
@example([json.dumps({"record": []})])
@example([json.dumps(RECORDS[0] | {"sends": 10**400})])
@example([json.dumps(RECORDS[1] | {"day": "0001-01-01"})])
@example([json.dumps(RECORDS[1] | {"day": "9999-12-31"})])
@example([json.dumps(RECORDS[0] | {"slot": "0001-01-01T00:00:00+14:00"})])
def test_an_export_is_played_but_for_the_lines_that_cannot_be_read(lines: list[str]) -> None:
    exported = read_export(of_lines([json.dumps(RECORDS[0]), *lines]), _noting([]))
    played = lines_of(exported.pasts, exported.in_force.delays)
    for _, line in zip(range(2_000), played, strict=False):
        assert line.ts >= 0


@tried(60)
@given(LINES, st.booleans())
def test_an_export_that_is_none_is_named_by_its_file_and_line(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[str],
    packed: bool,  # noqa: FBT001 - Hypothesis names it
) -> None:
    path = tmp_path_factory.getbasetemp() / ("export.jsonl.gz" if packed else "export.jsonl")
    _write(path, b"".join(of_lines(lines)))
    try:
        list(file.read(str(path)))
    except CannotRunError as error:
        assert path.name in str(error)


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"\x1f\x8b", b"\x1f\x8b\x08\x00", gzip.compress(b"{}", mtime=0)[:-4], b"\x00"]
)
@pytest.mark.parametrize("name", ["export.jsonl", "export.jsonl.gz"])
def test_a_file_of_anything_is_refused(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CannotRunError):
        list(file.read(str(path)))


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def _noting(wrong: list[int]) -> Any:
    def complain(number: int, field: str, problem: str) -> None:
        assert field
        assert problem
        wrong.append(number)

    return complain
