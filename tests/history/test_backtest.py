"""`guard backtest`: whom a candidate would have paused, beside the policy in force."""

import gzip
import json
import zlib
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cli.export.policies import PoliciesByTenant
from cli.history.trial import Trial
from reputation_guard.domain.policy import PRESETS
from reputation_guard.domain.tenant import next_tending
from tests.history.builders import (
    DAY,
    T0,
    answers,
    blast,
    bounced,
    day_record,
    found,
    guard,
    history,
    parsed,
    sent,
    text_of,
    tick,
)

HOUR = 3600
# Enough evidence for strict and standard to pause, and not for conservative.
BETWEEN = [sent(0, 60), *(bounced(0, ident) for ident in range(17))]


def test_it_names_who_is_paused_when_and_on_what_evidence(tmp_path: Path) -> None:
    answer = found(history(tmp_path, *BETWEEN), "--policy", "standard", "--against", "conservative")
    assert (answer["candidate"], answer["in_force"]) == (
        {"name": "standard", "version": 1},
        {"name": "conservative", "version": 1},
    )
    assert (answer["tenants"], answer["sends"], answer["additional"], answer["allowed"]) == (1, 60, 1, 0)
    (row,) = answer["only_candidate"]
    (pause,) = row["candidate"]["pauses"]
    assert (row["tenant"], row["in_force"]) == ("acme", None)
    assert pause["at"] == "2026-01-01T00:01:00+00:00"
    assert pause["why"].startswith("17 hard bounces of 60 sent in the last 5 min (")
    assert (answer["both"], answer["only_in_force"]) == ([], [])


def test_tenants_that_either_or_both_pause_stand_apart(tmp_path: Path) -> None:
    path = history(tmp_path, *BETWEEN, *blast(0, 200, 60, "shop"))
    more = guard("backtest", path, "--policy", "standard", "--against", "conservative")
    less = guard("backtest", path, "--policy", "conservative")
    for result, title in ((more, "Only standard@1 (candidate)"), (less, "Only standard@1 (in force)")):
        assert f"{title} would have paused:" in result.stdout
        assert "Both would have paused:" in result.stdout
        assert "17 hard bounces of 60" in result.stdout
    summary = " ".join(less.stdout.split())
    assert summary.endswith(
        "2 tenants, 260 mails. conservative@1 (candidate) would have paused 1 tenant, standard@1 (in force) 2: "
        "0 only the candidate (0 allowed), 1 both, 1 only the policy in force."
    )


def test_a_candidate_of_the_name_of_the_policy_in_force_is_told_apart_from_it(tmp_path: Path) -> None:
    candidate = history(tmp_path, {"name": "standard", "version": 7, "evidence_to_pause": 40}, name="next.json")
    result = guard("backtest", history(tmp_path, *BETWEEN), "--policy", candidate)
    told = " ".join(result.stdout.split())
    assert "Only standard@1 (in force) would have paused:" in told
    assert "acme standard@7 (candidate) no pause standard@1 (in force) 2026-01-01 00:01:00 UTC: 17" in told
    assert "standard@7 (candidate) would have paused 0 tenants, standard@1 (in force) 1:" in told


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--policy", "standard", "--against", "conservative"], 3),
        (["--policy", "standard", "--against", "conservative", "--allow", "1"], 0),
        (["--policy", "conservative"], 0),
        (["--policy", "standard"], 0),
        (["--policy", "lax"], 2),
        ([], 2),
    ],
)
def test_the_exit_code_says_whether_more_tenants_are_paused_than_allowed(
    tmp_path: Path, words: list[str], code: int
) -> None:
    assert guard("backtest", history(tmp_path, *BETWEEN), *words).exit_code == code


def test_a_malformed_line_is_named_and_the_rest_is_judged(tmp_path: Path) -> None:
    result = guard("backtest", history(tmp_path, BETWEEN[0], "{}", *BETWEEN[1:]), "--policy", "strict", "--json")
    assert result.exit_code == 1
    assert result.stderr.startswith("guard: line 2: kind: ")
    assert len(json.loads(result.stdout)["both"]) == 1


def test_a_history_that_goes_back_in_time_is_told_of_once(tmp_path: Path) -> None:
    """What comes after the tick it belongs to is judged too late, so nobody may take the answer for a right one."""
    later = [sent(7200), "", *reversed(BETWEEN), sent(30)]
    result = guard("backtest", history(tmp_path, *later), "--policy", "standard")
    assert result.exit_code == 1
    assert result.stderr == ("guard: line 3: ts: goes back in time, past what was judged: sort the lines by ts\n")


def test_between_two_ticks_the_order_of_lines_is_nobodys_mistake(tmp_path: Path) -> None:
    result = guard("backtest", history(tmp_path, *reversed(BETWEEN), sent(59), sent(1)), "--policy", "standard")
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("document", [f'{{"name": {"[" * 100_000}', f'{{"name": {"9" * 5000}}}'])
def test_a_candidate_that_no_reader_can_bear_is_refused(tmp_path: Path, document: str) -> None:
    candidate = history(tmp_path, document, name="candidate.json")
    result = guard("backtest", history(tmp_path, *BETWEEN), "--policy", candidate)
    assert (result.exit_code, "is no JSON" in " ".join(result.stderr.split())) == (2, True)


def test_a_history_without_lines_is_refused(tmp_path: Path) -> None:
    path = history(tmp_path)
    result = guard("backtest", path, "--policy", "strict")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"guard: {path} has no lines\n")


def test_events_of_a_tenant_called_record_are_events(tmp_path: Path) -> None:
    path = history(tmp_path, *blast(0, 200, 60, "record"))
    (row,) = found(path, "--policy", "standard")["both"]
    assert row["tenant"] == "record"


@pytest.mark.parametrize("lines", [[""], [tick(60)], [day_record(0, 0) | {"record": "decision"}]])
def test_a_history_without_mail_is_refused(tmp_path: Path, lines: list[Any]) -> None:
    result = guard("backtest", history(tmp_path, *lines), "--policy", "strict")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "holds no mail that could be judged" in result.stderr


def test_a_history_that_is_not_there_is_named() -> None:
    result = guard("backtest", "nowhere.jsonl", "--policy", "strict")
    assert result.exit_code == 2
    assert "nowhere.jsonl" in result.stderr


def test_a_history_may_be_packed_or_come_by_standard_input(tmp_path: Path) -> None:
    text = text_of(*BETWEEN)
    packed = tmp_path / "history.jsonl.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    plain = found(history(tmp_path, *BETWEEN), "--policy", "strict")
    assert found(str(packed), "--policy", "strict") == plain
    assert found("-", "--policy", "strict", given=text) == plain


@pytest.mark.parametrize(
    "spoilt", [b"no gzip at all", gzip.compress(text_of(*BETWEEN).encode(), mtime=0)[:-20], zlib.compress(b"")]
)
def test_a_packed_history_that_breaks_off_is_told_of(tmp_path: Path, spoilt: bytes) -> None:
    packed = tmp_path / "history.jsonl.gz"
    packed.write_bytes(spoilt)
    result = guard("backtest", str(packed), "--policy", "strict")
    assert result.exit_code == 1
    assert "cannot be read to its end" in result.stderr


def test_json_may_be_asked_for_before_the_command(tmp_path: Path) -> None:
    result = guard("--json", "backtest", history(tmp_path, *BETWEEN), "--policy", "standard")
    assert json.loads(result.stdout)["both"]


def test_the_mail_of_a_paused_tenant_is_not_sent() -> None:
    """A closed loop: what would not have been sent can neither be counted nor come back."""
    trial = Trial(PoliciesByTenant([PRESETS["standard"]]), 60)
    later = [sent(600, 500), *(bounced(600, ident) for ident in range(300, 400))]
    trial.play([parsed(line) for line in [*blast(0, 200, 60), *later]])
    trial.end()
    (findings,) = trial.paused.values()
    assert len(findings.stops) == 1
    assert findings.not_sent == 500


def test_it_finds_what_a_closed_loop_of_replay_finds(tmp_path: Path) -> None:
    """Ticks on which nobody can be due are left out, and that changes nothing."""
    lines = sorted(
        [
            *(line for hour in range(0, 80, 7) for line in blast(hour * HOUR, 40, 2, "shop")),
            *(bounced(50 * HOUR, 1000 + ident, "shop", delay=60 * ident + 1) for ident in range(80)),
            *blast(30 * HOUR, 100, 8, "acme"),
        ],
        key=lambda line: line["ts"],
    )
    ticked: list[Any] = []
    for before, after in pairwise([*lines, {"ts": T0 + 90 * HOUR}]):
        ticks = range(int(before["ts"] // 60 + 1) * 60, int(after["ts"] // 60 + 1) * 60, 60)
        ticked += [before, *({"tick": each} for each in ticks)]
    replayed = [each for each in answers(guard("replay", given=text_of(*ticked))) if each.get("action") == "pause"]
    rows = found(history(tmp_path, *lines), "--policy", "standard")["both"]
    tried = [(row["tenant"], pause["why"]) for row in rows for pause in row["candidate"]["pauses"]]
    assert tried
    assert tried == [(each["tenant"], each["why"]) for each in replayed]


def test_the_last_lines_are_judged_too(tmp_path: Path) -> None:
    path = history(tmp_path, sent(0, 60), *(bounced(0, ident) for ident in range(17)))
    assert found(path, "--policy", "strict", "--every", "3600")["only_candidate"]


def test_long_silence_is_skipped_to_the_next_turn() -> None:
    """A year without mail costs a judgement a day, not one a minute."""
    trial = Trial(PoliciesByTenant([PRESETS["standard"]]), 60)
    judged: list[datetime] = []
    judge = trial._rehearsal.judge
    trial._rehearsal.judge = lambda now: judged.append(now) or judge(now)  # type: ignore[method-assign,func-returns-value] # a spy
    trial.play([parsed(sent(0, 100)), parsed(bounced(0, 1)), parsed(sent(365 * DAY))])
    assert len(judged) <= 366 + 3
    first = judged[0] + timedelta(days=1)
    assert next_tending("acme", judged[0]) <= judged[1] <= first
