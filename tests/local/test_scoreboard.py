"""The demo's scoreboard reads the guard's own tables."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.demo.cast import CAST, HEALTHY
from local.demo.player import SesSays
from local.demo.scoreboard import Scoreboard, by_name
from reputation_guard.aws.counted import CountsReader
from reputation_guard.aws.counting import CountsWriter
from reputation_guard.domain.counts import Ids, Ledger, SlotOfFeedback, feedback_id, slot_of
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.sending import Sending
from reputation_guard.settings import Settings
from reputation_guard.usecases.count import count
from tests.aws.tables import BOOK, COUNTS, create_tables
from tests.fakes.builders import NOW, ago, send
from tests.fakes.outlets import InMemoryOwners
from tests.usecases.world import RULES, by_record

NAME = HEALTHY.tenant


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The guard's tables, in memory."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client: Any = boto3.client("dynamodb", region_name="us-east-1")
        create_tables(client)
        yield client


def ingest(dynamodb: Any, sent_at: datetime, *, sends: int, bounces: int) -> None:
    """Count a mail to so many, of whom some bounced, as `ingest` and `evaluate` do."""
    mail = send(f"m-{sent_at}", tenant=NAME, sent_at=sent_at, recipients=sends)
    count(by_record([mail]), CountsWriter(dynamodb, COUNTS), InMemoryOwners(), RULES, sent_at)
    come_back(dynamodb, sent_at, bounces)


def come_back(dynamodb: Any, sent_at: datetime, bounces: int, through: str = "") -> None:
    """So many bounces of mail sent through a set."""
    ids = Ids.of(feedback_id(sent_at, str(number)) for number in range(bounces))
    feedback = SlotOfFeedback(Ledger(tenant=NAME), slot_of(sent_at), {Kind.BOUNCE: ids}, through)
    CountsReader(dynamodb, COUNTS).write_feedback([feedback])


def test_a_row_counts_all_that_is_kept_however_coarsely(dynamodb: Any) -> None:
    """The last day is kept by slots, the day or two before by hours: the demo's mail may lie in either."""
    ingest(dynamodb, NOW, sends=100, bounces=3)
    ingest(dynamodb, ago(hours=30), sends=20, bounces=1)
    come_back(dynamodb, ago(hours=1), 2, through="publishes-no-sends")
    aws: Any = SimpleNamespace(client=lambda _: dynamodb, outputs={"CountsTable": COUNTS, "BookTable": BOOK})
    settings = Settings({"POLICY_PRESET": "standard", "SENDS_BATCH_WINDOW": "5"})
    says = {part.tenant: SesSays(Sending.ENABLED) for part in CAST}
    row = by_name(Scoreboard(aws, settings).look(says, NOW + timedelta(seconds=1)))[NAME]
    assert (row.sends, row.hard_bounces, row.complaints) == (120, 6, 0)
