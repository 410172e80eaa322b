"""`guard backtest` of the file of `guard export`: its slots and days, and the policy that each tenant has."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from cli.export.lines import PolicyLine, TenantLine, to_json
from cli.history.exported import arrivals
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.policy import PRESETS, Mode, Policy
from reputation_guard.domain.tenant import Tenant
from tests.history.builders import T0, day_record, found, guard, history, slot_record

HOUR = 3600


@pytest.mark.parametrize("first", ["", " ", "{", '{"record": "acc'])
def test_an_export_is_one_whatever_stands_before_its_first_record(tmp_path: Path, first: str) -> None:
    path = history(tmp_path, first, {"record": "account"}, slot_record(0, 200, 60))
    assert found(path, "--policy", "standard")["both"]


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


def policy_record(**changes: Any) -> str:
    """A policy as an export would have it, if it could be put."""
    policy = TypeAdapter(Policy).dump_python(replace(PRESETS["standard"], **changes), mode="json")
    return json.dumps({"record": "policy", "policy": policy})


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
    assert "Only standard@1 (candidate) would have paused:" in told
    assert "night@1 (in force) no pause" in told
    assert "strict@4 (in force) 2026-01-01 00:0" in told
    assert "standard@1 (candidate) would have paused 2 tenants, each tenant's own policy (in force) 1" in told
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
        (slot_record(0, 10**400), "sends"),
        (slot_record(0, 1) | {"sends": "7"}, "sends"),
        (slot_record(0, 1) | {"sends": True}, "sends"),
        (slot_record(0, 10**10, 10**9), "bounces"),
        (slot_record(0, 10**10, 0, 10**9), "complaints"),
        (day_record(0, 10**10, 10**9), "bounces"),
        (slot_record(0, 1) | {"slot": "0001-01-01T00:00:00Z"}, "slot"),
        (slot_record(0, 1) | {"slot": "9999-12-31T23:55:00Z"}, "slot"),
        (day_record(0, 1) | {"day": "0001-01-01"}, "day"),
        (day_record(0, 1) | {"day": "9999-12-31"}, "day"),
        (policy_record(cool_downs=(timedelta(days=10**6),)), "policy"),
        (slot_record(0, 1) | {"slot": "2026-01-01T00:00"}, "slot"),
        (day_record(0, 1) | {"day": "yesterday"}, "day"),
        ({"record": "policy", "policy": {"name": "night"}}, "policy"),
        ({"record": "tenant", "tenant": {"name": 3}}, "tenant"),
        ({"record": 3}, "record"),
        ({"recorded": "counts"}, "record"),
    ],
)
def test_a_malformed_record_of_an_export_is_named_and_its_neighbours_go_through(
    tmp_path: Path, line: Any, field: str
) -> None:
    result = guard("backtest", history(tmp_path, slot_record(0, 5), line, slot_record(300, 5)), "--policy", "strict")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"guard: line 2: {field}: ")
    assert "1 tenant, 10 mails." in result.stdout


def test_feedback_arrives_by_the_delay_it_is_judged_with() -> None:
    """The k-th of n pieces comes when (k + 1/2) / n of a send's feedback is due."""
    delay = START_DELAYS.bounce
    (median,) = arrivals(delay, 1)
    assert delay.due_by(median) == pytest.approx(0.5)
    many = list(arrivals(delay, 200))
    assert many == sorted(many)
    assert [delay.due_by(age) for age in many[:-1]] == pytest.approx(
        [(each + 0.5) / 200 for each in range(199)], abs=1e-6
    )
    assert many[-1] <= delay.cap


def test_much_feedback_arrives_in_portions_of_the_same_delay() -> None:
    delay, number = START_DELAYS.bounce, 2500
    many = list(arrivals(delay, number))
    assert many == sorted(many)
    assert [delay.due_by(age) for age in many] == pytest.approx(
        [(each + 0.5) / number for each in range(number)], abs=1e-3
    )
