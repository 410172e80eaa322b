"""The figures of the benchmarks: printed beside their targets, and written down with how they were made."""

import subprocess
from collections import Counter
from pathlib import Path

import pytest

from bench import counters, decide, figures, replay
from bench.figures import Figure, Made, MarkersMissingError, Measured, Place, place_of, tell

PLACE = Place("<!-- begin -->", "<!-- end -->")
MET = Figure("writes of sends a tenant", "1", "<= 1", met=True)
MISSED = Figure("bytes", "5,000", "<= 4,096", met=False)


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page with a place for the figures of `bench.counters`, and with those of another one."""
    path = tmp_path / "performance.md"
    empty, other = place_of("counters").block("old"), place_of("replay").block("of another one")
    path.write_text(f"# Costs\n{empty}\n{other}\n")
    monkeypatch.setattr(figures, "DOCUMENT", path)
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    return path


def test_what_is_written_tells_how_it_was_made_and_what_was_to_reach(document: Path) -> None:
    assert tell("counters", lambda: Measured("Seed 7.", [MET, Figure("all writes", "5")]), ["--write"]) == 0
    text = document.read_text()
    for words in ("`python -m bench.counters --write` wrote this on 20", "at commit `", "Seed 7.", "of another one"):
        assert words in text
    assert "| writes of sends a tenant | <= 1 | 1 | met |\n| all writes |  | 5 |  |" in text
    assert "old" not in text


def test_without_being_asked_to_it_only_prints(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = document.read_text()
    assert tell("counters", lambda: Measured("Seed 7.", [MET, MISSED]), []) == 1
    assert document.read_text() == before
    assert "| bytes | <= 4,096 | 5,000 | **missed** |" in capsys.readouterr().out


def test_a_page_without_a_place_is_named(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document.write_text("# Costs\n")
    assert tell("counters", lambda: Measured("Seed 7.", [MET]), ["--write"]) == 2
    assert "performance.md cannot be written: the line '<!-- figures of bench.counters" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["decide", "replay", "counters", "load"])
def test_the_page_has_the_figures_of_each_benchmark(name: str) -> None:
    block = place_of(name).block_of(figures.DOCUMENT.read_text(encoding="utf-8"))
    assert f"`python -m bench.{name} --write` wrote this on " in block
    assert "| figure | to reach | reached |  |" in block


def test_what_benchmarks_write_makes_no_commit_dirty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the second of them would find that the first had changed the code."""
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    files = [tmp_path / "docs" / "performance.md", tmp_path / "README.md", tmp_path / "rule.py"]
    for file in files:
        file.write_text("old")
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "all"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)  # noqa: S607 - a repository of its own
    clean = Made.now("decide", ["--write"])
    for file in files[:-1]:
        file.write_text("new")
    assert Made.now("decide", ["--write"]) == clean
    assert clean.command == "python -m bench.decide --write"
    files[-1].write_text("new")
    assert Made.now("decide", []).commit == f"{clean.commit}-dirty"


def test_a_place_is_filled_and_a_text_without_one_refused() -> None:
    text = f"before\n{PLACE.block('old')}\nafter"
    assert PLACE.filled(text, "new") == text.replace("old", "new")
    for broken in ("nothing", PLACE.begin, f"{PLACE.end}{PLACE.begin}"):
        with pytest.raises(MarkersMissingError):
            PLACE.filled(broken, "new")


@pytest.mark.parametrize("bounced", [False, True])
def test_the_writes_of_a_batch_are_held_against_their_target(bounced: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    """By the real adapter: one write a tenant; and one too many is a miss."""
    (of_a_tenant, _) = counters._write_figures(2, 4, bounced=bounced)
    assert (of_a_tenant.reached, of_a_tenant.to_reach, of_a_tenant.met) == ("1", "<= 1", True)
    twice = Counter({"tenant#a": 2, "tenant#b": 1, "feedback#a": 2, "feedback#b": 1})
    monkeypatch.setattr(counters, "writes_of_a_batch", lambda *_, **__: twice)
    (of_a_tenant, _) = counters._write_figures(2, 4, bounced=bounced)
    assert (of_a_tenant.reached, of_a_tenant.met) == ("2", False)


def test_a_replay_that_is_too_slow_misses_its_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "TENANTS", 1)
    for seconds, met in ((0.001, True), (1000.0, False)):
        monkeypatch.setattr(replay, "cpu_of_replay", lambda _, took=seconds: took)
        measured = replay.measure()
        assert [each.met for each in measured.figures] == [None, met, met]
        assert f"Seed {replay.SEED}" in measured.how


def test_a_judgement_that_is_too_slow_misses_its_target(monkeypatch: pytest.MonkeyPatch) -> None:
    for microseconds, met in ((1.0, True), (101.0, False)):
        monkeypatch.setattr(decide, "microseconds", lambda *calls, took=microseconds: [took] * len(calls))
        assert [each.met for each in decide.measure().figures] == [None, met, met, None]
