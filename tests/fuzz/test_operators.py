"""What operators send to the functions they invoke: an order, a signal, or anything else. Each gets a clear answer."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given

from reputation_guard import wiring
from reputation_guard.usecases.tell import Hearing
from tests.fakes.incidents import InMemoryDoorbell
from tests.fakes.ses import InMemorySes
from tests.functions.conftest import ARRIVED, handler_of
from tests.functions.test_console import ID, NAME, incident
from tests.fuzz.shapes import VALUES, mutated, nested, tried

__all__ = ["incident"]
pytestmark = pytest.mark.usefixtures("incident")

ORDER = {"tenant": NAME, "reason": "list cleaned", "operator": "night shift"}
ORDERS: list[Any] = [
    ORDER,
    {"tenant": "nobody-known", "reason": "x", "operator": "y"},
    {**ORDER, "incident": ID, "version": 0},
    {"tenant": NAME, "dry_run": True, "version": 1, "reason": "", "incident": ID},
]
SIGNALS: list[Any] = [
    {"incident": ID, "signal": "acknowledge", "by": "Olga", "id": "1"},
    {"incident": ID, "signal": "snooze", "by": "Olga", "until": "2026-11-25T08:00:00Z"},
    {"incident": ID, "signal": "snooze", "by": "Olga", "for": "90m", "text": "review at AWS"},
    {"incident": ID, "signal": "hand over", "by": "Olga", "rung": "2"},
    {"incident": ID, "signal": "note", "by": "Olga", "text": "list bought"},
    {"incident": "nothing.1", "signal": "note", "by": "Olga", "text": "list bought"},
]
RUN = SimpleNamespace(aws_request_id="b5f5d2d4-0001")


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch, ses: InMemorySes) -> None:
    bell = InMemoryDoorbell()
    monkeypatch.setattr(wiring, "hearing", lambda: Hearing(wiring.incidents(), bell))
    assert ses


def check(answer: dict[str, Any], done: str) -> None:
    """It can go back as JSON, and says what was done or why not."""
    json.dumps(answer)
    if "error" in answer:
        assert answer[done] is False
        assert answer["error"].isalpha()
        assert answer["message"]


@tried(60)
@given(mutated(ORDERS) | VALUES)
@example(nested(200))
@example({**ORDER, "tenant": "\ud800"})
@example({**ORDER, "reason": "\ud800"})
def test_an_order_is_carried_out_or_refused_by_its_reason(order: Any) -> None:
    check(handler_of("manual_pause")(order, None), "paused")
    check(handler_of("manual_resume")(order, None), "resumed")


@tried(120)
@given(mutated(SIGNALS) | VALUES)
@example(None)
@example("Records")
@example({"Records": None})
@example([])
@example({**SIGNALS[1], "until": "9999-12-31T23:59:59-14:00"})
@example({**SIGNALS[1], "until": "0001-01-01T00:00:00+14:00"})
@example({**SIGNALS[4], "text": "\ud800"})
@example({**SIGNALS[4], "id": "\ud800"})
@example({**SIGNALS[4], "incident": "\ud800"})
@example({**SIGNALS[4], "incident": "x" * 200 + "\x00"})
def test_a_signal_is_heard_or_refused_by_its_reason(signal: Any) -> None:
    check(handler_of("signal")(signal, RUN), "told")


def test_what_was_heard_can_still_be_read() -> None:
    found = wiring.incidents().incident(ID)
    assert found
    assert found.opened_at == ARRIVED
