"""enforce, notify, review and manual_resume through the wiring, on what evaluate left in the book."""

import copy
import json
from datetime import timedelta
from typing import Any

import pytest

from reputation_guard import wiring
from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import GuardEvent, record_after
from reputation_guard.domain.notice import Channel, Notice
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Standing, Tenant
from reputation_guard.ports.errors import RefusedError, UnavailableError
from reputation_guard.wire.announcement import detail_of
from reputation_guard.wiring import notices
from tests.fakes.builders import decision
from tests.fakes.incidents import InMemoryExecutions
from tests.fakes.notices import InMemoryBoard
from tests.fakes.outlets import Bell
from tests.fakes.ses import InMemorySes, arn_of
from tests.functions.conftest import ARRIVED, Clock, Context, Lines, client, example, failures, from_queue, handler_of

pytestmark = pytest.mark.usefixtures("outlets")

NAME = "CustomerA"
ORDER = {"tenant": NAME, "reason": "list cleaned", "operator": "night shift"}


def to_pause(ses: InMemorySes, name: str = NAME) -> None:
    """A pause that evaluate decided and nobody carried out."""
    ses.add(name)
    made = decision(tenant=Tenant(name=name), at=ARRIVED)
    wiring.book().record(made, record_after(made))


def listen() -> str:
    """A queue on the guard bus; returns its URL."""
    url: str = client("sqs").create_queue(QueueName="listener")["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client("events").put_rule(Name="all", EventBusName="guard", EventPattern='{"source": ["reputation-guard"]}')
    client("events").put_targets(Rule="all", EventBusName="guard", Targets=[{"Id": "queue", "Arn": arn}])
    return url


def heard(url: str) -> list[str]:
    """What the guard bus carried, as an SQS consumer gets it."""
    found = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [message["Body"] for message in found.get("Messages", [])]


def tenant(name: str = NAME) -> Tenant:
    found = wiring.book().tenant(name)
    assert found
    return found


def enforce() -> dict[str, int]:
    outcome: dict[str, int] = handler_of("enforce")({"wake": "review"}, Context())
    return outcome


def test_enforce_pauses_at_ses_and_leaves_the_page_to_the_escalation(ses: InMemorySes) -> None:
    to_pause(ses)
    url = listen()
    assert enforce() == {"Settled": 1, "Refused": 0, "Left": 0}
    assert ses.statuses[arn_of(NAME)].aggregate is Sending.DISABLED
    assert not tenant().under_way
    (body,) = heard(url)
    envelope = json.loads(body)
    assert (envelope["source"], envelope["detail-type"]) == ("reputation-guard", "TenantPaused")
    assert notified(from_queue(r1=body)) == []
    assert enforce() == {"Settled": 0, "Refused": 0, "Left": 0}


def test_escalate_claims_an_episode_once_and_notify_hands_on_its_page(
    ses: InMemorySes, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "executions", InMemoryExecutions)
    to_pause(ses)
    url = listen()
    enforce()
    (body,) = heard(url)
    claim = {"step": "claim", "execution": "arn:1", "event": json.loads(body)}
    claimed = handler_of("escalate")(claim, None)
    assert claimed == {"incident": tenant().decided, "ours": True}
    assert handler_of("escalate")(claim | {"execution": "arn:2"}, None)["ours"] is False
    look = {"step": "look", "incident": claimed["incident"]}
    assert handler_of("escalate")(look, None)["wait_seconds"] == 20
    clock.now += timedelta(seconds=20)
    assert handler_of("escalate")(look, None)["wait_seconds"] == 15 * 60
    (page,) = heard(url)
    (notice,) = notified(from_queue(r1=page))
    assert notice.subject == f"[guard] {NAME} PAUSED: 25.3 % bounces"
    assert "https://" not in notice.text, "a page without a link is better than none"


def test_a_page_carries_a_link_to_its_incident(monkeypatch: pytest.MonkeyPatch, clock: Clock, ses: InMemorySes) -> None:
    secret = client("secretsmanager").create_secret(Name="links", SecretString="0" * 64)["ARN"]
    monkeypatch.setenv("LINK_KEY", secret)
    to_pause(ses)
    url = listen()
    enforce()
    (body,) = heard(url)
    claimed = handler_of("escalate")({"step": "claim", "execution": "arn:1", "event": json.loads(body)}, None)
    clock.now += timedelta(seconds=20)
    handler_of("escalate")({"step": "look", "incident": claimed["incident"]}, None)
    (page,) = heard(url)
    (notice,) = notified(from_queue(r1=page))
    assert "https://console.example/i/" in notice.text


def test_enforce_leaves_time_to_finish_what_it_began(ses: InMemorySes) -> None:
    class Late(Context):
        @staticmethod
        def get_remaining_time_in_millis() -> int:
            return 19_000

    to_pause(ses)
    assert handler_of("enforce")({}, Late()) == {"Settled": 0, "Refused": 0, "Left": 1}


def test_enforce_asks_the_books_switch(ses: InMemorySes) -> None:
    """Law 12: the kill switch is an item a person writes."""
    to_pause(ses)
    client("dynamodb").put_item(
        TableName="book", Item={"pk": {"S": "guard"}, "sk": {"S": "mode"}, "switch": {"S": "observe"}}
    )
    enforce()
    assert ses.calls == []
    assert tenant().standing is Standing.HEALTHY


def notified(event: dict[str, Any], *, back: list[str] | None = None) -> list[Notice]:
    """What the first rung is told of these guard events."""
    board = InMemoryBoard()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notices, "notice_board", lambda: board)
        assert failures(handler_of("notify")(event, None)) == (back or [])
    return [notice for channel, notice in board.posted if channel is Channel.FIRST_RUNG]


def announced(name: str = "SendsUnseen", version: int = 4) -> dict[str, Any]:
    made = Announcement(id=f"shop.{version}.{name}", name=GuardEvent(name), at=ARRIVED, decision=decision())
    return {"version": "0", "source": "reputation-guard", "detail-type": name, "detail": json.loads(detail_of(made))}


def subscribed(topic: str) -> str:
    """A queue that is subscribed to a topic; returns its URL."""
    url: str = client("sqs").create_queue(QueueName=topic)["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client("sns").subscribe(TopicArn=wiring.settings().text(topic), Protocol="sqs", Endpoint=arn)
    return url


def test_a_warning_waits_for_its_digest_and_repeated_ones_are_one_line(clock: Clock) -> None:
    assert notified(from_queue(r1=example("announced-account-at-risk"))) == []
    notified(from_queue(r1=announced("TenantWarned", 4), r2=announced("TenantWarned", 5)))
    url = subscribed("WARNINGS_TOPIC")
    clock.now = ARRIVED + timedelta(minutes=1)
    assert handler_of("digest")({}, None)["notice"]
    (body,) = map(json.loads, heard(url))
    assert body["Message"].startswith("2 warnings:\n")
    assert "  shop TenantWarned (2 times)" in body["Message"]
    assert "CustomerA: 66 % (330)" in body["Message"]
    assert handler_of("digest")({}, None) == {"notice": None}


def test_notify_hands_each_notice_to_its_topic_with_what_filters_need() -> None:
    url = subscribed("PAGES_TOPIC")
    assert failures(handler_of("notify")(from_queue(r1=announced(), r2=announced("TenantWarned")), None)) == []
    (body,) = map(json.loads, heard(url))
    attributes = {name: each["Value"] for name, each in body["MessageAttributes"].items()}
    assert attributes == {
        "id": "shop.4.SendsUnseen",
        "event": "SendsUnseen",
        "tenant": "shop",
        "severity": "page",
        "rung": "1",
    }
    assert body["Message"].endswith("Runbook: docs/operations.md#sendsunseen")


def test_notify_hands_pages_to_pager_duty_where_it_is_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER_DUTY", "yes")
    client("events").put_rule(
        Name="channels", EventBusName="guard", EventPattern='{"source": ["reputation-guard.channels"]}'
    )
    url: str = client("sqs").create_queue(QueueName="channels")["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client("events").put_targets(Rule="channels", EventBusName="guard", Targets=[{"Id": "queue", "Arn": arn}])
    handler_of("notify")(from_queue(r1=announced()), None)
    (envelope,) = map(json.loads, heard(url))
    assert envelope["detail-type"] == "PagerDuty"
    assert envelope["detail"]["event_action"] == "trigger"
    assert envelope["detail"]["dedup_key"] == "shop.4.SendsUnseen"


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("detail.decision.tenant.name", lambda detail: detail["decision"]["tenant"].pop("name")),
        ("detail.at", lambda detail: detail.update(at="soon")),
        ("detail.name", lambda detail: detail.update(name=None)),
    ],
)
def test_notify_sends_a_malformed_record_back_alone(field: str, change: Any, log: Lines) -> None:
    bad = copy.deepcopy(announced())
    change(bad["detail"])
    assert len(notified(from_queue(before=announced(), bad=bad, after=announced(version=5)), back=["bad"])) == 2
    (line,) = log.of("malformed record")
    assert (line["record"], line["field"]) == ("bad", field)


@pytest.mark.parametrize("error", [UnavailableError("throttled"), RefusedError("InvalidParameter", "no")])
def test_notify_sends_what_no_channel_took_back_alone(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 11: one notice that SNS does not take is no reason to repeat its neighbours."""

    class Board(InMemoryBoard):
        def post(self, notice: Notice, channel: Channel) -> str:
            if notice.event == "ResumeRefused":
                raise error
            return InMemoryBoard.post(self, notice, channel)

    monkeypatch.setattr(notices, "notice_board", Board)
    event = from_queue(r1=announced(), r2=announced("ResumeRefused"), r3=announced(version=5))
    assert failures(handler_of("notify")(event, None)) == ["r2"]


def test_review_wakes_the_enforcer_while_decisions_are_pending(ses: InMemorySes, bell: Bell) -> None:
    assert handler_of("review")({}, None)["pending"] == 0
    to_pause(ses)
    assert handler_of("review")({}, None)["pending"] == 1
    assert bell.rung == 1


def test_an_operator_resumes_a_paused_tenant(ses: InMemorySes, clock: Clock) -> None:
    to_pause(ses)
    enforce()
    clock.now = ARRIVED + timedelta(hours=1)
    answer = handler_of("manual_resume")(ORDER, None)
    assert answer["resumed"] is True
    assert (answer["tenant"], answer["standing"], answer["decision"]) == (NAME, "PROBATION", f"{NAME}.4")
    assert answer["fence"] == "2026-11-24T09:45:00+00:00"
    assert answer["probation_ends"] == "2026-11-25T09:45:00+00:00"
    assert json.loads(json.dumps(answer)) == answer
    enforce()
    assert ses.statuses[arn_of(NAME)].aggregate is Sending.ENABLED


@pytest.mark.parametrize(
    ("order", "error", "words"),
    [
        ({**ORDER, "tenant": "stranger"}, "UnknownTenant", "stranger"),
        ({**ORDER, "reason": "   "}, "BadOrder", "reason"),
        ({**ORDER, "reason": ""}, "BadOrder", "reason"),
        ({**ORDER, "operator": ""}, "BadOrder", "operator"),
        ({"tenant": NAME, "operator": "night shift"}, "BadOrder", "reason"),
        ({**ORDER, "reasn": "x"}, "BadOrder", "reasn"),
        ({**ORDER, "tenant": 7}, "BadOrder", "tenant"),
        ({**ORDER, "tenant": "the whole account"}, "BadOrder", "tenant: is no tenant's name at SES"),
        ({**ORDER, "tenant": "x" * 65}, "BadOrder", "tenant: is no tenant's name at SES"),
        ({**ORDER, "reason": "list cleaned\nNext: nothing"}, "BadOrder", "reason: has to be one line"),
        ({**ORDER, "operator": "night\x1b[2Jshift"}, "BadOrder", "operator: has to be one line"),
        ({}, "BadOrder", "tenant"),
        ("resume it", "BadOrder", "body"),
        (None, "BadOrder", "body"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_what_is_wrong(
    order: object, error: str, words: str, ses: InMemorySes
) -> None:
    to_pause(ses)
    enforce()
    answer = handler_of("manual_resume")(order, None)
    assert (answer["resumed"], answer["error"]) == (False, error)
    assert words in answer["message"]
    assert tenant().standing is Standing.PAUSED


def test_a_tenant_that_is_not_paused_is_not_resumed(ses: InMemorySes) -> None:
    ses.add(NAME)
    wiring.book().save(Tenant(name=NAME), Tenant(name=NAME), ARRIVED)
    assert handler_of("manual_resume")(ORDER, None)["error"] == "NotPaused"


def test_a_tenant_stopped_by_ses_is_not_resumed(ses: InMemorySes) -> None:
    to_pause(ses)
    enforce()
    ses.change(arn_of(NAME), ses_managed=Sending.DISABLED)
    answer = handler_of("manual_resume")(ORDER, None)
    assert answer["error"] == "StoppedBySes"
    assert "AWS Support" in answer["message"]


def test_an_operator_is_told_when_aws_does_not_answer(ses: InMemorySes) -> None:
    def throttled() -> None:
        raise UnavailableError("TooManyRequestsException")

    to_pause(ses)
    enforce()
    ses.after_look = throttled
    assert handler_of("manual_resume")(ORDER, None)["error"] == "NotNow"
