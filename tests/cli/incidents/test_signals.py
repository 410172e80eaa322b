"""`guard ack`, `snooze`, `hand-over`, `note`: what is said, by whom, and what the guard answers."""

import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reputation_guard.domain.incident import Outcome
from tests.cli.aws import FakeAws, guard, refused
from tests.cli.incidents.opened import changed, open_incident
from tests.cli.operators import Operators

TOLD = {"told": True, "incident": "shop.2", "answered_by": "Ann", "answered_until": "2026-11-24T14:00:00+00:00"}
HAS_IT = {"told": False, "error": "AlreadyAcknowledged", "message": "Olga has it until 2026-11-24 14:00 UTC."}
ANN = "arn:aws:iam::123456789012:user/ann"


def answering(answer: Mapping[str, Any], **more: Any) -> Callable[..., Mapping[str, Any]]:
    """A function that answers so."""
    return lambda **_: {"Payload": io.BytesIO(json.dumps(answer).encode()), **more}


def said(aws: FakeAws) -> dict[str, Any]:
    """What the signal function was told last."""
    name, asked = [each for each in aws.calls if each[0] == "Invoke"][-1]
    assert (name, asked["FunctionName"]) == ("Invoke", "signal")
    order: dict[str, Any] = json.loads(asked["Payload"])
    return order


def test_an_acknowledgement_is_told_in_the_name_of_the_credentials(aws: FakeAws) -> None:
    aws.answers["Invoke"] = answering(TOLD)
    result = guard("ack", "shop.2", "--note", "on it")
    assert (result.exit_code, result.stdout.strip()) == (
        0,
        "Acknowledged: Ann until 2026-11-24 14:00:00 UTC has shop.2.",
    )
    order = said(aws)
    assert order.pop("id")
    assert order == {"incident": "shop.2", "signal": "acknowledge", "by": ANN, "text": "on it"}


def test_who_it_is_may_be_declared(aws: FakeAws) -> None:
    aws.answers["Invoke"] = answering(TOLD)
    assert guard("ack", "shop.2", "--as", "Ann").exit_code == 0
    assert said(aws)["by"] == "Ann"


def test_without_a_word_from_aws_the_login_is_the_name(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.answers["Invoke"] = answering(TOLD)
    aws.answers["GetCallerIdentity"] = refused("GetCallerIdentity", "AccessDenied")
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    assert guard("ack", "shop.2").exit_code == 0
    assert said(aws)["by"] == "ann"


def test_a_tenants_name_means_its_open_incident(aws: FakeAws) -> None:
    incident = open_incident(aws)
    aws.answers["Invoke"] = answering(TOLD)
    assert guard("ack", "shop").exit_code == 0
    assert said(aws)["incident"] == incident.id
    changed(aws, incident, closed_at=aws.now, outcome=Outcome.HEALTHY)
    result = guard("ack", "shop")
    assert (result.exit_code, "None is open." in result.stdout) == (1, True)


def test_a_second_acknowledgement_says_who_has_it(aws: FakeAws) -> None:
    aws.answers["Invoke"] = answering(HAS_IT)
    result = guard("ack", "shop.2")
    assert result.exit_code == 1
    assert "AlreadyAcknowledged: Olga has it until" in result.stdout
    assert json.loads(guard("ack", "shop.2", "--json").stdout) == HAS_IT


def test_an_unknown_incident_names_those_that_are_open(aws: FakeAws) -> None:
    incident = open_incident(aws)
    aws.answers["Invoke"] = answering({"told": False, "error": "UnknownIncident", "message": "no"})
    for named in ("shop.99", "nobody"):
        result = guard("ack", named)
        assert result.exit_code == 1
        assert f"Open: {incident.id}." in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("option", "value", "ends"),
    [
        ("--for", "2h", timedelta(hours=2)),
        ("--for", "30m", timedelta(minutes=30)),
        ("--until", "2099-01-01T08:00", datetime(2099, 1, 1, 8, tzinfo=UTC)),
        ("--until", "2099-01-01T08:00+02:00", datetime(2099, 1, 1, 6, tzinfo=UTC)),
    ],
)
def test_a_snooze_says_when_it_ends(aws: FakeAws, option: str, value: str, ends: timedelta | datetime) -> None:
    aws.answers["Invoke"] = answering(TOLD)
    assert guard("snooze", "shop.2", option, value).exit_code == 0
    until = datetime.fromisoformat(said(aws)["until"])
    expected = ends if isinstance(ends, datetime) else aws.now + ends
    assert abs(until - expected) < timedelta(minutes=1)


def test_an_hour_of_the_day_is_the_next_one(aws: FakeAws) -> None:
    aws.answers["Invoke"] = answering(TOLD)
    guard("snooze", "shop.2", "--until", f"{aws.now - timedelta(minutes=5):%H:%M}")
    until = datetime.fromisoformat(said(aws)["until"])
    assert timedelta(hours=23) < until - aws.now < timedelta(hours=24)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ((), "Say how long (--for 2h) or until when"),
        (("--for", "2h", "--until", "08:00"), "Say how long"),
        (("--for", "soon"), "such as 12h or 7d"),
        (("--until", "25:00"), "it is a moment such as"),
        (("--until", "noon"), "it is a moment such as"),
    ],
)
@pytest.mark.usefixtures("aws")
def test_a_snooze_without_an_end_is_not_told(options: tuple[str, ...], why: str) -> None:
    result = guard("snooze", "shop.2", *options)
    assert (result.exit_code, why in result.stderr) == (2, True), result.stderr


def test_a_hand_over_and_a_note_are_told_in_full(aws: FakeAws) -> None:
    aws.answers["Invoke"] = answering(TOLD)
    result = guard("hand-over", "shop.2", "lead", "--note", "needs a contract")
    assert "lead is paged about shop.2 at once" in result.stdout
    assert {"signal": "hand over", "rung": "lead", "text": "needs a contract"}.items() <= said(aws).items()
    assert "Noted, with shop.2." in guard("note", "shop.2", "called them").stdout
    assert {"signal": "note", "text": "called them"}.items() <= said(aws).items()


def test_a_function_that_fails_is_named(aws: FakeAws) -> None:
    aws.answers["Invoke"] = answering({"errorType": "Boom", "errorMessage": "no table"}, FunctionError="Unhandled")
    result = guard("ack", "shop.2")
    assert (result.exit_code, "The function signal failed: Boom: no table." in " ".join(result.stdout.split())) == (
        1,
        True,
    )


def test_by_the_operators_url_iam_says_who_it_is(aws: FakeAws, operators: type[Operators]) -> None:
    operators.answer = json.dumps(TOLD).encode()
    assert guard("ack", "the whole account.3", "--note", "on it").exit_code == 0
    ((path, headers, body),) = operators.heard
    assert path == "/incidents/the%20whole%20account.3/signals"
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=")
    assert "/eu-west-1/lambda/aws4_request" in headers["authorization"]
    assert headers["x-amz-date"]
    assert body.pop("id")
    assert body == {"signal": "acknowledge", "text": "on it"}
    assert "Invoke" not in [name for name, _ in aws.calls]


def test_a_declared_name_goes_by_the_function(aws: FakeAws, operators: type[Operators]) -> None:
    aws.answers["Invoke"] = answering(TOLD)
    assert guard("ack", "shop.2", "--as", "Ann").exit_code == 0
    assert (operators.heard, said(aws)["by"]) == ([], "Ann")


@pytest.mark.parametrize(
    ("status", "answer", "code", "why"),
    [
        (409, json.dumps(HAS_IT).encode(), 1, "Olga has it until"),
        (403, b'{"Message": "Forbidden"}', 2, "lambda:InvokeFunctionUrl"),
        (502, b"Internal Server Error", 1, "answered 502"),
        (200, b'["no", "answer"]', 1, "answered 200"),
    ],
)
@pytest.mark.usefixtures("aws")
def test_what_the_url_answers_is_told(
    operators: type[Operators], status: int, answer: bytes, code: int, why: str
) -> None:
    operators.status, operators.answer = status, answer
    result = guard("ack", "shop.2")
    assert (result.exit_code, why in " ".join(result.output.split())) == (code, True), result.output


def test_a_url_where_nobody_answers_is_one_line(aws: FakeAws) -> None:
    aws.outputs["OperatorsUrl"] = "http://127.0.0.1:9/"
    result = guard("ack", "shop.2")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "The operators' URL does not answer" in result.stderr
