"""`guard export`: everything on record, as lines that read back equal; whole or not at all."""

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from cli.history.file import read, write
from cli.history.records import AccountLine, CountsLine, DayLine, DecisionLine, PolicyLine, TenantLine, UnattributedLine
from reputation_guard.domain.counts import SLOTS_PER_DAY, Ledger, slot_of, slot_start
from reputation_guard.domain.decision import replayed
from reputation_guard.domain.policy import PRESETS
from reputation_guard.ports import Outcome
from tests.cli.aws import OWNER, REGION, FakeAws, guard, refused


def exported(*words: str) -> list[dict[str, object]]:
    result = guard("export", *words)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def of_kind(lines: list[dict[str, object]], kind: str) -> list[dict[str, object]]:
    return [line for line in lines if line["record"] == kind]


def test_the_first_line_says_where_the_history_is_from(aws: FakeAws) -> None:
    first = exported()[0]
    assert first.pop("at") > aws.now.isoformat()  # type: ignore[operator]
    assert first == {"record": "account", "account": OWNER, "region": REGION, "stack": "reputation-guard"}


def test_an_empty_account_is_an_account_and_the_policy_in_force() -> None:
    assert [line["record"] for line in exported()] == ["account", "policy"]


test_an_empty_account_is_an_account_and_the_policy_in_force = pytest.mark.usefixtures("aws")(
    test_an_empty_account_is_an_account_and_the_policy_in_force
)
