"""What all commands have in common: where they look, how they end, and that nobody is shown a traceback."""

import json

import pytest
from botocore.exceptions import NoCredentialsError
from typer.testing import CliRunner

from cli.account import Account
from cli.main import app
from tests.cli.aws import FakeAws, guard, refused

COMMANDS = [
    ["status"],
    ["status", "shop"],
    ["resume", "shop", "--reason", "mended"],
    ["doctor"],
    ["policy", "list"],
    ["policy", "assign", "shop", "vip"],
    ["export"],
    ["report", "-o", "-"],
    ["incidents"],
    ["incidents", "shop.4"],
    ["ack", "shop.4"],
    ["snooze", "shop.4", "--for", "2h"],
    ["hand-over", "shop.4", "lead"],
    ["note", "shop.4", "text"],
    ["tail"],
    ["console"],
]


@pytest.mark.parametrize("words", COMMANDS)
def test_without_its_stack_a_command_says_so_in_one_line(aws: FakeAws, words: list[str]) -> None:
    aws.answers["DescribeStacks"] = refused("DescribeStacks", "ValidationError", "Stack with id x does not exist")
    result = guard("--stack", "elsewhere", *words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "There is no stack elsewhere in eu-west-1. Name it with --stack" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", COMMANDS)
def test_without_credentials_a_command_says_so_in_one_line(aws: FakeAws, words: list[str]) -> None:
    aws.answers["DescribeStacks"] = NoCredentialsError()
    result = guard(*words)
    assert result.exit_code == 2
    assert result.stderr.startswith("guard: No AWS credentials were found. Log in")
    assert len(result.stderr.splitlines()) == 1


def test_a_refusal_by_aws_names_the_call_and_the_code(aws: FakeAws) -> None:
    aws.answers["DescribeStacks"] = refused("DescribeStacks", "AccessDenied", "not\nyou")
    result = guard("status")
    assert (result.exit_code, result.stderr) == (2, "guard: AWS refused DescribeStacks: AccessDenied: not you\n")


@pytest.mark.usefixtures("aws")
def test_a_profile_that_is_not_there_is_named() -> None:
    result = guard("status", "--profile", "nobody")
    assert result.exit_code == 2
    assert "nobody" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_without_a_region_a_command_says_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.delenv("AWS_REGION")
    result = guard("status")
    assert result.exit_code == 2
    assert "No AWS region is set. Name one with --region" in result.stderr


def test_the_sdk_itself_finds_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = guard("status")
    assert result.exit_code == 2
    assert "No AWS credentials were found." in result.stderr


def test_an_endpoint_where_nobody_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    result = guard("status")
    assert result.exit_code == 2
    assert result.stderr == 'guard: Could not connect to the endpoint URL: "http://127.0.0.1:9/"\n'


def test_ses_pace_is_kept_with_ses_itself_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Account(region="eu-west-1").is_aws_itself
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert not Account(region="eu-west-1").is_aws_itself


def test_a_stack_of_something_else_is_no_guard(aws: FakeAws) -> None:
    aws.outputs = {"Website": "https://example.com"}
    result = guard("status")
    assert result.exit_code == 2
    assert "has no output BookTable: it is no Reputation Guard" in result.stderr


def test_what_nobody_thought_of_is_one_line_too(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.answers["DescribeStacks"] = {"Nothing": 1}
    result = guard("status")
    assert result.exit_code == 2
    assert "guard: unexpected: KeyError" in result.stderr
    assert "Traceback" not in result.output
    monkeypatch.setenv("GUARD_TRACEBACK", "1")
    assert isinstance(guard("status").exception, KeyError)


@pytest.mark.parametrize("words", [["nonsense"], ["resume", "shop"], ["status", "--nonsense"], ["resume"]])
def test_bad_usage_ends_with_2(words: list[str]) -> None:
    assert guard(*words).exit_code == 2


@pytest.mark.parametrize(
    ("words", "stack"),
    [
        (["status"], "reputation-guard"),
        (["--stack", "before", "status"], "before"),
        (["status", "--stack", "after"], "after"),
        (["--stack", "before", "status", "--stack", "after"], "after"),
    ],
)
def test_the_stack_may_be_named_before_or_after_the_command(aws: FakeAws, words: list[str], stack: str) -> None:
    guard(*words)
    assert aws.calls[0] == ("DescribeStacks", {"StackName": stack})


def test_the_environment_may_name_the_stack(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARD_STACK", "told")
    guard("status")
    assert aws.calls[0][1] == {"StackName": "told"}


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("words", [["--json", "status"], ["status", "--json"], ["doctor", "--json"]])
def test_json_is_one_document(words: list[str]) -> None:
    result = guard(*words)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["stack"] == "reputation-guard"
    assert result.stderr == ""


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["status", "--help"],
        ["resume", "-h"],
        ["doctor", "--help"],
        ["export", "--help"],
        ["report", "-h"],
        ["policy", "put", "-h"],
        ["policy", "assign", "-h"],
        ["policy", "list", "-h"],
        ["policy", "-h"],
        ["incidents", "-h"],
        ["ack", "-h"],
        ["snooze", "-h"],
        ["hand-over", "-h"],
        ["note", "-h"],
        ["tail", "-h"],
        ["console", "-h"],
    ],
)
def test_help_names_the_exit_codes_and_fits_80_columns(words: list[str]) -> None:
    result = guard(*words)
    assert result.exit_code == 0
    assert "Exit codes: 0 fine, 1 something is wrong" in " ".join(result.stdout.split())
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_shell_completes_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    line = {"_GUARD_COMPLETE": "complete_bash", "COMP_WORDS": "guard inc", "COMP_CWORD": "1"}
    completed = CliRunner().invoke(app, prog_name="guard", env=line)
    assert completed.stdout.split() == ["incidents"]
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("bash", "/bin/bash"))
    assert "complete -o default -F _guard_completion guard" in guard("--show-completion").stdout
