"""`guard pause`: an operator's order, and the truth about what became of it."""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from reputation_guard.domain.decision import Answer, Decision
from reputation_guard.domain.sending import Sending, SendingStatus
from reputation_guard.ports.book import Outcome
from tests.cli.aws import FakeAws, guard
from tests.cli.deciding import decided

ORDER = ("pause", "shop", "--reason", "a phishing site")
STOPPED = SendingStatus(Sending.DISABLED, Sending.DISABLED)


def answering(answer: Mapping[str, Any]) -> Callable[..., Mapping[str, Any]]:
    return lambda **_: {"Payload": io.BytesIO(json.dumps(answer).encode())}


def deciding(aws: FakeAws, then: Callable[[Decision], object] = lambda _decision: None) -> Callable[..., Any]:
    """The function that pauses by hand: it writes the decision; `then` happens to it."""

    def invoke(**asked: Any) -> Mapping[str, Any]:
        assert asked["FunctionName"] == "manual-pause"
        order = json.loads(asked["Payload"])
        decision, _ = decided(aws, order, Answer.PAUSE)
        then(decision)
        return answering({"paused": True, "decision": decision.id, "tenant": order["tenant"]})()

    return invoke


def test_a_pause_that_ses_confirms_is_fine(aws: FakeAws) -> None:
    aws.enter("shop")
    aws.stop_at_ses("shop", STOPPED)
    aws.answers["Invoke"] = deciding(aws, lambda decision: aws.book.settle(decision, Outcome.CONFIRMED, aws.now))
    result = guard(*ORDER)
    assert result.exit_code == 0
    told = " ".join(result.stdout.split())
    assert "shop cannot send any more. SES says: DISABLED" in told
    assert "Decision shop.2, by arn:aws:iam::123456789012:user/ann." in told


def test_ses_has_the_last_word(aws: FakeAws) -> None:
    aws.enter("shop")
    aws.answers["Invoke"] = deciding(aws, lambda decision: aws.book.settle(decision, Outcome.CONFIRMED, aws.now))
    result = guard(*ORDER)
    assert result.exit_code == 1
    assert "SES confirmed the pause of shop, and by now it is sending again." in " ".join(result.stdout.split())


def test_a_call_that_ses_refuses_ends_the_wait(aws: FakeAws) -> None:
    aws.enter("shop")
    aws.answers["Invoke"] = deciding(aws, lambda decision: aws.book.mark_refused(decision, aws.now))
    result = guard(*ORDER)
    assert result.exit_code == 1
    assert "SES refused to stop shop." in result.stdout


def test_without_waiting_the_order_alone_is_told(aws: FakeAws) -> None:
    aws.enter("shop")
    aws.answers["Invoke"] = deciding(aws)
    told = json.loads(guard(*ORDER, "--no-wait", "--operator", "Ann", "--json").stdout)
    assert (told["outcome"], told["operator"], told["decision"]) == ("decided", "Ann", "shop.2")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_refusal_is_printed_with_its_reason(aws: FakeAws, *, as_json: bool) -> None:
    aws.answers["Invoke"] = answering({"paused": False, "error": "AlreadyPaused", "message": "by decision shop.4"})
    result = guard(*ORDER, *(["--json"] if as_json else []))
    assert result.exit_code == 1
    assert "AlreadyPaused" in result.stdout
    assert "by decision shop.4" in result.stdout


def test_a_pause_needs_a_reason(aws: FakeAws) -> None:
    assert guard("pause", "shop").exit_code == 2
    assert aws.calls == []
