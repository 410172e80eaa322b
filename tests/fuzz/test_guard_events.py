"""Guard events at the borders of notify, signal and the escalation: what cannot be told of goes back alone."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard import wiring
from reputation_guard.usecases.tell import Hearing
from reputation_guard.wire import MalformedError
from reputation_guard.wire.step import parse_step
from reputation_guard.wiring import links
from tests.fakes.incidents import InMemoryDoorbell
from tests.fakes.keys import InMemoryKey
from tests.functions.conftest import example as shape
from tests.functions.conftest import failures, from_queue, handler_of
from tests.fuzz.shapes import VALUES, mutated, of_events, tried, written

pytestmark = pytest.mark.usefixtures("outlets")

ANNOUNCED = of_events("announced-*")
BODIES = written(mutated(ANNOUNCED) | VALUES)
GOOD, WARNED = shape("announced-tenant-resumed"), shape("announced-tenant-warned")
STEPS: list[Any] = [
    {"step": "claim", "execution": "arn:1", "event": shape("announced-tenant-paused")},
    {"step": "claim", "execution": "arn:1", "event": shape("announced-guard-blinded")},
    {"step": "look", "incident": "CustomerA.1"},
    {"step": "wait", "incident": "CustomerA.1", "revision": 1, "token": "AAAA"},
]


@pytest.fixture(autouse=True)
def every_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notices go by all ways there are; nobody waits for a signal."""
    for name in ("PAGER_DUTY", "WEBHOOK"):
        monkeypatch.setenv(name, "yes")
    bell = InMemoryDoorbell()
    monkeypatch.setattr(wiring, "hearing", lambda: Hearing(wiring.incidents(), bell))
    monkeypatch.setattr(links, "keys", InMemoryKey)


@tried(100)
@given(st.lists(BODIES, min_size=1, max_size=3))
def test_a_guard_event_that_is_none_takes_no_other_along(bodies: list[str]) -> None:
    batch = from_queue(first=GOOD, **{f"bad{number}": body for number, body in enumerate(bodies)}, last=GOOD)
    for function in ("notify", "signal"):
        failed = failures(handler_of(function)(batch, None))
        assert not {"first", "last"} & set(failed)


def changed(event: dict[str, Any], *path: str, value: Any) -> str:
    document = json.loads(json.dumps(event))
    place = document
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    "body",
    [
        changed(WARNED, "detail", "decision", "because", "window", "feedback", value=10**400),
        changed(
            WARNED, "detail", "decision", "policy", "quiet_hours", value={"start": "22:00", "end": "07:00", "zone": "X"}
        ),
    ],
)
def test_an_event_of_the_right_types_that_makes_no_sense_goes_back_alone(body: str) -> None:
    """It was read, and making a notice of it raised what no handler catches: its neighbours came again with it."""
    assert failures(handler_of("notify")(from_queue(first=GOOD, bad=body, last=GOOD), None)) == ["bad"]


@tried(60)
@given(mutated(STEPS) | VALUES)
def test_a_step_is_read_or_refused_by_its_field(step: Any) -> None:
    """What it raises makes the state machine try again, and then page: it has to say why."""
    try:
        parse_step(step)
    except MalformedError as error:
        assert error.field
        assert error.problem


@tried(40)
@given(mutated(STEPS[:2]))
def test_an_episode_of_a_changed_event_is_claimed_or_refused(step: Any) -> None:
    try:
        parse_step(step)
    except MalformedError:
        return
    answer = handler_of("escalate")(step, None)
    assert json.loads(json.dumps(answer)) == answer
    handler_of("escalate")({"step": "look", "incident": answer["incident"]}, None)
