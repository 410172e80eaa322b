"""`guard backtest` of an export: judged by the delays of feedback that were in use where it was written."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.export.lines import CountsLine, DelaysLine, Line, to_json
from reputation_guard.domain.learning import LearnedDelay
from tests.history.builders import T0, guard, history

MAIL = CountsLine(tenant="acme", slot=datetime.fromtimestamp(T0, UTC), sends=200, bounces=60, complaints=0)
AT_ONCE = LearnedDelay((0, 1, 86_400), (0, 1, 1))
QUICK = DelaysLine(bounce=AT_ONCE, complaint=AT_ONCE)
"""A fleet whose feedback was learned to come within a second."""


def pauses(folder: Path, lines: list[Line], *words: str) -> list[Any]:
    """The pauses of the tenant by what is tried and by what it is held against."""
    path = history(folder, *map(to_json, lines))
    answer = json.loads(guard("backtest", "--json", path, "--policy", "standard", *words).stdout)
    return [pause for row in answer["both"] for each in ("candidate", "in_force") for pause in row[each]["pauses"]]


@pytest.mark.parametrize("against", [[], ["--against", "strict"]])
def test_an_export_is_judged_by_the_delays_that_were_in_use(tmp_path: Path, against: list[str]) -> None:
    """Both what is tried and what it is held against; and its feedback is taken as known as soon as they say."""
    of_both = pauses(tmp_path, [QUICK, MAIL], *against)
    assert len(of_both) == 2
    for pause in of_both:
        assert pause["at"] == "2026-01-01T00:03:00+00:00", "the first tick after the middle of the slot"
        assert pause["why"].startswith("60 hard bounces of 200 sent in the last 5 min (200 with feedback due)")


def test_an_export_that_tells_no_delays_is_judged_by_the_start_values(tmp_path: Path) -> None:
    of_both = pauses(tmp_path, [MAIL])
    assert len(of_both) == 2
    assert not any("(200 with" in pause["why"] for pause in of_both)


def test_delays_that_are_none_are_named(tmp_path: Path) -> None:
    broken = {"record": "delays", "bounce": {"edges": [0, 9], "shares": [0]}, "complaint": {"edges": [], "shares": []}}
    result = guard("backtest", history(tmp_path, to_json(MAIL), broken), "--policy", "strict")
    assert result.exit_code == 1
    assert result.stderr.startswith("guard: line 2: bounce: ")
