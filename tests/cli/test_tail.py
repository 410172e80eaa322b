"""`guard tail`: what is worth reading, each once, until Ctrl-C."""

import ast
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.tail.follow import follow
from cli.tail.lines import DONE, NOISE
from reputation_guard import front_desk
from reputation_guard.usecases.carry_out import Turn
from tests.cli.aws import FakeAws, guard, refused

ROOT = Path(__file__).resolve().parents[2]
Poll = list[dict[str, Any]] | Exception


def event(number: int, at: datetime, said: Mapping[str, object] | str) -> dict[str, Any]:
    """An event of the log, as CloudWatch gives it."""
    text = said if isinstance(said, str) else json.dumps({"level": "INFO", "service": "guard", **said})
    return {"eventId": str(number), "timestamp": int(at.timestamp() * 1000), "message": text + "\n"}


def logging(aws: FakeAws, *polls: Poll) -> None:
    """What the log holds at each look; then somebody presses Ctrl-C."""
    looks = iter(polls)

    def look(**_asked: Any) -> Mapping[str, Any]:
        found = next(looks, None)
        if found is None:
            raise KeyboardInterrupt
        if isinstance(found, Exception):
            raise found
        return {"events": found}

    aws.answers["FilterLogEvents"] = look


def asked(aws: FakeAws) -> list[Mapping[str, Any]]:
    """How the log was asked."""
    return [asked for name, asked in aws.calls if name == "FilterLogEvents"]


WORTH = [
    ({"message": "decided", "decision": "shop.3", "announces": "TenantPaused"}, "decided    shop.3, TenantPaused"),
    ({"message": "resume decided", "decision": "shop.4", "operator": "Ann"}, "resume decided shop.4, operator Ann"),
    ({"message": "settled", "decision": "shop.3"}, "settled    shop.3"),
    (
        {"message": "told", "announcement": "shop.3.TenantWarned", "notice": "shop.3.TenantWarned", "subject": "W"},
        "told       shop.3.TenantWarned, W",
    ),
    ({"message": "told", "announcement": "shop.3.TenantPaused"}, "announced  shop.3.TenantPaused"),
    ({"message": "told", "notice": "digest.7"}, "told       digest.7"),
    (
        {
            "message": "told",
            "announcement": "shop.3.EscalationRaised.1",
            "notice": "shop.3.EscalationRaised.1",
            "subject": "x",
        },
        "paged      shop.3.EscalationRaised.1, x",
    ),
    (
        {"message": "ordered", "do": "resume", "tenant": "shop", "operator": "arn:o", "error": "StoppedBySes"},
        "ordered    resume, shop, operator arn:o, error StoppedBySes",
    ),
    (
        {"message": "ordered", "do": "pause", "tenant": "shop", "operator": "arn:o", "error": None},
        "ordered    pause, shop, operator arn:o",
    ),
    (
        {"message": "signalled", "incident": "shop.3", "signal": "noted", "by": "Ann"},
        "signalled  shop.3, noted, by Ann",
    ),
    ({"message": "mirrored", "tenant": "shop", "hand": "operator"}, "mirrored   shop, hand operator"),
    (
        {"message": "not posted", "level": "WARNING", "record": "r-1", "error": "no"},
        "warning    not posted, record r-1, error no",
    ),
    ({"message": "boom", "level": "ERROR", "exception_name": "KeyError"}, "error      boom, KeyError"),
    ("[ERROR] KeyError: 'x'\nTraceback (most recent call last):", "error      [ERROR] KeyError: 'x'"),
    (
        "2026-11-24T12:00:00Z abc Task timed out after 60.00 seconds",
        "error      2026-11-24T12:00:00Z abc Task timed out",
    ),
]
QUIET: list[Mapping[str, object] | str] = [
    {"message": "reviewed", "pending": 0},
    {"message": "looked", "incident": "shop.3"},
    {"_aws": {"Timestamp": 1}, "Settled": [1.0]},
    "START RequestId: 1 Version: $LATEST",
    "{not json",
    "",
]


@pytest.mark.parametrize(("said", "line"), WORTH)
def test_one_readable_line_for_each_thing_worth_reading(
    aws: FakeAws, said: Mapping[str, object] | str, line: str
) -> None:
    logging(aws, [event(1, aws.now, said)])
    result = guard("tail")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{aws.now:%H:%M:%S} {line}")
    assert len(result.stdout.splitlines()) == 1


def said_by_functions() -> Iterator[str]:
    """What the functions, and what their pages share, write into the log when nothing went wrong."""
    for path in [*sorted((ROOT / "functions").glob("*/*.py")), Path(front_desk.__file__)]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("logger.info"):
                words = (each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant))
                yield from (each for each in words if isinstance(each, str))


def test_whatever_a_function_says_is_shown_or_known_to_be_noise() -> None:
    """A word that is changed over there and not here would be missed by nobody, and its events by everybody."""
    said = {*said_by_functions(), *(turn for turn in Turn if turn is not Turn.WAITS)}
    decided = {each for each in said if each.endswith("decided")}
    assert decided
    assert said == (DONE | NOISE | decided)


def test_what_only_says_that_the_guard_lives_is_left_out(aws: FakeAws) -> None:
    logging(aws, [event(number, aws.now, said) for number, said in enumerate(QUIET)])
    result = guard("tail")
    assert (result.exit_code, result.stdout) == (0, "")


def test_each_event_is_told_once_and_a_late_one_is_not_missed(aws: FakeAws) -> None:
    first = event(1, aws.now, {"message": "settled", "decision": "shop.1"})
    late = event(2, aws.now - timedelta(seconds=20), {"message": "settled", "decision": "shop.2"})
    logging(aws, [first], [late, first], [late, first])
    lines = guard("tail").stdout.splitlines()
    assert [line.split()[-1] for line in lines] == ["shop.1", "shop.2"]
    began, then, *_ = asked(aws)
    assert then["startTime"] == first["timestamp"] - 30_000
    assert abs(began["startTime"] / 1000 - (aws.now - timedelta(minutes=10)).timestamp()) < 60
    assert began["logGroupName"] == "guard-log"


def test_it_reads_every_page_of_the_log(aws: FakeAws) -> None:
    said = {"message": "settled", "decision": "shop.1"}

    def look(**asked: Any) -> Mapping[str, Any]:
        if "nextToken" in asked:
            return {"events": [event(2, aws.now, said)]}
        if len([name for name, _ in aws.calls if name == "FilterLogEvents"]) > 1:
            raise KeyboardInterrupt
        return {"events": [event(1, aws.now, said)], "nextToken": "more"}

    aws.answers["FilterLogEvents"] = look
    assert len(guard("tail").stdout.splitlines()) == 2


def test_one_tenant_alone_is_followed(aws: FakeAws) -> None:
    said = [
        {"message": "settled", "decision": "shop.1"},
        {"message": "settled", "decision": "shop-2.1"},
        {"message": "mirrored", "tenant": "shop"},
        {"message": "told", "announcement": "shop.1.TenantPaused"},
        {"message": "boom", "level": "ERROR"},
    ]
    logging(aws, [event(number, aws.now, each) for number, each in enumerate(said)])
    assert len(guard("tail", "--tenant", "shop").stdout.splitlines()) == 3


def test_for_programs_each_line_is_a_document(aws: FakeAws) -> None:
    logging(aws, [event(1, aws.now, {"message": "decided", "decision": "shop.1", "announces": "TenantPaused"})] * 1)
    (line,) = guard("tail", "--json", "--since", "90s").stdout.splitlines()
    told = json.loads(line)
    assert (told["what"], told["decision"], told["announces"]) == ("decided", "shop.1", "TenantPaused")
    assert datetime.fromisoformat(told["at"]).tzinfo == UTC


def test_a_throttled_log_is_asked_less_often(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    sleep: Callable[[float], None] = rests.append
    monkeypatch.setattr("time.sleep", sleep)
    throttled = refused("FilterLogEvents", "ThrottlingException")
    logging(aws, *[throttled] * 5, [], [])
    assert guard("tail").exit_code == 0
    assert rests == [4, 8, 16, 30, 30, 2, 2]


def test_a_log_that_may_not_be_read_ends_the_command(aws: FakeAws) -> None:
    logging(aws, refused("FilterLogEvents", "AccessDeniedException"))
    result = guard("tail")
    assert (result.exit_code, "AWS refused FilterLogEvents" in result.stderr) == (2, True)


def test_a_length_that_is_none_is_refused(aws: FakeAws) -> None:
    logging(aws)
    assert guard("tail", "--since", "today").exit_code == 2


def test_what_was_seen_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it runs, it remembers half a minute."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    now = datetime(2026, 11, 24, tzinfo=UTC)

    class Logs:
        asked: list[int] = []  # noqa: RUF012 - one test's own

        def get_paginator(self, _name: str) -> "Logs":
            return self

        def paginate(self, **asked: Any) -> list[Mapping[str, Any]]:
            self.asked.append(asked["startTime"])
            at = now + timedelta(minutes=len(self.asked))
            return [{"events": [event(len(self.asked), at, "x")]}]

    events = follow(Logs(), "group", now)
    assert len([next(events) for _ in range(100)]) == 100
    assert Logs.asked == sorted(set(Logs.asked))
