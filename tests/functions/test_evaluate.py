"""evaluate with the stream's images: what grew is judged, and twice is once."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from reputation_guard import wiring
from reputation_guard.domain.account import largest_share
from reputation_guard.domain.tenant import ACCOUNT, Standing, Tenant
from tests.aws.tables import COUNTS
from tests.functions.conftest import ARRIVED, Clock, client, example, from_queue, handler_of

SENT_AT = ARRIVED - timedelta(minutes=3)


def ingest(sends: int, bounces: int) -> None:
    """A campaign of CustomerA in SES's own envelopes, ten seconds ago counted."""
    records: dict[str, Any] = {}
    for number in range(sends):
        records[f"s{number}"] = _numbered("send-of-tagged-tenant", number)
    for number in range(bounces):
        records[f"b{number}"] = _numbered("bounce-hard", number)
    handler_of("ingest")(from_queue(**records), None)


def _numbered(name: str, number: int) -> dict[str, Any]:
    event = example(name)
    event["detail"]["mail"]["messageId"] = f"m-{number}"
    return event


def stream(partitions: str = "feedback#") -> dict[str, Any]:
    """The counts' stream as Lambda hands it over: binaries in base 64."""
    items = client("dynamodb").scan(TableName=COUNTS)["Items"]
    images = [_on_the_wire(item) for item in items if item["pk"]["S"].startswith(partitions)]
    return {"Records": [{"eventName": "MODIFY", "dynamodb": {"NewImage": image}} for image in images]}


def _on_the_wire(item: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"BS": [base64.b64encode(each).decode() for each in value["BS"]]} if "BS" in value else value
        for name, value in item.items()
    }


def evaluate(clock: Clock, event: dict[str, Any]) -> None:
    clock.now = ARRIVED + timedelta(seconds=20)
    handler_of("evaluate")(event, None)


def tenant() -> Tenant:
    found = wiring.book().tenant("CustomerA")
    assert found
    return found


def test_a_list_that_went_bad_is_paused_with_its_decision_in_the_book(clock: Clock) -> None:
    ingest(sends=60, bounces=30)
    evaluate(clock, stream())
    assert tenant().standing is Standing.PAUSED
    (pending,) = wiring.book().pending()
    assert pending.decision.because
    window = pending.decision.because.window
    assert (window.feedback, window.sends) == (30, 60)
    assert pending.decision.examples[0].domain == "example.net"
    assert pending.decision.tenant.configuration_sets == {"ConfigSet"}


def test_a_healthy_list_is_left_alone(clock: Clock) -> None:
    ingest(sends=60, bounces=2)
    evaluate(clock, stream())
    assert tenant().standing is Standing.HEALTHY
    assert list(wiring.book().pending()) == []


def test_the_same_stream_records_twice_decide_once(clock: Clock) -> None:
    ingest(sends=60, bounces=30)
    records = stream()
    evaluate(clock, records)
    evaluate(clock, records)
    assert len(list(wiring.book().pending())) == 1
    assert tenant().version == 1


def test_observe_mode_advises_and_changes_nothing(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 12."""
    monkeypatch.setenv("MODE", "observe")
    ingest(sends=60, bounces=30)
    evaluate(clock, stream())
    assert tenant().standing is Standing.HEALTHY
    assert [each.decision.announces for each in wiring.book().pending()] == ["PauseAdvised"]


def test_a_stricter_preset_is_the_deployments_choice(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """17 of 60: E = 3.9 is enough for strict, and not for standard."""
    ingest(sends=60, bounces=17)
    evaluate(clock, stream())
    assert tenant().standing is not Standing.PAUSED
    monkeypatch.setenv("POLICY_PRESET", "strict")
    wiring.settings.cache_clear()
    wiring.policies.cache_clear()
    evaluate(clock, stream())
    assert tenant().standing is Standing.PAUSED


def test_the_accounts_own_feedback_is_judged_beside_the_tenants(clock: Clock) -> None:
    """All mail of the account is weighed against SES's lines, and the tenant's decision says what it uses of them."""
    ingest(sends=60, bounces=30)
    evaluate(clock, stream("account-feedback"))
    evaluate(clock, stream())
    decisions = {each.decision.tenant.name: each.decision for each in wiring.book().pending()}
    assert set(decisions) == {ACCOUNT, "CustomerA"}
    assert decisions[ACCOUNT].announces == "AccountAtRisk"
    assert largest_share(decisions["CustomerA"].budget) == 10
    assert decisions["CustomerA"].policy.evidence_to_pause == 3.0
    assert [each.tenant for each in wiring.counted().contributors()] == ["CustomerA"]


def test_feedback_ahead_of_its_sends_is_judged_by_the_review_it_is_reminded_of(clock: Clock) -> None:
    """The sends of these bounces are counted after them: the appointment's queue brings the review back."""
    handler_of("ingest")(from_queue(early=_sent(_numbered("send-of-tagged-tenant", 99), seconds=-60)), None)
    ingest(sends=0, bounces=30)
    clock.now = ARRIVED
    handler_of("evaluate")(stream(), None)
    again = tenant().judge_again_at
    assert again
    assert tenant().standing is Standing.HEALTHY
    assert held_back("appointments") == 1
    ingest(sends=60, bounces=0)
    clock.now = again + timedelta(seconds=15)
    handler_of("review")({}, None)
    assert tenant().standing is Standing.PAUSED


def held_back(name: str) -> int:
    """How many messages a queue holds back."""
    sqs, asked = client("sqs"), "ApproximateNumberOfMessagesDelayed"
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[asked])["Attributes"][asked])


def _sent(event: dict[str, Any], seconds: int) -> dict[str, Any]:
    at = SENT_AT.replace(minute=41, second=2) + timedelta(seconds=seconds)
    event["detail"]["mail"]["timestamp"] = at.isoformat()
    return event
