"""SES's status and finding events at mirror's border, and the steps of a rotation at rotate_key's."""

import contextlib
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reputation_guard.usecases.rotate_key import CannotRotateError
from reputation_guard.wire import MalformedError
from reputation_guard.wiring import links
from tests.fakes.keys import InMemoryKey
from tests.fakes.ses import InMemorySes
from tests.functions.conftest import Lines, failures, from_queue, handler_of
from tests.functions.conftest import example as shape
from tests.fuzz.shapes import VALUES, mutated, of_events, tried, written

BODIES = written(mutated(of_events("status-*", "finding-*", "unread-advice*")) | VALUES)
KEY = InMemoryKey()
STEPS = [
    {"Step": step, "SecretId": KEY.arn, "ClientRequestToken": KEY.current}
    for step in ("createSecret", "setSecret", "testSecret", "finishSecret")
]
ME = SimpleNamespace(invoked_function_arn=KEY.rotated_by)


@pytest.fixture(autouse=True)
def known(ses: InMemorySes, monkeypatch: pytest.MonkeyPatch) -> None:
    ses.add("CustomerA")
    monkeypatch.setattr(links, "link_key", lambda: KEY)


@tried(40)
@given(st.lists(BODIES, min_size=1, max_size=3))
@example(['{"resources": ["arn:aws:ses:us-east-1::tenant/CustomerA/tn-1"]}'])
@example(['{"resources": ["arn:aws:ses:us-east-1:123456789012:tenant/nobody-known/tn-1"]}'])
def test_a_tenant_is_mirrored_whatever_comes_beside_its_event(log: Lines, bodies: list[str]) -> None:
    log.records.clear()
    good = shape("status-disabled-by-customer")
    batch = from_queue(first=good, **{f"bad{number}": body for number, body in enumerate(bodies)}, last=good)
    failed = failures(handler_of("mirror")(batch, None))
    assert not {"first", "last"} & set(failed)
    assert [line["tenant"] for line in log.of("mirrored")].count("CustomerA") == 1
    assert all(line["field"] and line["problem"] for line in log.of("malformed record"))


@tried(60)
@given(mutated(STEPS) | VALUES)
def test_a_step_of_a_rotation_is_taken_or_refused(step: Any) -> None:
    """Secrets Manager tells people what it raises; it never replaces the key for something else."""
    before = KEY.current
    with contextlib.suppress(MalformedError, CannotRotateError):
        handler_of("rotate_key")(step, ME)
    assert KEY.current == before
