"""`guard resume`: an operator's order, and the truth about what became of it."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from reputation_guard.domain.decision import Decision
from reputation_guard.domain.sending import Sending, SendingStatus
from reputation_guard.domain.tenant import Owner, Standing
from reputation_guard.ports.book import Outcome
from tests.cli.aws import FakeAws, guard, refused
from tests.cli.operators import Operators
from tests.cli.resuming import FORESEEN, answering, deciding, orders

ORDER = ("resume", "shop", "--reason", "list cleaned")
PAUSED = {"standing": Standing.PAUSED, "stops": frozenset({Owner.GUARD})}


def test_a_resume_that_ses_confirms_is_fine(aws: FakeAws) -> None:
    aws.enter("shop", **PAUSED)
    aws.answers["Invoke"] = deciding(aws, lambda decision: aws.book.settle(decision, Outcome.CONFIRMED, aws.now))
    result = guard(*ORDER)
    assert result.exit_code == 0
    assert "shop sends again." in result.stdout
    assert "SES says: ENABLED" in result.stdout
    assert "by arn:aws:iam::123456789012:user/ann" in " ".join(result.stdout.split())


def test_the_operator_may_be_named(aws: FakeAws) -> None:
    aws.enter("shop", **PAUSED)
    aws.answers["Invoke"] = deciding(aws, lambda decision: aws.book.settle(decision, Outcome.CONFIRMED, aws.now))
    told = json.loads(guard(*ORDER, "--operator", "Ann", "--json").stdout)
    assert (told["operator"], told["outcome"], told["is_fine"]) == ("Ann", "confirmed", True)
    assert told["sending_status"]["aggregate"] == "ENABLED"
    assert "GetCallerIdentity" not in [name for name, _ in aws.calls]


def test_a_refusal_is_printed_with_its_reason(aws: FakeAws) -> None:
    message = "SES itself has stopped shop: only AWS Support can lift this."
    aws.answers["Invoke"] = answering({"resumed": False, "error": "StoppedBySes", "message": message})
    result = guard(*ORDER)
    assert result.exit_code == 1
    assert " ".join(result.stdout.split()).endswith(f"StoppedBySes: {message}")
    told = json.loads(guard(*ORDER, "--json").stdout)
    assert (told["error"], told["outcome"]) == ("StoppedBySes", "refused")


def test_without_waiting_the_order_alone_is_told(aws: FakeAws) -> None:
    aws.enter("shop", **PAUSED)
    aws.answers["Invoke"] = deciding(aws)
    result = guard(*ORDER, "--no-wait")
    assert result.exit_code == 0
    assert "Decided. See how it went: guard status shop" in result.stdout
    assert "GetReputationEntity" not in [name for name, _ in aws.calls]


def test_what_is_not_confirmed_in_time_is_not_called_resumed(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.enter("shop", **PAUSED)
    aws.answers["Invoke"] = deciding(aws)
    aws.stop_at_ses("shop", SendingStatus(Sending.DISABLED, Sending.DISABLED))
    monkeypatch.setattr("cli.ordering._PATIENCE_SECONDS", 0)
    result = guard(*ORDER)
    assert result.exit_code == 1
    assert "Not confirmed within" in result.stdout
    assert "SES says: DISABLED (customer-managed DISABLED" in result.stdout


def test_a_call_that_ses_refuses_ends_the_wait(aws: FakeAws) -> None:
    aws.enter("shop", **PAUSED)
    aws.answers["Invoke"] = deciding(aws, lambda decision: aws.book.mark_refused(decision, aws.now))
    result = guard(*ORDER)
    assert result.exit_code == 1
    assert "SES refused to let shop send." in result.stdout


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.SUPERSEDED])
def test_a_decision_that_came_to_nothing_is_wrong(aws: FakeAws, outcome: Outcome) -> None:
    aws.enter("shop", **PAUSED)
    aws.answers["Invoke"] = deciding(aws, lambda decision: aws.book.settle(decision, outcome, aws.now))
    result = guard(*ORDER)
    assert result.exit_code == 1
    assert f"shop was not resumed: the decision was {outcome}." in result.stdout


def test_ses_has_the_last_word(aws: FakeAws) -> None:
    aws.enter("shop", **PAUSED)
    aws.answers["Invoke"] = deciding(aws, lambda decision: aws.book.settle(decision, Outcome.CONFIRMED, aws.now))
    aws.stop_at_ses("shop", SendingStatus(Sending.DISABLED, Sending.DISABLED))
    result = guard(*ORDER)
    assert result.exit_code == 1
    assert "by now it is stopped again" in result.stdout


def test_a_function_that_fails_is_named_with_its_log(aws: FakeAws) -> None:
    aws.answers["Invoke"] = answering({"errorType": "Boom", "errorMessage": "no table"}, FunctionError="Unhandled")
    result = guard(*ORDER)
    assert result.exit_code == 1
    assert "FunctionFailed: The function manual-resume failed: Boom: no table." in " ".join(result.stdout.split())


def test_who_may_not_invoke_is_told(aws: FakeAws) -> None:
    aws.answers["Invoke"] = refused("Invoke", "AccessDeniedException")
    result = guard(*ORDER)
    assert result.exit_code == 2
    assert "AWS refused Invoke: AccessDeniedException" in result.stderr


def test_an_older_decision_of_the_tenant_is_not_mistaken_for_this_one(aws: FakeAws) -> None:
    aws.enter("shop", **PAUSED)
    aws.now -= timedelta(hours=1)
    aws.answers["Invoke"] = deciding(aws, lambda decision: aws.book.settle(decision, Outcome.REFUSED, aws.now))
    assert guard(*ORDER).exit_code == 1
    aws.now += timedelta(hours=1)
    aws.answers["Invoke"] = deciding(aws, lambda decision: aws.book.settle(decision, Outcome.CONFIRMED, aws.now))
    assert guard(*ORDER).exit_code == 0


def confirming(aws: FakeAws) -> Callable[..., Any]:
    return deciding(aws, lambda decision: aws.book.settle(decision, Outcome.CONFIRMED, aws.now))


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """A person sits there and answers; CliRunner puts a stdin of its own in place."""
    monkeypatch.setattr("cli.resume.sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    monkeypatch.setattr("typer.confirm", lambda *_, **__: answer == "y")


def test_what_would_happen_is_told_before_it_is_done(aws: FakeAws) -> None:
    aws.enter("shop", **PAUSED)
    aws.answers["Invoke"] = confirming(aws)
    told = guard(*ORDER).stdout
    assert told.index("stopped by the guard.") < told.index("of its next 50 mails") < told.index("shop sends again.")
    assert max(map(len, told.splitlines())) <= 80


def test_a_dry_run_orders_nothing_and_needs_no_reason(aws: FakeAws) -> None:
    aws.answers["Invoke"] = answering({})
    result = guard("resume", "shop", "--dry-run")
    assert result.exit_code == 0
    assert "A dry run: nothing was changed." in result.stdout
    assert orders(aws) == []
    told = json.loads(guard("resume", "shop", "--dry-run", "--json").stdout)
    assert (told["outcome"], told["preflight"]) == ("foreseen", FORESEEN["preflight"])


def test_an_order_needs_a_reason(aws: FakeAws) -> None:
    result = guard("resume", "shop", "--reason", " ")
    assert result.exit_code == 2
    assert "--dry-run" in result.stderr
    assert orders(aws) == []


def test_what_the_pre_flight_refuses_is_not_ordered(aws: FakeAws) -> None:
    refusal = {**FORESEEN, "error": "StoppedBySes", "message": "only AWS Support can lift this"}
    aws.answers["Invoke"] = lambda **_: {"Payload": io.BytesIO(json.dumps(refusal).encode())}
    result = guard(*ORDER)
    assert result.exit_code == 1
    assert "StoppedBySes: only AWS Support can lift this" in result.stdout
    assert orders(aws) == []
    assert guard("resume", "shop", "--dry-run").exit_code == 1


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1)])
def test_on_a_terminal_a_person_is_asked_after_the_pre_flight(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    aws.enter("shop", **PAUSED)
    aws.answers["Invoke"] = confirming(aws)
    on_a_terminal(monkeypatch, answer)
    assert guard(*ORDER).exit_code == code
    assert len(orders(aws)) == (answer == "y")


def test_who_says_yes_beforehand_is_not_asked(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.enter("shop", **PAUSED)
    aws.answers["Invoke"] = confirming(aws)
    on_a_terminal(monkeypatch, "n")
    assert guard(*ORDER, "--yes").exit_code == 0


def test_the_incident_that_was_looked_at_goes_with_the_order(aws: FakeAws) -> None:
    aws.answers["Invoke"] = answering({"resumed": False, "error": "OlderIncident", "message": "look at shop.9"})
    assert guard(*ORDER, "--incident", "shop.4").exit_code == 1
    assert [each["incident"] for each in orders(aws)] == ["shop.4"]


def test_one_incident_is_not_of_several_tenants(aws: FakeAws) -> None:
    result = guard("resume", "shop", "other", "--reason", "x", "--incident", "shop.4")
    assert result.exit_code == 2
    assert orders(aws) == []


def test_an_order_that_waits_for_a_second_approver_is_fine(aws: FakeAws) -> None:
    waits = {"resumed": False, "error": "WaitsForSecondApprover", "message": "It waits for a second approver."}
    aws.answers["Invoke"] = answering(waits)
    result = guard(*ORDER)
    assert result.exit_code == 0
    assert "It waits for a second approver." in result.stdout
    assert json.loads(guard(*ORDER, "--json").stdout)["outcome"] == "proposed"


def test_several_tenants_are_resumed_one_by_one_and_summed_up(aws: FakeAws) -> None:
    for name in ("shop", "other"):
        aws.enter(name, **PAUSED)

    def settle(decision: Decision) -> None:
        fine = decision.tenant.name == "shop"
        aws.book.settle(decision, Outcome.CONFIRMED if fine else Outcome.SUPERSEDED, aws.now)

    aws.answers["Invoke"] = deciding(aws, settle)
    result = guard("resume", "shop", "other", "--reason", "the provider is back")
    assert result.exit_code == 1
    assert "2 tenants: 1 fine, 1 not." in result.stdout
    assert "  other: superseded" in result.stdout
    assert [each["tenant"] for each in orders(aws)] == ["shop", "other"]


def test_several_tenants_are_one_document_for_programs(aws: FakeAws) -> None:
    for name in ("shop", "other"):
        aws.enter(name, **PAUSED)
    aws.answers["Invoke"] = confirming(aws)
    told = json.loads(guard("resume", "shop", "other", "--reason", "x", "--json").stdout)
    assert [(each["tenant"], each["outcome"]) for each in told] == [("shop", "confirmed"), ("other", "confirmed")]


def test_still_blocked_by_ses_is_an_answer(aws: FakeAws) -> None:
    aws.enter("shop", **PAUSED)
    aws.answers["Invoke"] = deciding(aws, lambda decision: aws.book.settle(decision, Outcome.REFUSED, aws.now))
    aws.stop_at_ses("shop", SendingStatus(Sending.DISABLED, Sending.ENABLED, Sending.DISABLED))
    result = guard(*ORDER)
    assert result.exit_code == 1
    assert "shop is still blocked by SES: only AWS Support can lift this." in " ".join(result.stdout.split())


def test_a_resume_names_a_tenant_or_an_incident() -> None:
    result = guard("resume", "--reason", "x")
    assert result.exit_code == 2
    assert "Name the tenants, or the incident" in result.stderr


def test_by_the_operators_url_iam_says_who_resumes(aws: FakeAws, operators: type[Operators]) -> None:
    """A name that is given is only declared, and goes to the function; else nobody can be somebody else."""
    operators.answer = json.dumps({"resumed": False, "error": "NotPaused", "message": "shop is HEALTHY."}).encode()
    assert guard("resume", "shop", "--reason", "list cleaned").exit_code == 1
    (path, headers, body) = operators.heard[0]
    assert (path, body) == ("/tenants/shop/resume", {"reason": "list cleaned", "dry_run": True})
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 ")
    aws.answers["Invoke"] = deciding(aws)
    aws.enter("shop", **PAUSED)
    guard("resume", "shop", "--reason", "list cleaned", "--operator", "Ann", "--no-wait")
    assert len(operators.heard) == 1
    assert [json.loads(asked["Payload"])["operator"] for name, asked in aws.calls if name == "Invoke"] == ["Ann", "Ann"]


def test_a_pause_by_the_operators_url_is_proved_as_well(operators: type[Operators]) -> None:
    operators.answer = json.dumps({"paused": False, "error": "AlreadyPaused", "message": "shop is PAUSED."}).encode()
    assert guard("pause", "shop", "--reason", "stolen keys").exit_code == 1
    assert [(path, body) for path, _, body in operators.heard] == [("/tenants/shop/pause", {"reason": "stolen keys"})]
