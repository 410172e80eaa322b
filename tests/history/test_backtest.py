"""`guard backtest`: whom a candidate would have paused, beside the policy in force, from events and from an export."""

import gzip
import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cli.export.lines import PolicyLine, TenantLine, to_json
from cli.export.policies import PoliciesByTenant
from cli.history.exported import arrivals
from cli.history.trial import Trial
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.policy import PRESETS, Mode
from reputation_guard.domain.tenant import Tenant, next_tending
from tests.history.builders import T0, answers, blast, bounced, guard, history, parsed, sent, text_of, tick

HOUR, DAY = 3600, 86_400
# Enough evidence for strict and standard to pause, and not for conservative.
BETWEEN = [sent(0, 60), *(bounced(0, ident) for ident in range(17))]


def iso(after: float) -> str:
    """A moment so many seconds after T0, as an export writes it."""
    return datetime.fromtimestamp(T0 + after, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def slot_record(
    after: float, sends: int, bounces: int = 0, complaints: int = 0, tenant: str = "acme"
) -> dict[str, Any]:
    numbers = {"sends": sends, "bounces": bounces, "complaints": complaints}
    return {"record": "counts", "tenant": tenant, "slot": iso(after)} | numbers


def day_record(day: int, sends: int, bounces: int = 0, complaints: int = 0, tenant: str = "acme") -> dict[str, Any]:
    numbers = {"sends": sends, "bounces": bounces, "complaints": complaints}
    return {"record": "day", "tenant": tenant, "day": iso(day * DAY)[:10]} | numbers


def found(*words: str, given: str = "") -> Any:
    return json.loads(guard("backtest", "--json", *words, given=given).stdout)


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
    for result, title in ((more, "Only standard (the candidate)"), (less, "Only standard (in force)")):
        assert f"{title} would have paused:" in result.stdout
        assert "Both would have paused:" in result.stdout
        assert "17 hard bounces of 60" in result.stdout
    summary = " ".join(less.stdout.split())
    assert "2 tenants, 260 mails. conservative would have paused 1 tenant, standard 2: 0 only the candidate" in summary


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


@pytest.mark.parametrize("lines", [[], [tick(60)], [day_record(0, 0) | {"record": "decision"}]])
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
    "spoilt", [b"no gzip at all", gzip.compress(text_of(*BETWEEN).encode())[:-20], zlib.compress(b"")]
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


def test_an_export_is_judged_by_its_slots(tmp_path: Path) -> None:
    other = [{"record": "account", "sends": 1}, {"record": "decision"}, {"record": "of a newer guard"}]
    slots = [slot_record(5 * 60 * each, 20, tenant="acme") for each in range(6)]
    path = history(
        tmp_path, other[0], *slots, slot_record(1800, 200, 60), *other[1:], slot_record(0, 500, 3, 0, "shop")
    )
    answer = found(path, "--policy", "standard")
    (row,) = answer["both"]
    at = datetime.fromisoformat(row["candidate"]["pauses"][0]["at"]).timestamp() - T0
    assert row["tenant"] == "acme"
    assert 1800 + 150 < at < 1800 + 300, "while the slot's feedback comes in"
    assert (answer["tenants"], answer["sends"]) == (2, 20 * 6 + 200 + 500)


def policies_and_choices(*choices: Tenant) -> list[str]:
    """The lines of an export whose default is a strict policy of its own, with a night policy beside."""
    own = [replace(PRESETS["strict"], version=4), replace(PRESETS["standard"], name="night", evidence_to_pause=40)]
    policies = [to_json(PolicyLine(policy=each)) for each in own]
    return [*policies, *(to_json(TenantLine(tenant=each)) for each in choices)]


CHOICES = [
    Tenant(name="tagged", tagged_policy="night"),
    Tenant(name="assigned", tagged_policy="night", assigned_policy="strict"),
    Tenant(name="lost", assigned_policy="nobody-knows"),
    Tenant(name="built-in", assigned_policy="conservative"),
]


def test_a_candidate_is_held_against_what_each_tenant_of_an_export_has(tmp_path: Path) -> None:
    names = [*(each.name for each in CHOICES), "silent"]
    mail = [slot_record(0, 60, 19, tenant=name) for name in names]
    path = history(tmp_path, *policies_and_choices(*CHOICES), *mail)
    answer = found(path, "--policy", "standard")
    in_force = {
        row["tenant"]: (group, row["policy_in_force"]["name"])
        for group in ("only_candidate", "both", "only_in_force")
        for row in answer[group]
    }
    assert answer["in_force"] == {"name": "strict", "version": 4}
    assert in_force == {
        "assigned": ("both", "strict"),
        "built-in": ("only_candidate", "conservative"),
        "lost": ("both", "strict"),
        "silent": ("both", "strict"),
        "tagged": ("only_candidate", "night"),
    }


def test_the_table_names_the_policy_in_force_beside_each_tenant(tmp_path: Path) -> None:
    mail = [slot_record(0, 60, 19, tenant=name) for name in ("tagged", "silent")]
    result = guard("backtest", history(tmp_path, *policies_and_choices(*CHOICES), *mail), "--policy", "standard")
    told = " ".join(result.stdout.split())
    assert "Only standard (the candidate) would have paused:" in told
    assert "night (in force) no pause" in told
    assert "strict (in force) 2026-01-01 00:0" in told
    assert "standard would have paused 2 tenants, each tenant's own policy 1" in told
    assert result.exit_code == 3


def test_a_policy_named_as_in_force_is_that_of_all_tenants(tmp_path: Path) -> None:
    path = history(tmp_path, *policies_and_choices(*CHOICES), slot_record(0, 60, 19, tenant="tagged"))
    (row,) = found(path, "--policy", "standard", "--against", "strict")["both"]
    assert row["policy_in_force"] == {"name": "strict", "version": 1}


def test_a_policy_that_only_observes_is_tried_as_if_it_enforced(tmp_path: Path) -> None:
    observing = replace(PRESETS["standard"], mode=Mode.OBSERVE, enforced_share=0.0)
    path = history(tmp_path, to_json(PolicyLine(policy=observing)), slot_record(0, 60, 19))
    assert found(path, "--policy", "standard")["both"]


def test_closed_days_of_an_export_are_judged_by_their_rate(tmp_path: Path) -> None:
    path = history(tmp_path, *(day_record(day, 4800, 700) for day in range(3)), *(day_record(0, 4800, 90, 1, "shop"),))
    (row,) = found(path, "--policy", "standard")["both"]
    assert row["tenant"] == "acme"
    assert row["candidate"]["pauses"][0]["at"] < "2026-01-02"


def test_a_day_and_its_slots_are_not_counted_twice(tmp_path: Path) -> None:
    path = history(
        tmp_path, slot_record(10 * HOUR, 100), slot_record(11 * HOUR, 50), day_record(0, 300), day_record(1, 7)
    )
    answer = found(path, "--policy", "standard")
    assert answer["sends"] == 300 + 7


def test_the_later_line_of_a_slot_holds(tmp_path: Path) -> None:
    path = history(tmp_path, slot_record(0, 200, 60), slot_record(0, 200, 1))
    answer = found(path, "--policy", "standard")
    assert (answer["both"], answer["sends"]) == ([], 200)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (slot_record(0, 1) | {"sends": -1}, "sends"),
        (slot_record(0, 1) | {"slot": "2026-01-01T00:00"}, "slot"),
        (day_record(0, 1) | {"day": "yesterday"}, "day"),
        ({"record": "policy", "policy": {"name": "night"}}, "policy"),
        ({"record": "tenant", "tenant": {"name": 3}}, "tenant"),
        ({"record": 3}, "record"),
        ({"recorded": "counts"}, "record"),
    ],
)
def test_a_malformed_record_of_an_export_is_named(tmp_path: Path, line: Any, field: str) -> None:
    result = guard("backtest", history(tmp_path, slot_record(0, 5), line, slot_record(300, 5)), "--policy", "strict")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"guard: line 2: {field}: ")


def test_feedback_arrives_by_the_delay_it_is_judged_with() -> None:
    """The k-th of n pieces comes when (k + 1/2) / n of a send's feedback is due."""
    delay = START_DELAYS.bounce
    (median,) = arrivals(delay, 1)
    assert delay.due_by(median) == pytest.approx(0.5)
    many = arrivals(delay, 200)
    assert list(many) == sorted(many)
    assert [delay.due_by(age) for age in many[:-1]] == pytest.approx(
        [(each + 0.5) / 200 for each in range(199)], abs=1e-6
    )
    assert many[-1] <= delay.cap


def test_long_silence_is_skipped_to_the_next_turn() -> None:
    """A year without mail costs a judgement a day, not one a minute."""
    trial = Trial(PoliciesByTenant([PRESETS["standard"]]), 60)
    judged: list[datetime] = []
    judge = trial._rehearsal.judge
    trial._rehearsal.judge = lambda now: judged.append(now) or judge(now)  # type: ignore[method-assign,func-returns-value]
    trial.play([parsed(sent(0, 100)), parsed(bounced(0, 1)), parsed(sent(365 * DAY))])
    assert len(judged) <= 366 + 3
    first = judged[0] + timedelta(days=1)
    assert next_tending("acme", judged[0]) <= judged[1] <= first
