"""The key of links through the wiring: the function that rotates it, and who signs with it."""

from types import SimpleNamespace
from typing import Any

import pytest

from reputation_guard.domain.links import LinkRefusedError, verify
from reputation_guard.usecases.rotate_key import CannotRotateError
from reputation_guard.wire import MalformedError
from reputation_guard.wiring import links
from tests.functions.conftest import ARRIVED, client, handler_of

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
ME = SimpleNamespace(invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:rotate")
SECOND, THIRD = "2" * 8 + "-2222-2222-2222-222222222222", "3" * 8 + "-3333-3333-3333-333333333333"


@pytest.fixture
def secret(account: None, monkeypatch: pytest.MonkeyPatch) -> str:  # noqa: ARG001 - it lies in it
    """The key of links, which names the function that rotates it."""
    secrets = client("secretsmanager")
    arn: str = secrets.create_secret(Name="links", SecretString="0" * 64)["ARN"]
    describe = secrets.describe_secret
    # moto rotates by itself what has a function: the name is added to what it says.
    monkeypatch.setattr(
        secrets, "describe_secret", lambda **asked: describe(**asked) | {"RotationLambdaARN": ME.invoked_function_arn}
    )
    monkeypatch.setenv("LINK_KEY", arn)
    monkeypatch.setenv("CONSOLE_URL", "https://console.example/")
    return arn


def take(secret: str, version: str, *steps: str, as_whom: Any = ME) -> None:
    for step in steps:
        handler_of("rotate_key")({"SecretId": secret, "ClientRequestToken": version, "Step": step}, as_whom)


def begin(secret: str, version: str) -> None:
    """What Secrets Manager does before it asks for the first step; moto has no version without a value."""
    client("secretsmanager").put_secret_value(
        SecretId=secret, ClientRequestToken=version, SecretString=version, VersionStages=["AWSPENDING"]
    )


def opened(token: str) -> str:
    links.keys.cache_clear()
    return verify(token, links.keys().keyring(), ARRIVED)


def test_a_live_link_opens_its_incident_after_a_rotation_and_not_after_two(secret: str) -> None:
    link = links.signed().link_to("acme.17", ARRIVED)
    assert link.startswith("https://console.example/i/")
    token = link.removeprefix("https://console.example/i/")
    begin(secret, SECOND)
    take(secret, SECOND, *STEPS, *STEPS)
    assert opened(token) == "acme.17"
    begin(secret, THIRD)
    take(secret, THIRD, *STEPS)
    with pytest.raises(LinkRefusedError):
        opened(token)


def test_a_step_that_is_not_this_functions_is_refused(secret: str) -> None:
    begin(secret, SECOND)
    with pytest.raises(CannotRotateError):
        take(secret, SECOND, "finishSecret", as_whom=SimpleNamespace(invoked_function_arn="another"))
    with pytest.raises(MalformedError):
        take(secret, SECOND, "dropSecret")


def test_a_form_is_used_once() -> None:
    assert [links.nonces().burn("one", ARRIVED) for _ in range(2)] == [True, False]
