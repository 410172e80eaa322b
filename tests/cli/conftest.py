"""Every test of a command has a healthy deployment in `aws`, and nothing of it reaches a network."""

import threading
from collections.abc import Iterator
from http.server import HTTPServer
from typing import Any

import botocore.client
import pytest
from moto import mock_aws

from tests.cli.aws import REGION, FakeAws, client_of, create_tables
from tests.cli.operators import Operators

# Services that moto stands in for, where a test gives no answer of its own.
MOTOS_OWN = ("dynamodb", "sqs", "s3")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Credentials and a region of the tests' own, and a paper of 80 columns."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "GUARD_STACK", "GUARD_TRACEBACK", "COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    # SES's pace, and the waiting for it.
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, environment: None) -> Iterator[FakeAws]:  # noqa: ARG001 - it has to come first
    """A healthy deployment."""
    with mock_aws():
        fake = FakeAws(create_tables())
        # The stubs leave out what is private.
        real = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: Any, operation: str, parameters: Any) -> Any:
            if client.meta.service_model.service_name in MOTOS_OWN and operation not in fake.answers:
                return real(client, operation, parameters)
            return fake.call(client, operation, parameters)

        monkeypatch.setattr("botocore.client.BaseClient._make_api_call", call)
        monkeypatch.setattr("cli.account.Account.client", lambda _account, service: client_of(service))
        yield fake


@pytest.fixture
def operators(aws: FakeAws) -> Iterator[type[Operators]]:
    """A deployment with a URL for operators."""
    handler = type("Heard", (Operators,), {"heard": [], "status": 200, "answer": b"{}"})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        aws.outputs["OperatorsUrl"] = f"http://127.0.0.1:{server.server_port}/"
        yield handler
        server.shutdown()
