"""One embedded AWS with the deployed stack for the whole session; each test makes tenants of its own."""

import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from local.aws import CREDENTIALS, EmbeddedAws
from reputation_guard.domain.policy import Mode
from tests.e2e import channels
from tests.e2e.account import Account
from tests.e2e.traffic import now
from tests.local.pager import Pager

Guard = Callable[..., Result]
# The account has been sending for longer than any mail of the tests is old.
LONG_AGO = timedelta(hours=3)
PAGE = {"pk": {"S": "guard"}, "sk": {"S": "mode"}}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and put them in the order in which none has to wait for another's mail to age."""
    here = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    for item in here:
        item.add_marker(pytest.mark.e2e)
    ordered = iter(sorted(here, key=_order))
    items[:] = [next(ordered) if item in here else item for item in items]


def _order(item: pytest.Item) -> int:
    """First whoever needs a minute in which no send was counted yet; last what is said of the whole run.

    Before that comes what spoils the whole account, since all tenants' rules are tightened by it. A walk asks SES for
    every tenant at its pace of one a second: it comes while there are few.
    """
    return {"test_never_paused": 0, "test_reconcile": 1, "test_account": 3, "test_at_last": 4}.get(item.path.stem, 2)


@pytest.fixture(scope="session")
def pager() -> Iterator[Pager]:
    """PagerDuty and a webhook of the people on call, on this machine."""
    with Pager.serving() as server:
        yield server


@pytest.fixture(scope="session")
def account(pager: Pager) -> Iterator[Account]:
    """The guarded account, which has begun to send. At the end nothing of it is left running."""
    with EmbeddedAws.start() as aws:
        # Under a key of one's own, since everywhere else it is deployed without one.
        key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
        aws.deploy({"Mode": "enforce", "KmsKeyArn": key, **channels.switched_on(aws, pager)})
        account = Account(aws)
        account.let_the_watermark_pass(now() - LONG_AGO)
        yield account
        processes = _processes_of(aws._process.process.pid)
    assert len(processes) > 1, "the functions run in processes of their own"
    assert not processes & _running(), "processes are left running"
    assert not aws.folder.exists()


def _running() -> set[int]:
    return set(_parents())


def _parents() -> dict[int, int]:
    """Every process of this machine that is not a zombie, and its parent."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="],  # noqa: S607 -- wherever the system keeps it
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    lines = map(str.split, listed.splitlines())
    return {int(pid): int(parent) for pid, parent, state in lines if not state.startswith("Z")}


@pytest.fixture
def guard(account: Account, monkeypatch: pytest.MonkeyPatch) -> Guard:
    """The command line of an operator with credentials, and the embedded AWS in the place of AWS."""
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": account.aws.endpoint}.items():
        monkeypatch.setenv(name, value)
    return lambda *words: CliRunner().invoke(app, words)


@pytest.fixture
def impatient_feedback_queue(account: Account) -> Iterator[str]:
    """The queue of feedback, in which a failed record is tried again after a second instead of a minute and a half."""
    queue = account.aws.outputs["FeedbackQueueUrl"]
    name = "VisibilityTimeout"
    before = account.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"][name]
    account.sqs.set_queue_attributes(QueueUrl=queue, Attributes={name: "1"})
    yield queue
    account.sqs.set_queue_attributes(QueueUrl=queue, Attributes={name: before})


@pytest.fixture
def switch(account: Account) -> Iterator[Callable[[Mode | None], None]]:
    """Turns the Book's switch. Afterwards its page is as it was: a later test's mail is not behind a fence."""
    table: dict[str, Any] = {"TableName": account.aws.outputs["BookTable"]}
    before = account.dynamodb.get_item(**table, Key=PAGE).get("Item")

    def turn(mode: Mode | None) -> None:
        if mode is None:
            account.dynamodb.update_item(**table, Key=PAGE, UpdateExpression="REMOVE switch")
        else:
            values = {":mode": {"S": mode}}
            account.dynamodb.update_item(
                **table, Key=PAGE, UpdateExpression="SET switch = :mode", ExpressionAttributeValues=values
            )

    yield turn
    if before:
        account.dynamodb.put_item(**table, Item=before)
    else:
        account.dynamodb.delete_item(**table, Key=PAGE)


def _processes_of(ancestor: int) -> set[int]:
    """A process and all below it, as the system lists them."""
    parents = _parents()
    found = {ancestor}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found
