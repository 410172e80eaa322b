"""Where the guard speaks to: the guard bus, the notice topics, the enforcer's function, the appointments' queue."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber

from reputation_guard.aws.appointments import AppointmentsQueue
from reputation_guard.aws.bus import GuardBus
from reputation_guard.aws.channels import ApiDestinations, Topics
from reputation_guard.aws.waker import EnforceFunction
from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.notice import Channel
from reputation_guard.ports.errors import NoRightError, RefusedError, UnavailableError
from reputation_guard.wire.announcement import parse_announcement
from tests.aws.conftest import client
from tests.fakes.builders import ARN, NOW, decision, notice

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ANNOUNCEMENT = Announcement(id="shop.4.TenantPaused", name=GuardEvent.TENANT_PAUSED, at=NOW, decision=decision())


def queue(name: str) -> tuple[str, str]:
    """A queue, by URL and ARN."""
    sqs: SQSClient = client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def received(url: str) -> list[str]:
    """The bodies that lie in a queue."""
    sqs: SQSClient = client("sqs")
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [message["Body"] for message in found.get("Messages", [])]


@pytest.mark.usefixtures("account")
def test_an_announcement_arrives_on_the_guard_bus_as_it_was_made() -> None:
    events, (url, arn) = client("events"), queue("listener")
    events.create_event_bus(Name="guard")
    pattern = {"source": ["reputation-guard"], "detail-type": ["TenantPaused"], "resources": [ARN]}
    events.put_rule(Name="all", EventBusName="guard", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="all", EventBusName="guard", Targets=[{"Id": "queue", "Arn": arn}])
    GuardBus(events, "guard").announce(ANNOUNCEMENT)
    (body,) = received(url)
    assert parse_announcement(body) == ANNOUNCEMENT


def test_an_entry_that_the_bus_did_not_take_is_announced_again() -> None:
    """PutEvents answers 200 and fails entry by entry: every answer is read."""
    events = client("events")
    with Stubber(events) as stub:
        stub.add_response(
            "put_events", {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}, {"Entries": ANY}
        )
        with pytest.raises(UnavailableError, match="InternalFailure"):
            GuardBus(events, "guard").announce(ANNOUNCEMENT)


@pytest.mark.usefixtures("account")
def test_waking_the_enforcer_does_not_wait_for_it() -> None:
    iam, functions = client("iam"), client("lambda")
    role = iam.create_role(RoleName="role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    functions.create_function(
        FunctionName="enforce",
        Role=role,
        Handler="app.handler",
        Runtime="python3.13",
        Code={"ZipFile": _code()},
    )
    EnforceFunction(functions, "enforce").wake()
    with Stubber(functions) as stub:
        expected = {"FunctionName": "enforce", "InvocationType": "Event", "Payload": ANY}
        stub.add_response("invoke", {"StatusCode": 202}, expected)
        EnforceFunction(functions, "enforce").wake()
        stub.assert_no_pending_responses()


@pytest.mark.usefixtures("account")
def test_a_reminder_is_held_back_for_its_delay() -> None:
    sqs, (url, _) = client("sqs"), queue("appointments")
    AppointmentsQueue(sqs, url).remind_in(timedelta(seconds=0))
    (body,) = received(url)
    assert json.loads(body) == {"wake": "review"}
    with Stubber(sqs) as stub:
        stub.add_response("send_message", {}, {"QueueUrl": url, "MessageBody": ANY, "DelaySeconds": 11})
        AppointmentsQueue(sqs, url).remind_in(timedelta(seconds=10, milliseconds=1))
        stub.assert_no_pending_responses()


def _code() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): ...")
    return packed.getvalue()


def test_the_receipt_of_a_destination_says_that_it_is_eventbridges_word() -> None:
    """PagerDuty may refuse it yet: whoever reads the receipt must not take it for PagerDuty's."""

    class Events:
        def put_events(self, **asked: Any) -> dict[str, Any]:
            return {"FailedEntryCount": 0, "Entries": [{"EventId": f"e-{n}"} for n, _ in enumerate(asked["Entries"])]}

    events: Any = Events()
    assert ApiDestinations(events, "guard").post(notice(), Channel.PAGER_DUTY).startswith("EventBridge e-")


CALLS: dict[str, Callable[[Any], object]] = {
    "put_events": lambda aws: GuardBus(aws, "guard").announce(ANNOUNCEMENT),
    "publish": lambda aws: Topics(aws, {Channel.FIRST_RUNG: "arn:pages"}).post(notice(), Channel.FIRST_RUNG),
    "put_events for a channel": lambda aws: ApiDestinations(aws, "guard").post(notice(), Channel.PAGER_DUTY),
    "invoke": lambda aws: EnforceFunction(aws, "enforce").wake(),
    "send_message": lambda aws: AppointmentsQueue(aws, "https://queue").remind_in(timedelta(seconds=10)),
}
SERVICES = {
    "put_events": "events",
    "publish": "sns",
    "put_events for a channel": "events",
    "invoke": "lambda",
    "send_message": "sqs",
}


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(
    ("code", "status", "raised"),
    [
        ("ThrottlingException", 400, UnavailableError),
        ("TooManyRequestsException", 429, UnavailableError),
        ("InternalFailure", 500, UnavailableError),
        ("ServiceUnavailable", 503, UnavailableError),
        ("AccessDeniedException", 403, NoRightError),
        ("InvalidParameter", 400, RefusedError),
    ],
)
def test_an_error_says_what_can_be_done_about_it(
    operation: str, code: str, status: int, raised: type[Exception]
) -> None:
    aws = client(SERVICES[operation])
    with Stubber(aws) as stub:
        stub.add_client_error(operation.split(maxsplit=1)[0], code, "no", http_status_code=status)
        with pytest.raises(raised) as error:
            CALLS[operation](aws)
    assert error.value.args[0] == code


@pytest.mark.parametrize("operation", CALLS)
def test_a_line_that_is_dead_is_no_refusal(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = client(SERVICES[operation])

    def dead(*_: Any, **__: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://nowhere")

    monkeypatch.setattr(aws, operation.split(maxsplit=1)[0], dead)
    with pytest.raises(UnavailableError):
        CALLS[operation](aws)
