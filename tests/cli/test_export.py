"""`guard export`: everything on record, as lines that read back equal; whole or not at all."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.account import CannotRunError
from cli.export.file import read, write
from cli.export.lines import (
    AccountLine,
    CountsLine,
    DayLine,
    DecisionLine,
    DelaysLine,
    Line,
    PolicyLine,
    TenantLine,
    UnattributedLine,
)
from reputation_guard.aws.counted import CountsReader
from reputation_guard.aws.policies import PolicyTable
from reputation_guard.domain.counts import SLOTS_PER_DAY, Ledger, slot_of, slot_start
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.policy import PRESETS, Kind
from reputation_guard.ports.book import Outcome
from reputation_guard.ports.errors import UnavailableError
from reputation_guard.usecases.learn import DelaysInUse
from tests.cli.aws import OUTPUTS, OWNER, REGION, FakeAws, guard

# The head of a packed file, and then nothing that was ever packed.
SPOILT = gzip.compress(b"", mtime=0)[:10] + b"\xff" * 20
ACCOUNT = {"record": "account", "account": OWNER, "region": REGION, "stack": "reputation-guard"}


def exported(*words: str) -> list[dict[str, Any]]:
    """The lines that a command line prints."""
    result = guard("export", *words)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def of_kind(lines: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["record"] in kinds]


@pytest.mark.usefixtures("aws")
def test_an_empty_account_is_an_account_the_policy_in_force_and_the_delays_in_use() -> None:
    account, policy, delays = exported()
    assert account.pop("at").endswith("Z")
    assert account == ACCOUNT
    assert (policy["record"], policy["policy"]["name"]) == ("policy", "standard")
    assert (delays["record"], delays["bounce"]["cap"]) == ("delays", START_DELAYS.bounce.cap)


def test_the_policies_in_force_are_there_the_default_first(aws: FakeAws) -> None:
    shelf = PolicyTable(aws.dynamodb, OUTPUTS["BookTable"])
    for name, version in (("night", 1), ("night", 2), ("standard", 2)):
        shelf.put(replace(PRESETS["standard"], name=name, version=version), aws.now, "Olga Operator")
    policies = [(line["policy"]["name"], line["policy"]["version"]) for line in of_kind(exported(), "policy")]
    assert policies == [("standard", 2), ("night", 2)]


def test_a_slot_with_anything_in_it_is_a_line(aws: FakeAws) -> None:
    aws.send("acme", sends=120)
    aws.bounce("acme", 3)
    slot = slot_start(slot_of(aws.now - timedelta(minutes=30)))
    numbers = {"sends": 120, "bounces": 3, "complaints": 0}
    assert of_kind(exported(), "counts") == [
        {"record": "counts", "tenant": "acme", "slot": f"{slot:%Y-%m-%dT%H:%M:%SZ}", **numbers}
    ]


@pytest.mark.parametrize(("sends", "bounces"), [(120, 3), (0, 3 + 40)])
def test_feedback_through_a_set_without_sends_is_there_where_no_sends_were_ever_seen(
    aws: FakeAws, sends: int, bounces: int
) -> None:
    """Beside sends of other sets it would look like their rate."""
    if sends:
        aws.send("acme", sends=sends)
    aws.bounce("acme", 3)
    aws.bounce("acme", 40, through="publishes-no-sends")
    (line,) = of_kind(exported(), "counts")
    assert (line["sends"], line["bounces"]) == (sends, bounces)


def test_the_members_of_a_line_stand_in_the_order_of_the_contract(aws: FakeAws) -> None:
    aws.send("acme")
    assert [list(line) for line in of_kind(exported(), "counts")] == [
        ["record", "tenant", "slot", "sends", "bounces", "complaints"]
    ]


def test_a_back_test_of_it_takes_the_policies_in_force_from_it(aws: FakeAws, tmp_path: Path) -> None:
    """Tenant by tenant, as the guard chooses."""
    night = replace(PRESETS["standard"], name="night", version=2, evidence_to_pause=40)
    PolicyTable(aws.dynamodb, OUTPUTS["BookTable"]).put(night, aws.now, "Olga Operator")
    aws.enter("acme", tagged_policy="night")
    aws.enter("shop")
    for tenant in ("acme", "shop"):
        aws.send(tenant, sends=60)
        aws.bounce(tenant, 19)
    file = str(tmp_path / "history.jsonl.gz")
    assert guard("export", "-o", file).exit_code == 0
    result = guard("backtest", file, "--policy", "standard", "--json")
    answer = json.loads(result.stdout)
    named = {row["tenant"]: row["policy_in_force"] for row in answer["only_candidate"] + answer["both"]}
    assert (result.exit_code, result.stderr) == (3, "")
    assert named == {"acme": {"name": "night", "version": 2}, "shop": {"name": "standard", "version": 1}}
    assert [row["tenant"] for row in answer["only_candidate"]] == ["acme"]


def closed_day(aws: FakeAws, back: int, *, with_hours: bool, late: int = 0) -> date:
    """A day of 500 sends and 20 hard bounces, closed; returns it."""
    ago = aws.now - (aws.now - timedelta(days=back)).replace(hour=10, minute=2)
    day = slot_of(aws.now - ago) // SLOTS_PER_DAY
    aws.send("acme", sends=500, ago=ago)
    CountsReader(aws.dynamodb, "counts").close_day(Ledger(tenant="acme"), day)
    start = slot_start(day * SLOTS_PER_DAY).date()
    key = {"pk": {"S": "tenant#acme"}, "sk": {"S": f"day#{start}"}}
    aws.dynamodb.update_item(
        TableName="counts",
        Key=key,
        UpdateExpression="ADD late_sends :late, bounces :bounces",
        ExpressionAttributeValues={":late": {"N": str(late)}, ":bounces": {"N": "20"}},
    )
    if not with_hours:
        aws.dynamodb.delete_item(TableName="counts", Key={**key, "sk": {"S": f"hour#{start}T10"}})
    return start


def test_a_closed_day_whose_hours_are_gone_is_one_line_late_sends_among_them(aws: FakeAws) -> None:
    day = closed_day(aws, 5, with_hours=False, late=7)
    assert of_kind(exported(), "counts", "day") == [
        {"record": "day", "tenant": "acme", "day": str(day), "sends": 507, "bounces": 20, "complaints": 0}
    ]


def test_a_closed_day_whose_hours_are_there_is_told_by_slots_alone(aws: FakeAws) -> None:
    day = closed_day(aws, 2, with_hours=True, late=7)
    (line,) = of_kind(exported(), "counts", "day")
    assert (line["record"], line["slot"], line["sends"]) == ("counts", f"{day}T10:00:00Z", 507)


def test_what_is_left_of_a_day_is_not_the_day(aws: FakeAws) -> None:
    """Hours expire one by one: a day that lost one is told as a whole."""
    day = closed_day(aws, 4, with_hours=False)
    at = slot_start(slot_of(aws.now)).replace(year=day.year, month=day.month, day=day.day, hour=9, minute=0)
    aws.send("acme", sends=1, ago=aws.now - at)
    (line,) = of_kind(exported(), "counts", "day")
    assert (line["record"], line["sends"]) == ("day", 500)


def test_what_nobody_could_attribute_is_told_by_configuration_set(aws: FakeAws) -> None:
    aws.send(configuration_set="shared", sends=40)
    (line,) = of_kind(exported(), "counts", "unattributed")
    assert (line["record"], line["configuration_set"], line["sends"]) == ("unattributed", "shared", 40)


def reread(file: Path, *words: str) -> list[Line]:
    """Everything, written to a file by the command and read again."""
    result = guard("export", "-o", str(file), *words)
    assert (result.exit_code, result.stdout) == (0, ""), result.stderr
    return list(read(str(file)))


@pytest.mark.parametrize("name", ["history.jsonl", "history.jsonl.gz"])
def test_what_is_written_is_read_back_equal(aws: FakeAws, tmp_path: Path, name: str) -> None:
    acme = aws.enter("acme", fence=aws.now, configuration_sets=frozenset({"shared"}))
    aws.teach(Kind.BOUNCE, at_bin=3, feedback=2000)
    aws.send("acme", sends=120)
    aws.send(configuration_set="shared", sends=40)
    day = closed_day(aws, 5, with_hours=False)
    decision = aws.pause(acme)
    aws.book.settle(decision, Outcome.CONFIRMED, aws.now)
    slot = slot_start(slot_of(aws.now - timedelta(minutes=30)))
    account, policy, delays, *rest = reread(tmp_path / name)
    assert isinstance(account, AccountLine)
    assert policy == PolicyLine(policy=PRESETS["standard"])
    assert isinstance(delays, DelaysLine)
    assert delays.delays == DelaysInUse(CountsReader(aws.dynamodb, "counts")).delays(aws.now)
    assert (delays.bounce.learned, delays.complaint) == (True, START_DELAYS.complaint)
    paused = aws.book.tenant("acme")
    assert paused
    expected = [
        TenantLine(tenant=paused),
        DecisionLine(decision=decision, outcome=Outcome.CONFIRMED, settled_at=aws.now),
        DayLine(tenant="acme", day=day, sends=500, bounces=20, complaints=0),
        CountsLine(tenant="acme", slot=slot, sends=120, bounces=0, complaints=0),
        UnattributedLine(configuration_set="shared", slot=slot, sends=40, bounces=0, complaints=0),
    ]
    assert len(rest) == len(expected)
    assert {type(line): line for line in rest} == {type(line): line for line in expected}


def test_a_pending_decision_has_no_outcome(aws: FakeAws) -> None:
    aws.pause(aws.enter("acme"))
    assert "outcome" not in of_kind(exported(), "decision")[0]


def test_one_tenant_comes_with_what_its_judgement_needs_and_with_nothing_of_others(aws: FakeAws) -> None:
    aws.pause(aws.enter("acme", configuration_sets=frozenset({"shared"})))
    aws.pause(aws.enter("other", configuration_sets=frozenset({"theirs"})))
    for tenant in ("acme", "other"):
        aws.send(tenant)
    for configuration_set in ("shared", "theirs"):
        aws.send(configuration_set=configuration_set)
    lines = exported("--tenant", "acme")
    kinds = ["account", "policy", "delays", "decision", "tenant", "counts", "unattributed"]
    assert [line["record"] for line in lines] == kinds
    assert "other" not in json.dumps(lines)
    assert "theirs" not in json.dumps(lines)


@pytest.mark.usefixtures("aws")
def test_a_tenant_that_nobody_knows_is_wrong() -> None:
    result = guard("export", "--tenant", "acmee")
    assert result.exit_code == 1
    assert result.stderr == "guard: nothing is on record of a tenant acmee.\n"


def test_older_days_and_decisions_are_left_out_when_told_so(aws: FakeAws) -> None:
    closed_day(aws, 5, with_hours=False)
    assert of_kind(exported("--days", "5"), "day") == []
    assert len(of_kind(exported("--days", "6"), "day")) == 1


def test_people_are_told_what_was_written_and_programs_too(aws: FakeAws, tmp_path: Path) -> None:
    aws.send("acme")
    file = str(tmp_path / "history.jsonl")
    assert guard("export", "-o", file).stderr == "4 lines: 1 account, 1 policy, 1 delays, 1 counts.\n"
    told = json.loads(guard("export", "-o", file, "--json").stdout)
    assert told == {"file": file, "lines": {"account": 1, "policy": 1, "delays": 1, "counts": 1}}


def test_the_tables_are_read_at_a_pace(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page after page of a large table must not take the guard's own capacity."""
    aws.send("acme")
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    exported()
    assert pauses == [0.25, 0.25]


def test_a_bar_on_the_terminal_leaves_the_lines_alone(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    aws.send("acme")
    result = guard("export")
    assert [json.loads(line)["record"] for line in result.stdout.splitlines()] == [
        "account",
        "policy",
        "delays",
        "counts",
    ]
    assert "Reading the counts" in result.stderr


def test_an_export_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text("what was there\n")

    def failing() -> Iterator[Line]:
        yield DayLine(tenant="acme", day=date(2026, 11, 20), sends=1, bounces=0, complaints=0)
        raise UnavailableError("halfway")

    with pytest.raises(UnavailableError):
        write(failing(), str(file))
    assert [each.name for each in tmp_path.iterdir()] == ["history.jsonl"]
    assert file.read_text() == "what was there\n"


@pytest.mark.usefixtures("aws")
def test_a_folder_that_is_not_there_is_named() -> None:
    result = guard("export", "-o", "/nowhere/history.jsonl")
    assert result.exit_code == 2
    assert result.stderr == "guard: /nowhere/history.jsonl cannot be written: No such file or directory.\n"


def test_a_folder_is_refused_before_anything_is_read(
    aws: FakeAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.send("acme")
    pages: list[float] = []
    monkeypatch.setattr("time.sleep", pages.append)
    for words in (["export"], ["report"], ["report", "--from", "nowhere"]):
        result = guard(*words, "-o", str(tmp_path))
        assert (result.exit_code, result.stderr) == (2, f"guard: {tmp_path} cannot be written: it is a folder.\n")
    assert (pages, list(tmp_path.iterdir())) == ([], [])


def test_lines_of_a_newer_guard_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text('{"record":"weather","sky":"blue"}\n\n')
    assert list(read(str(file))) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"record":"counts","tenant":"acme","slot":"2026-11-24T12:05:00Z","sends":-1,"bounces":0}', "counts.sends"),
        ('{"record":"counts","tenant":"acme","slot":"yesterday","sends":1,"bounces":0}', "counts.slot"),
        ('{"record":"counts","tenant":"acme","slot":"9999-12-31T23:55:00Z","sends":1,"bounces":0}', "counts.slot"),
        ('{"record":"counts","tenant":"acme","slot":"0001-01-01T00:00:00Z","sends":1,"bounces":0}', "counts.slot"),
        ('{"record":"day","tenant":"acme","day":"0001-01-01","sends":1,"bounces":0}', "day.day"),
        ('{"record":"unattributed","configuration_set":"","day":"0001-01-01","sends":1}', "unattributed.day"),
        ('{"record":"account","account":"1","region":"r","stack":"s","at":"0001-01-01T00:00:00Z"}', "account.at"),
        ("nonsense", "Invalid JSON"),
        ('{"tenant":"acme"}', "Unable to extract tag"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_with_its_field(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text(f"\n{text}\n")
    with pytest.raises(CannotRunError, match=rf"history\.jsonl, line 2, is no line of an export: .*{words}"):
        list(read(str(file)))


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"cut off, " * 100, mtime=0)[:-20], SPOILT])
def test_a_packed_file_that_is_broken_is_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "history.jsonl.gz"
    file.write_bytes(content)
    with pytest.raises(CannotRunError, match=r"history\.jsonl\.gz cannot be read: "):
        list(read(str(file)))
