"""Dead letters and the way back: nothing the guard was told is lost, and nothing is counted twice (Laws 10 and 11)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import events
from local.events import Event
from tests.e2e.account import Account
from tests.e2e.conftest import Guard
from tests.e2e.traffic import bounces, now
from tests.e2e.waiting import eventually

WITHOUT_ITS_TABLE = {"COUNTS_TABLE": "a-table-that-is-not-there"}


@pytest.fixture
def impatient_stream(account: Account) -> Iterator[None]:
    """Evaluate's stream, which gives up after one more try and rests only shortly between them."""
    name = account.function("EvaluateFunction")
    [mapping] = account.functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    update, retries = account.functions.update_event_source_mapping, mapping["MaximumRetryAttempts"]
    update(UUID=mapping["UUID"], MaximumRetryAttempts=1)
    yield
    update(UUID=mapping["UUID"], MaximumRetryAttempts=retries)


def found_in(guard: Guard, queue: str) -> dict[str, Any]:
    """What `guard redrive` says of a queue."""
    queues = json.loads(guard("redrive", "--json").stdout)["queues"]
    found: dict[str, Any]
    [found] = [each for each in queues if each["queue"] == queue]
    return found


def malformed(event: Event) -> Event:
    """The event without its mail's time, so that nobody can say into which slot it belongs."""
    event["detail"]["mail"].pop("timestamp")
    return event


@pytest.mark.usefixtures("impatient_feedback_queue")
def test_a_mended_cause_lets_dead_letters_be_counted_exactly_once_and_poison_stays(
    account: Account, guard: Guard, tmp_path: Path
) -> None:
    tenant = account.new_tenant("redriven")
    mails = tenant.sender.mails(5)
    account.send(mails)
    poison = malformed(events.bounce(tenant.sender.mails(1)[0], at=now()))
    with account.made_to_fail("IngestFunction", **WITHOUT_ITS_TABLE):
        account.publish([*bounces(mails[:2]), poison])
        eventually(lambda: found_in(guard, "FeedbackDeadLetters")["letters"] == 3, "three dead letters")
        reasons = {each["why"] for each in found_in(guard, "FeedbackDeadLetters")["first"]}
    assert "detail.Bounce.mail.timestamp: Field required" in reasons
    assert any(each.startswith("its consumer failed on it time after time") for each in reasons), reasons
    assert account.counts.feedback_ids(tenant.name) == {}

    account.publish(bounces(mails[1:4]))
    replayed = guard("redrive", "feedback")
    assert replayed.exit_code == 1, "poison is left"
    assert "2 letters replayed" in replayed.stdout
    eventually(lambda: account.counts.feedback_beside_sends(tenant.name) == (4, 0), "each bounce counted once")
    assert json.loads(guard("redrive", "feedback", "--json").stdout)["replayed"] == 0

    file = tmp_path / "poison.jsonl"
    [letter] = [each["id"] for each in found_in(guard, "FeedbackDeadLetters")["first"]]
    dropped = guard("redrive", "feedback", "--export", str(file), "--drop", letter, "--yes")
    assert dropped.exit_code == 0, dropped.output
    assert json.loads(json.loads(file.read_text(encoding="utf-8"))["body"])["detail"] == poison["detail"]
    assert found_in(guard, "FeedbackDeadLetters")["letters"] == 0
    assert account.counts.feedback_beside_sends(tenant.name) == (4, 0)


@pytest.mark.usefixtures("impatient_stream")
def test_feedback_that_was_not_judged_is_judged_when_it_is_replayed(account: Account, guard: Guard) -> None:
    """What a stream failed on is kept whole, and the stream tells of it anew: judged twice is judged once."""
    tenant = account.new_tenant("judged-late")
    mails = tenant.sender.mails(5)
    account.send(mails)
    with account.made_to_fail("EvaluateFunction", **WITHOUT_ITS_TABLE):
        account.publish(bounces(mails[:1]))
        eventually(lambda: found_in(guard, "EvaluateDeadLetters")["letters"] >= 1, "a dead letter")
        eventually(lambda: _ids(account, tenant.name) == 1, "the bounce counted")
    found = found_in(guard, "EvaluateDeadLetters")
    assert {each["why"] for each in found["first"]} == {"RetryAttemptsExhausted after 2 invocations"}
    assert account.counts.feedback_beside_sends(tenant.name) == (0, 0)

    replayed = guard("redrive", "evaluate")
    assert replayed.exit_code == 0, replayed.output
    eventually(lambda: account.counts.feedback_beside_sends(tenant.name) == (1, 0), "the bounce judged")
    assert found_in(guard, "EvaluateDeadLetters")["letters"] == 0
    account.bounce(bounces(mails[3:]))
    assert account.counts.feedback_beside_sends(tenant.name) == (3, 0)


def _ids(account: Account, tenant: str) -> int:
    return sum(map(len, account.counts.feedback_ids(tenant).values()))
