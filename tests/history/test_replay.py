"""`guard replay`: the protocol, line by line, and the laws that hold for a history as for a deployment."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.export.policies import PoliciesByTenant
from cli.history.rehearsal import Rehearsal
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.policy import PRESETS
from tests.history.builders import T0, answers, blast, bounced, complained, guard, parsed, sent, text_of, tick

DAY = 86_400
YEAR_9999 = 253_402_300_799
Batches = list[list[dict[str, Any]]]


def test_each_tick_is_answered_by_its_decisions_and_an_acknowledgement() -> None:
    result = guard("replay", given=text_of(*blast(0, 200, 60), tick(60), sent(70), tick(120)))
    paused, first, second = answers(result)
    assert result.exit_code == 0
    assert (paused["ts"], paused["tenant"], paused["action"]) == (T0 + 60, "acme", "pause")
    assert paused["why"].startswith("60 hard bounces of 200 sent in the last 5 min (")
    assert (first, second) == ({"ack": T0 + 60}, {"ack": T0 + 120})


def test_a_tick_is_answered_before_more_is_written() -> None:
    """A closed loop waits for the acknowledgement before it goes on."""
    guard_command = Path(sys.executable).with_name("guard")
    with subprocess.Popen(
        [guard_command, "replay"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        for after in (60, 120):
            process.stdin.write(text_of(sent(after - 1), tick(after)))
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {"ack": T0 + after}
        process.stdin.close()
    assert process.returncode == 0


def test_only_hard_bounces_count() -> None:
    soft = [line | {"bounceType": "Transient"} for line in blast(0, 200, 60)[1:]]
    assert answers(guard("replay", given=text_of(sent(0, 200), *soft, tick(60)))) == [{"ack": T0 + 60}]


def test_a_tenant_is_warned_once_a_day() -> None:
    def warned_at(after: float, first: int) -> list[Any]:
        return [sent(after, 100), *(bounced(after, first + each) for each in range(14)), tick(after + 60)]

    lines = [line for turn in range(3) for line in warned_at(turn * DAY / 2, turn * 100)]
    actions = [answer["action"] for answer in answers(guard("replay", given=text_of(*lines))) if "action" in answer]
    assert actions == ["warn", "warn"]


def test_a_paused_tenant_is_not_judged_again() -> None:
    lines = [*blast(0, 200, 60), tick(60), bounced(0, 1000, delay=70), tick(120)]
    assert [each.get("action") for each in answers(guard("replay", given=text_of(*lines)))] == ["pause", None, None]


def test_feedback_of_mail_from_before_the_tenants_first_send_is_not_held_against_it() -> None:
    """Law 7: what came before the history has no sends to be weighed by."""
    early = [bounced(0, ident, delay=700) for ident in range(50)]
    assert answers(guard("replay", given=text_of(sent(600, 10), *early, tick(720)))) == [{"ack": T0 + 720}]


def test_the_policy_may_be_a_document(tmp_path: Path) -> None:
    lines = text_of(sent(0, 60), *(bounced(0, ident) for ident in range(17)), tick(60))
    lenient = tmp_path / "lenient.json"
    lenient.write_text('{"name": "lenient", "evidence_to_pause": 40}')
    assert answers(guard("replay", "--policy", str(lenient), given=lines))[0]["action"] == "warn"
    lenient.write_text('{"name": "lenient", "evidence_to_pause": -1}')
    refused = guard("replay", "--policy", str(lenient), given=lines)
    assert (refused.exit_code, "evidence_to_pause" in refused.stderr) == (2, True)
    assert guard("replay", "--policy", str(tmp_path / "none.toml"), given=lines).exit_code == 2


def test_the_policy_is_the_named_one() -> None:
    lines = text_of(sent(0, 60), *(bounced(0, ident) for ident in range(17)), tick(60))
    by_policy = {
        name: answers(guard("replay", "--policy", name, given=lines))[0]["action"]
        for name in ("strict", "standard", "conservative")
    }
    assert by_policy == {"strict": "pause", "standard": "pause", "conservative": "warn"}


def test_an_unknown_policy_is_refused_with_those_there_are() -> None:
    result = guard("replay", "--policy", "lax")
    assert result.exit_code == 2
    assert "standard, strict, conservative" in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("line", "field", "problem"),
    [
        ('{"ts": 1', "line", "Invalid JSON"),
        ("[1, 2]", "line", "object"),
        (sent(1) | {"kind": "Opened"}, "kind", "'Opened'"),
        (sent(1) | {"n": -1}, "n", "greater than or equal to 0"),
        (sent(1) | {"ts": "noon"}, "ts", "valid number"),
        (sent(1) | {"ts": 1e15}, "ts", "less than"),
        (sent(1) | {"tenant": ""}, "tenant", "at least 1 character"),
        ({key: value for key, value in bounced(1, 1).items() if key != "sent_ts"}, "sent_ts", "required"),
        ({key: value for key, value in bounced(1, 1).items() if key != "bounceType"}, "bounceType", "required"),
        (complained(1, 1) | {"id": None}, "id", "valid"),
        ({"tick": "soon"}, "tick", "valid number"),
        ({"tick": YEAR_9999}, "tick", "less than"),
        (f'{{"tick": {"[" * 100_000}', "line", "Invalid JSON"),
        (sent(1) | {"n": 10**400}, "n", "less than or equal"),
        (sent(1) | {"n": "7"}, "n", "valid integer"),
        (sent(1) | {"n": True}, "n", "valid integer"),
        (sent(1) | {"ts": 10**400}, "ts", "finite number"),
        (sent(1) | {"ts": YEAR_9999}, "ts", "less than"),
        (sent(1) | {"ts": "7"}, "ts", "valid number"),
        (bounced(1, 1) | {"sent_ts": YEAR_9999}, "sent_ts", "less than"),
        (f"{json.dumps(sent(1))}, {json.dumps(sent(1))}", "line", "Invalid JSON"),
        (b"\xff{}".decode("latin-1"), "line", "Invalid JSON"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_its_neighbours_go_through(line: Any, field: str, problem: str) -> None:
    """Law 11."""
    lines = text_of(sent(0, 100), line, sent(0, 100), *blast(0, 0, 60), tick(60))
    result = guard("replay", given=lines)
    told = result.stderr.splitlines()
    assert result.exit_code == 1
    assert len(told) == 1
    assert told[0].startswith(f"guard: line 2: {field}: ")
    assert problem in told[0]
    assert "60 hard bounces of 200 sent" in answers(result)[0]["why"]


def test_empty_lines_are_nobodys_mistake() -> None:
    result = guard("replay", given=f"\n{text_of(sent(0), tick(60))}\n \n")
    assert (result.exit_code, answers(result)) == (0, [{"ack": T0 + 60}])


def test_half_an_object_on_each_of_two_lines_is_no_line() -> None:
    result = guard(
        "replay", given=text_of('{"ts": 1, "tenant": "acme"', '"kind": "Sent"}', f"{json.dumps(sent(0))},{{}}")
    )
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 3


def test_a_tick_that_goes_back_judges_nobody_and_is_still_acknowledged() -> None:
    result = guard("replay", given=text_of(tick(120), *blast(0, 200, 60), tick(60)))
    assert result.exit_code == 1
    assert answers(result) == [{"ack": T0 + 120}, {"ack": T0 + 60}]
    assert result.stderr == f"guard: tick {T0 + 60}: goes back in time, nobody was judged\n"


def test_a_tenant_called_tick_is_a_tenant() -> None:
    (paused, _) = answers(guard("replay", given=text_of(*blast(0, 200, 60, tenant="tick"), tick(60))))
    assert paused["tenant"] == "tick"


def test_lines_are_numbered_over_many_of_them() -> None:
    lines = [sent(each / 100) for each in range(9000)]
    lines.insert(8500, sent(0) | {"n": "x"})
    assert guard("replay", given=text_of(*lines)).stderr.startswith("guard: line 8501: n: ")


def decided(batches: Batches) -> list[Decision]:
    """All decisions, with a tick after each batch."""
    rehearsal = Rehearsal(PoliciesByTenant([PRESETS["standard"]]))
    decisions = []
    for number, batch in enumerate(batches, 1):
        rehearsal.add(list(map(parsed, batch)))
        decisions += rehearsal.judge(datetime.fromtimestamp(T0 + number * 1800, UTC))
    return decisions


@st.composite
def histories(draw: st.DrawFn) -> Batches:
    """Half hours of mail of two tenants, good and bad, with feedback of this mail and of older."""
    batches: Batches = []
    idents = iter(range(100_000))
    for start in range(0, 6 * 1800, 1800):
        batch: list[dict[str, Any]] = []
        for tenant in ("acme", "shop"):
            moments = draw(st.lists(st.integers(0, 1799), max_size=4))
            batch += [sent(start + moment, draw(st.integers(1, 60)), tenant) for moment in moments]
            for moment in draw(st.lists(st.sampled_from(moments), max_size=25)) if moments else ():
                known = draw(st.floats(0, 1799 - moment))
                batch.append(bounced(start + moment, next(idents), tenant, delay=known))
            late = draw(st.lists(st.integers(0, start), max_size=6)) if start else ()
            batch += [complained(moment, next(idents), tenant, delay=start + 1 - moment) for moment in late]
        batches.append(batch)
    return batches


@given(batches=histories(), chance=st.randoms(use_true_random=False))
def test_duplicates_and_the_order_of_what_came_by_a_tick_change_no_decision(batches: Batches, chance: Any) -> None:
    """Laws 1 and 3."""
    shuffled = []
    feedback: list[dict[str, Any]] = []
    for batch in batches:
        own = [line for line in batch if line["kind"] != "Sent"]
        again = batch + chance.choices(feedback + own, k=5) if feedback + own else list(batch)
        chance.shuffle(again)
        shuffled.append(again)
        feedback += own
    assert decided(shuffled) == decided(batches)


@given(batches=histories())
def test_decisions_follow_the_clock(batches: Batches) -> None:
    assert all(before.at <= after.at for before, after in pairwise(decided(batches)))
