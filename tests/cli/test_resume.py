"""`guard resume`: an operator's order, and the truth about what became of it."""

import io
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from reputation_guard.domain.decision import Answer, Decision, GuardEvent, record_after
from reputation_guard.domain.policy import PRESETS, Mode
from reputation_guard.domain.tenant import Owner, Sending, SendingStatus, Standing
from reputation_guard.ports import Outcome
from tests.cli.aws import FakeAws, guard, refused

ORDER = ("resume", "shop", "--reason", "list cleaned")
PAUSED = {"standing": Standing.PAUSED, "stops": frozenset({Owner.GUARD})}


def answering(answer: Mapping[str, Any], **more: Any) -> Callable[..., Mapping[str, Any]]:
    """A function that answers so."""
    return lambda **_: {"Payload": io.BytesIO(json.dumps(answer).encode()), **more}


def deciding(aws: FakeAws, then: Callable[[Decision], object] = lambda _decision: None) -> Callable[..., Any]:
    """The function that resumes by hand: it writes the decision; `then` happens to it."""

    def invoke(**asked: Any) -> Mapping[str, Any]:
        order = json.loads(asked["Payload"])
        tenant = aws.book.tenant(order["tenant"])
        assert tenant is not None
        decision = Decision(
            answer=Answer.RESUME,
            announces=GuardEvent.TENANT_RESUMED,
            at=aws.now,
            tenant=tenant,
            mode=Mode.ENFORCE,
            policy=PRESETS["standard"],
            owner=Owner.OPERATOR,
            operator=order["operator"],
            reason=order["reason"],
        )
        after = aws.book.record(decision, record_after(decision))
        then(decision)
        ends = after.probation_ends.isoformat() if after.probation_ends else None
        answer = {"resumed": True, "decision": decision.id, "tenant": after.name, "probation_ends": ends}
        return answering(answer)()

    return invoke


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
    assert (result.exit_code, " ".join(result.stdout.split())) == (1, f"StoppedBySes: {message}")
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
    monkeypatch.setattr("cli.resume._PATIENCE_SECONDS", 0)
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
