"""A deployed stack of what an escalation is made of: rules, state machines, pagers, secrets."""

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.aws import EmbeddedAws
from local.build import ROOT
from tests.local.pager import HANGS_UP, Pager

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def pager_server() -> Iterator[Pager]:
    with Pager.serving() as server:
        yield server


@pytest.fixture
def pager(pager_server: Pager) -> Pager:
    pager_server.forget()
    return pager_server


@pytest.fixture(scope="module")
def aws(pager_server: Pager) -> Iterator[EmbeddedAws]:
    with EmbeddedAws.start() as aws:
        aws.deploy(
            {"PagerUrl": pager_server.url("/enqueue")},
            template=ROOT / "tests" / "local" / "stack" / "template.yaml",
            build_folder=ROOT / ".local" / "build-stack",
        )
        yield aws


def put(aws: EmbeddedAws, source: str, **detail: Any) -> None:
    entry = {"EventBusName": "told", "Source": source, "DetailType": "Told", "Detail": json.dumps(detail)}
    assert aws.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def receive(aws: EmbeddedAws, queue: str, wait: int = 10) -> list[dict[str, Any]]:
    sqs = aws.client("sqs")
    found = sqs.receive_message(
        QueueUrl=aws.outputs[queue], WaitTimeSeconds=wait, MessageAttributeNames=["All"], MaxNumberOfMessages=10
    )
    messages = [dict(message) for message in found.get("Messages", [])]
    for message in messages:
        sqs.delete_message(QueueUrl=aws.outputs[queue], ReceiptHandle=message["ReceiptHandle"])
    return messages


def executions(aws: EmbeddedAws, status: str) -> list[dict[str, Any]]:
    states = aws.client("stepfunctions")
    listed = states.list_executions(stateMachineArn=aws.outputs["Machine"], statusFilter=status)["executions"]
    return [dict(states.describe_execution(executionArn=each["executionArn"])) for each in listed]


def told_by(letter: dict[str, Any]) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}


@pytest.mark.parametrize("source", ["by-sam", "by-rule"])
def test_a_rule_starts_an_execution_with_the_whole_event(
    aws: EmbeddedAws, eventually: Callable[..., Any], source: str
) -> None:
    put(aws, source, number=1)

    def outputs() -> list[dict[str, Any]]:
        found = [json.loads(execution["output"]) for execution in executions(aws, "SUCCEEDED")]
        return [output for output in found if output["event"]["source"] == source]

    (output,) = eventually(outputs)
    assert output["word"] == "substituted"
    assert output["event"]["detail"] == {"number": 1}
    assert {"id", "time", "account", "region", "detail-type"} <= output["event"].keys()
    receive(aws, "DeadLetters", wait=0)


def test_an_event_for_a_machine_that_is_not_there_goes_to_the_dead_letters(aws: EmbeddedAws) -> None:
    put(aws, "by-rule", number=2)
    (letter,) = receive(aws, "DeadLetters")
    assert json.loads(letter["Body"])["detail"] == {"number": 2}
    assert told_by(letter)["ERROR_CODE"] == "NO_RESOURCE"
    assert told_by(letter)["TARGET_ARN"].endswith(":stateMachine:nothing")


def test_an_execution_that_fails_is_told_on_the_default_bus(aws: EmbeddedAws) -> None:
    put(aws, "by-sam", fail=True)
    (message,) = receive(aws, "Failures")
    event = json.loads(message["Body"])
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert (event["detail"]["status"], event["detail"]["error"]) == ("FAILED", "Told")


def test_a_page_carries_what_its_rule_and_its_connection_say(
    aws: EmbeddedAws, pager: Pager, eventually: Callable[..., Any]
) -> None:
    put(aws, "page", summary="paused")
    (call,) = eventually(lambda: pager.calls)
    assert call.body == {"event_action": "trigger", "payload": {"summary": "paused"}, "routing_key": "secret"}
    assert (call.headers["x-key"], call.headers["x-also"]) == ("open sesame", "told")
    assert call.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("status", [401, 407, 409, 429, 500, 503])
def test_a_page_that_fails_for_now_is_tried_again(
    aws: EmbeddedAws, pager: Pager, eventually: Callable[..., Any], status: int
) -> None:
    pager.refuse(status, status)
    put(aws, "page", summary="paused")
    assert eventually(lambda: len(pager.calls) == 3)
    assert receive(aws, "DeadLetters", wait=0) == []


def test_a_page_that_goes_on_failing_goes_to_the_dead_letters(aws: EmbeddedAws, pager: Pager) -> None:
    pager.refuse(500, HANGS_UP, 500)
    put(aws, "page", summary="paused")
    (letter,) = receive(aws, "DeadLetters")
    assert json.loads(letter["Body"])["detail"] == {"summary": "paused"}
    told = told_by(letter)
    assert (told["EXHAUSTED_RETRY_CONDITION"], told["RETRY_ATTEMPTS"]) == ("MaximumRetryAttempts", "2")
    assert len(pager.calls) == 3


@pytest.mark.parametrize("status", [302, 400, 403, 404])
def test_a_page_that_is_refused_is_not_tried_again(aws: EmbeddedAws, pager: Pager, status: int) -> None:
    pager.refuse(status)
    put(aws, "page", summary="paused")
    (letter,) = receive(aws, "DeadLetters")
    assert "EXHAUSTED_RETRY_CONDITION" not in told_by(letter)
    assert len(pager.calls) == 1


def test_nothing_is_called_that_is_not_on_this_machine(
    aws: EmbeddedAws, pager: Pager, eventually: Callable[..., Any]
) -> None:
    put(aws, "page", summary="not for elsewhere")

    def not_called() -> list[str]:
        lines = [line for line in aws.log.read_text().splitlines() if "not on this machine" in line]
        return [line for line in lines if "pager.example.com" in line and "not for elsewhere" in line]

    assert eventually(not_called)
    assert eventually(lambda: pager.calls)
    assert receive(aws, "DeadLetters", wait=0) == []


def test_a_secret_is_generated_and_its_function_rotates_it(aws: EmbeddedAws, eventually: Callable[..., Any]) -> None:
    secrets, secret = aws.client("secretsmanager"), aws.outputs["Secret"]
    assert secret.startswith("arn:aws:secretsmanager:"), "a template's Ref of a secret is its ARN"
    first = secrets.get_secret_value(SecretId=secret)["SecretString"]
    assert len(first) == 40
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.get_secret_value(SecretId=secret, VersionStage="AWSPREVIOUS")
    described = secrets.describe_secret(SecretId=secret)
    assert described["RotationLambdaARN"] == aws.outputs["Rotation"]
    secrets.rotate_secret(SecretId=secret)
    assert eventually(lambda: secrets.get_secret_value(SecretId=secret)["SecretString"] == "rotated")
    assert secrets.get_secret_value(SecretId=secret, VersionStage="AWSPREVIOUS")["SecretString"] == first


def ask(
    aws: EmbeddedAws, url: str, sent: AWSRequest | None = None, key: str | None = None
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Ask a function URL, signed with a key or not, and return status, headers and body."""
    request = sent or AWSRequest(method="GET")
    request.url = url
    if key:
        SigV4Auth(Credentials(key, "secret"), "lambda", "us-east-1").add_auth(request)
    parts = urlsplit(url)
    headers = {**dict(request.headers.items()), "Host": parts.netloc}
    with closing(HTTPConnection("127.0.0.1", int(aws.endpoint.rpartition(":")[2]))) as connection:
        connection.request(str(request.method), f"{parts.path}?{parts.query}", request.data, headers)
        response = connection.getresponse()
        return response.status, response.getheaders(), response.read()


def told_of(answered: tuple[int, list[tuple[str, str]], bytes]) -> dict[str, Any]:
    status, _, body = answered
    assert status == 200
    event: dict[str, Any] = json.loads(body)
    return event


def test_a_function_url_hands_its_request_over_as_aws_does(aws: EmbeddedAws) -> None:
    local = aws.on_this_machine(aws.outputs["OpenUrl"] + "i/1?b=2&a=1&b=%20x")
    host = urlsplit(aws.outputs["OpenUrl"]).netloc
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(local))
    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": "one=1; two=2", "X-Upper": "U"}
    headers = form | {"Origin": origin, "Referer": f"{origin}/page"}
    event = told_of(ask(aws, local, AWSRequest(method="POST", data=b"act=ack", headers=headers)))
    assert (event["version"], event["rawPath"], event["rawQueryString"]) == ("2.0", "/i/1", "b=2&a=1&b=%20x")
    assert event["queryStringParameters"] == {"a": "1", "b": "2, x"}
    assert event["cookies"] == ["one=1", "two=2"]
    assert (event["isBase64Encoded"], base64.b64decode(event["body"])) == (True, b"act=ack")
    assert (event["headers"]["x-upper"], event["headers"]["host"]) == ("U", host)
    assert (event["headers"]["origin"], event["headers"]["referer"]) == (f"https://{host}", f"https://{host}/page")
    assert event["requestContext"]["http"]["method"] == "POST"
    assert "authorizer" not in event["requestContext"]


def test_a_function_urls_answer_keeps_its_status_headers_cookies_and_bytes(aws: EmbeddedAws) -> None:
    local = aws.on_this_machine(aws.outputs["OpenUrl"])
    status, headers, _ = ask(aws, f"{local}away")
    assert (status, dict(headers)["location"]) == (303, "/landed")
    assert [value for name, value in headers if name.lower() == "set-cookie"] == ["a=1; Path=/", "b=2"]
    status, headers, body = ask(aws, f"{local}bytes")
    assert (status, dict(headers)["content-type"], body) == (418, "image/x", b"\x00\xff")


def test_a_url_that_asks_for_a_signature_tells_who_signed(aws: EmbeddedAws) -> None:
    iam = aws.client("iam")
    user = iam.create_user(UserName="ada")["User"]
    key = iam.create_access_key(UserName="ada")["AccessKey"]["AccessKeyId"]
    url = aws.outputs["SignedUrl"]
    status, _, body = ask(aws, url)
    assert (status, json.loads(body)) == (403, {"Message": "Forbidden"})
    identity = told_of(ask(aws, url, key=key))["requestContext"]["authorizer"]["iam"]
    assert identity["userArn"] == "arn:aws:iam::000000000000:user/ada"
    assert (identity["userId"], identity["callerId"]) == (user["UserId"], user["UserId"])
    assert (identity["accountId"], identity["accessKey"]) == ("000000000000", key)
    unknown = told_of(ask(aws, url, key="local"))["requestContext"]["authorizer"]["iam"]
    assert unknown["userArn"] == "arn:aws:iam::000000000000:root"


def test_a_browser_opens_a_function_url(aws: EmbeddedAws, tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("there is no chromium on this machine")
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += [f"--user-data-dir={tmp_path}", "--dump-dom", aws.on_this_machine(f"{aws.outputs['OpenUrl']}away")]
    page = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    assert '"rawPath": "/landed"' in page
