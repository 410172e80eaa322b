"""`guard policy`: the documents tenants are judged by, and which tenant has which."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from reputation_guard.aws.policies import PolicyTable
from reputation_guard.domain.policy import PRESETS, Mode
from reputation_guard.wire.policy import schema
from tests.cli.aws import OUTPUTS, FakeAws, guard, refused

NIGHT = {"name": "night", "evidence_to_pause": 5.5, "probation": "36h"}


@pytest.fixture
def shelf(aws: FakeAws) -> PolicyTable:
    """The policies in the book."""
    return PolicyTable(aws.dynamodb, OUTPUTS["BookTable"])


def written(folder: Path, document: Any, name: str = "night.json") -> str:
    """A file with a document in it."""
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return str(path)


def put(folder: Path, document: Any) -> Result:
    """Put a document without being asked."""
    return guard("policy", "put", written(folder, document), "--yes")


def words_of(result: Result) -> str:
    return " ".join(result.output.split())


def test_a_policy_that_was_put_is_in_force_and_says_who_put_it(
    aws: FakeAws, shelf: PolicyTable, tmp_path: Path
) -> None:
    result = put(tmp_path, NIGHT)
    assert result.exit_code == 0
    assert "night, version 1 after none:" in result.stdout
    assert "evidence_to_pause: 5.5" in result.stdout
    (version,) = shelf.versions("night")
    assert (version.policy.evidence_to_pause, version.put_by) == (5.5, "arn:aws:iam::123456789012:user/ann")
    assert abs((version.put_at or aws.now) - aws.now).total_seconds() < 60


def test_what_a_document_would_change_is_shown_before_it_is_put(shelf: PolicyTable, tmp_path: Path) -> None:
    put(tmp_path, NIGHT)
    quiet = {"start": "22:00", "end": "07:00", "zone": "Asia/Tokyo"}
    file = written(tmp_path, NIGHT | {"probation": "12h", "quiet_hours": quiet, "cool_downs": ["2h"]})
    asked = CliRunner().invoke(app, ["policy", "put", file], input="n\n")
    assert asked.exit_code == 1
    assert "night, version 2 after 1:" in asked.stdout
    assert '  probation: "36h" -> "12h"' in asked.stdout
    assert '  cool_downs: ["1h", "6h", "1d", "3d"] -> ["2h"]' in asked.stdout
    assert '  quiet_hours.zone: "Asia/Tokyo"' in asked.stdout
    assert "evidence" not in asked.stdout
    assert len(shelf.versions("night")) == 1
    assert CliRunner().invoke(app, ["policy", "put", file], input="y\n").exit_code == 0
    assert [version.policy.version for version in shelf.versions("night")] == [2, 1]


@pytest.mark.parametrize(
    ("document", "field", "reason"),
    [
        (NIGHT | {"evidence_to_pause": 2}, "evidence_in_probation", "must not be above evidence_to_pause (2)"),
        (NIGHT | {"rung": []}, "rung", "Extra inputs are not permitted"),
        ("{", "document", "is no JSON"),
    ],
)
def test_a_bad_document_is_refused_with_field_and_reason_and_the_old_one_stays(
    shelf: PolicyTable, tmp_path: Path, document: Any, field: str, reason: str
) -> None:
    put(tmp_path, NIGHT)
    result = put(tmp_path, document)
    assert result.exit_code == 1
    assert f"night.json: {field}: {reason}" in result.stderr
    assert [version.policy.version for version in shelf.versions("night")] == [1]
    told = json.loads(guard("policy", "put", written(tmp_path, document), "--yes", "--json").stdout)
    assert (told["error"], told["field"]) == ("BadDocument", field)


def test_what_is_shown_can_be_changed_and_put_again(shelf: PolicyTable, tmp_path: Path) -> None:
    put(tmp_path, NIGHT)
    shown = guard("policy", "show", "night").stdout
    assert put(tmp_path, shown).stdout == "night version 1 is in force already: nothing to put.\n"
    assert put(tmp_path, json.loads(shown) | {"mode": "observe"}).exit_code == 0
    assert shelf.versions("night")[0].policy.mode is Mode.OBSERVE


def test_a_document_made_from_an_old_version_does_not_take_back_what_others_put(
    shelf: PolicyTable, tmp_path: Path
) -> None:
    put(tmp_path, NIGHT)
    old = json.loads(guard("policy", "show", "night").stdout)
    put(tmp_path, NIGHT | {"probation": "12h"})
    result = put(tmp_path, old | {"mode": "observe"})
    assert result.exit_code == 1
    assert "it was made from version 1, and version 2 is in force" in words_of(result)
    assert len(shelf.versions("night")) == 2


def test_a_built_in_policy_is_replaced_under_its_own_name(shelf: PolicyTable, tmp_path: Path) -> None:
    document = json.loads(guard("policy", "show", "free").stdout)
    assert put(tmp_path, document | {"evidence_to_pause": 3.5}).exit_code == 0
    assert [version.policy.version for version in shelf.versions("free")] == [2, 1]


def test_toml_is_a_document_too_and_another_kind_of_file_is_not(shelf: PolicyTable, tmp_path: Path) -> None:
    text = 'name = "night"\nprobation = "12h"\n'
    assert guard("policy", "put", written(tmp_path, text, "night.toml"), "--yes").exit_code == 0
    assert shelf.versions("night")
    result = guard("policy", "put", written(tmp_path, text, "night.yaml"), "--yes")
    assert (result.exit_code, "a policy is a .json or a .toml file" in result.stderr) == (2, True)
    assert guard("policy", "put", str(tmp_path / "nowhere.json"), "--yes").exit_code == 2


def test_an_unreadable_version_is_listed_and_its_number_is_not_used_again(
    aws: FakeAws, shelf: PolicyTable, tmp_path: Path
) -> None:
    put(tmp_path, NIGHT)
    aws.dynamodb.put_item(TableName="book", Item={"pk": {"S": "policies"}, "sk": {"S": "night#000002"}})
    assert "night version 2 cannot be read" in words_of(guard("policy", "list"))
    put(tmp_path, NIGHT | {"probation": "12h"})
    assert [version.policy.version for version in shelf.versions("night")] == [3, 1]


def test_the_list_tells_whom_each_policy_judges(aws: FakeAws, tmp_path: Path) -> None:
    put(tmp_path, NIGHT | {"enforced_share": 0.25})
    aws.enter("one", assigned_policy="night")
    aws.enter("two", tagged_policy="free")
    aws.enter("three", tagged_policy="free", assigned_policy="vip")
    aws.enter("four")
    aws.enter("five", tagged_policy="platinum")
    listed = json.loads(guard("policy", "list", "--json").stdout)
    tenants = {each["name"]: each["tenants"] for each in listed["policies"]}
    nobody = {"assignment": 0, "tag": 0, "default": 0}
    assert tenants == dict.fromkeys((*PRESETS, "night"), nobody) | {
        "night": nobody | {"assignment": 1},
        "free": nobody | {"tag": 1},
        "vip": nobody | {"assignment": 1},
        "standard": nobody | {"default": 2},
    }
    assert (listed["default"], listed["unknown"]) == ("standard", {"five": "platinum"})
    told = words_of(guard("policy", "list"))
    assert "enforce, 25" in told
    assert "1 tenant by the default, because nobody knows platinum: five." in told


def test_a_tenant_is_assigned_a_policy_and_the_assignment_can_be_taken_away(aws: FakeAws) -> None:
    aws.enter("shop", tagged_policy="free")
    result = guard("policy", "assign", "shop", "vip")
    assert result.exit_code == 0
    assert "vip version 1 (by assignment, enforce); before, by free version 1 (by tag, enforce)" in words_of(result)
    record = aws.book.tenant("shop")
    assert record
    assert (record.assigned_policy, record.version) == ("vip", 2)
    assert "by free version 1 (by tag, enforce); before, by vip" in words_of(
        guard("policy", "assign", "shop", "--none")
    )


def test_an_assignment_keeps_who_made_it_and_when(aws: FakeAws) -> None:
    """Others can ask that person why; and whoever took it away, as well."""
    aws.enter("shop")
    guard("policy", "assign", "shop", "vip", "--operator", "Olga Operator")
    guard("policy", "assign", "shop", "vip", "--operator", "somebody else")
    record = aws.book.tenant("shop")
    assert record
    assert (record.assigned_by, record.assigned_at is not None) == ("Olga Operator", True)
    assert "Policy assigned: vip, by Olga Operator, 20" in words_of(guard("status", "shop"))
    assert json.loads(guard("status", "shop", "--json").stdout)["tenant"]["assigned_by"] == "Olga Operator"
    guard("policy", "assign", "shop", "--none")
    assert "Policy assigned: taken away, by arn:aws:iam::123456789012:user/ann, 20" in words_of(guard("status", "shop"))
    assert guard("policy", "assign", "shop", "vip", "--operator", "a\nb").exit_code == 2


def test_a_tenant_that_is_moved_from_observe_to_enforce_is_fenced_at_once(aws: FakeAws, tmp_path: Path) -> None:
    """Law 12."""
    put(tmp_path, NIGHT | {"mode": "observe"})
    fence = aws.now.replace(year=2020)
    aws.enter("shop", assigned_policy="night", policy_mode=Mode.OBSERVE, fence=fence)
    guard("policy", "assign", "shop", "vip")
    record = aws.book.tenant("shop")
    assert record
    assert (record.policy_mode, record.fence and record.fence >= aws.now) == (Mode.ENFORCE, True)


def test_a_tenant_may_be_assigned_a_policy_before_it_is_in_the_book(aws: FakeAws) -> None:
    assert guard("policy", "assign", "new", "free").exit_code == 0
    record = aws.book.tenant("new")
    assert record
    assert record.assigned_policy == "free"


def test_an_assignment_to_what_nobody_knows_is_refused(aws: FakeAws) -> None:
    aws.enter("shop")
    result = guard("policy", "assign", "shop", "platinum")
    assert result.exit_code == 1
    assert "Nobody knows a policy platinum. There are standard, strict" in result.stderr
    aws.answers["GetTenant"] = refused("GetTenant", "NotFoundException", "no such tenant")
    result = guard("policy", "assign", "shpo", "vip")
    assert (result.exit_code, "Neither the book nor SES knows a tenant shpo" in result.stderr) == (1, True)
    assert aws.book.tenant("shpo") is None


@pytest.mark.parametrize("name", ["the whole account", "a b", "x" * 65])
def test_what_cannot_be_a_tenant_at_ses_is_assigned_nothing(aws: FakeAws, name: str) -> None:
    result = guard("policy", "assign", name, "vip")
    assert (result.exit_code, "is no tenant's name at SES" in result.stderr) == (1, True)
    assert aws.book.tenant(name) is None


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("words", [["shop"], ["shop", "vip", "--none"]])
def test_an_assignment_is_to_a_policy_or_to_none(words: list[str]) -> None:
    assert guard("policy", "assign", *words).exit_code == 2


@pytest.mark.usefixtures("aws")
def test_two_policies_are_compared_field_by_field(tmp_path: Path) -> None:
    assert guard("policy", "diff", "strict", "standard").stdout == "evidence_to_pause: 4.6 -> 3.0\n"
    put(tmp_path, NIGHT)
    put(tmp_path, NIGHT | {"probation": "12h"})
    assert guard("policy", "diff", "night@1").stdout == 'probation: "12h" -> "36h"\n'
    file = written(tmp_path, NIGHT)
    assert json.loads(guard("policy", "diff", file, "--json").stdout) == [
        {"field": "probation", "before": "12h", "after": "36h"}
    ]
    assert guard("policy", "diff", "pro", "standard").stdout == "They do not differ.\n"


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    "words",
    [
        ["show", "platinum"],
        ["show", "free", "--version", "9"],
        ["show", "free", "--version", "0"],
        ["diff", "platinum"],
        ["diff", "free@x"],
    ],
)
def test_a_policy_that_nobody_knows_is_wrong(words: list[str]) -> None:
    result = guard("policy", *words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("guard: ")


def test_an_earlier_version_can_be_shown(tmp_path: Path, shelf: PolicyTable) -> None:
    put(tmp_path, NIGHT)
    put(tmp_path, NIGHT | {"probation": "12h"})
    assert json.loads(guard("policy", "show", "night", "--version", "1").stdout)["probation"] == "36h"
    assert shelf.versions("night")[0].policy.version == 2


def test_the_schema_is_printed_without_a_stack() -> None:
    assert json.loads(guard("policy", "schema").stdout) == schema()


def test_status_tells_the_policy_of_each_tenant_and_who_chose_it(aws: FakeAws, shelf: PolicyTable) -> None:
    shelf.put(replace(PRESETS["vip"], version=2, mode=Mode.OBSERVE), aws.now, "ann")
    aws.enter("big", assigned_policy="vip")
    aws.enter("lost", tagged_policy="platinum")
    listed = {each["name"]: each for each in json.loads(guard("status", "--json").stdout)["tenants"]}
    assert {name: (each["policy"], each["policy_by"], each["policy_mode"]) for name, each in listed.items()} == {
        "big": ("vip", "assignment", "observe"),
        "lost": ("standard", "default", "enforce"),
    }
    told = words_of(guard("status"))
    assert "its policy only observes" in told
    assert "nobody knows its policy platinum" in told
    assert "vip version 2, by assignment; it may observe" in words_of(guard("status", "big"))
    assert json.loads(guard("status", "lost", "--json").stdout)["policy"]["unknown"] == "platinum"
