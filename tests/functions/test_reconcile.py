"""Reconcile as Lambda runs it: one run watches, walks and says what it found."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from reputation_guard import wiring
from reputation_guard.aws.metrics import SesMetrics
from reputation_guard.aws.ses import SesEntities
from reputation_guard.domain.hands import Hand
from reputation_guard.domain.sending import Sending
from reputation_guard.ports.errors import UnavailableError
from reputation_guard.ports.ses import Entity
from tests.fakes.ses import InMemorySes
from tests.functions.conftest import Clock, Context, handler_of

pytestmark = pytest.mark.usefixtures("outlets", "clock")


@pytest.fixture
def walked(ses: InMemorySes, monkeypatch: pytest.MonkeyPatch) -> InMemorySes:
    """SES lists two tenants, and nobody waits for its pace."""

    def page(_: SesEntities, after: str | None) -> tuple[Sequence[Entity], str | None]:
        return ses.page(after)

    monkeypatch.setattr(SesEntities, "page", page)
    monkeypatch.setattr("time.sleep", lambda _: None)
    ses.add("one")
    ses.add("two")
    return ses


def test_a_run_finds_the_tenants_nobody_had_heard_of(walked: InMemorySes) -> None:
    found = handler_of("reconcile")({}, Context())
    assert (found["ran"], found["seen"], found["new"], found["is_done"]) == (True, 2, 2, True)
    record = wiring.book().tenant("two")
    assert record
    assert record.arn == walked.arn_of("two")


def test_the_next_run_does_not_walk_again_within_the_hour(walked: InMemorySes) -> None:
    handler_of("reconcile")({}, Context())
    assert handler_of("reconcile")({}, Context())["seen"] == 0
    assert walked.pages_asked == [None]


def test_a_run_beside_another_one_leaves_it_the_walk(walked: InMemorySes, clock: Clock) -> None:
    handler_of("reconcile")({}, Context())
    wiring.reconciling(clock.now).rounds.take(clock.now, clock.now.replace(year=2027))
    assert handler_of("reconcile")({}, Context()) == {"ran": False}
    assert walked.pages_asked == [None]


def test_what_a_run_found_is_said_in_its_log(walked: InMemorySes, capsys: pytest.CaptureFixture[str]) -> None:
    handler_of("reconcile")({}, Context())
    walked.change(walked.arn_of("one"), customer_managed=Sending.DISABLED)
    later = wiring.now() + timedelta(hours=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "now", lambda: later)
        found = handler_of("reconcile")({}, Context())
    assert found["hands"] == {Hand.OPERATOR_PAUSED: 1}
    assert json.loads(json.dumps(found))["hands"] == {"paused by a person at SES": 1}
    assert "Logging error" not in capsys.readouterr().err


def test_a_run_that_cannot_look_at_its_own_sight_walks_all_the_same_and_fails_after_it(
    walked: InMemorySes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> None:
        raise UnavailableError("CloudWatch")

    monkeypatch.setattr(SesMetrics, "sent", silent)
    with pytest.raises(UnavailableError):
        handler_of("reconcile")({}, Context())
    assert wiring.book().tenant("one")
    assert walked.pages_asked == [None]
