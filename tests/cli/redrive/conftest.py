"""The deployment of these tests has queues."""

import pytest

from tests.cli.aws import FakeAws
from tests.cli.redrive.queues import Queues


@pytest.fixture
def queues(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Queues:
    """Real queues, in which nobody waits for a letter."""
    monkeypatch.setattr("cli.redrive.letters.WAIT_SECONDS", 0)
    return Queues(aws)
