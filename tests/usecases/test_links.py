"""Links are made with the current key, and the key is replaced step by step, each of which may come twice."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.links import LINKS_LAST, LinkRefusedError, Why, verify
from reputation_guard.usecases.links import SignedLinks, link_to
from reputation_guard.usecases.rotate_key import CannotRotateError, RotationOrder, Step, rotate
from reputation_guard.wire import MalformedError
from reputation_guard.wire.rotation import parse_rotation
from tests.fakes.builders import NOW
from tests.fakes.keys import InMemoryKey

NEXT = "22222222-2222-2222-2222-222222222222"
CONSOLE = "https://console.example/"


def order(step: Step, kept: InMemoryKey, version: str = NEXT) -> RotationOrder:
    return RotationOrder(step, kept.arn, version)


def take(kept: InMemoryKey, *steps: Step, key: str = "1" * 64, version: str = NEXT) -> None:
    for step in steps:
        rotate(order(step, kept, version), kept.rotated_by, kept, lambda: key)


def replace_key(kept: InMemoryKey, version: str) -> None:
    kept.pending = version
    take(kept, *Step, version=version)


def test_a_link_opens_its_incident_for_as_long_as_links_last() -> None:
    kept = InMemoryKey()
    link = SignedLinks(kept, CONSOLE).link_to("acme.17", NOW)
    assert link == link_to("acme.17", CONSOLE, kept.keyring(), NOW)
    page, token = link.rsplit("/", 1)
    assert page == "https://console.example/i"
    assert verify(token, kept.keyring(), NOW + LINKS_LAST - timedelta(seconds=1)) == "acme.17"
    with pytest.raises(LinkRefusedError) as error:
        verify(token, kept.keyring(), NOW + LINKS_LAST)
    assert error.value.why is Why.EXPIRED


def test_a_link_outlives_one_rotation_and_not_two() -> None:
    kept = InMemoryKey()
    token = SignedLinks(kept, CONSOLE).link_to("acme.17", NOW).rsplit("/", 1)[1]
    replace_key(kept, NEXT)
    assert verify(token, kept.keyring(), NOW) == "acme.17"
    replace_key(kept, "33333333-3333-3333-3333-333333333333")
    with pytest.raises(LinkRefusedError) as error:
        verify(token, kept.keyring(), NOW)
    assert error.value.why is Why.FOREIGN


@given(st.lists(st.sampled_from(Step), max_size=12))
def test_however_often_steps_come_the_key_is_replaced_once_or_not_at_all(steps: list[Step]) -> None:
    """Lambda delivers at least once, and tries again what failed: the first key made is the one that counts."""
    kept = InMemoryKey(pending=NEXT)
    before = kept.keyring()
    for number, step in enumerate(steps):
        try:
            take(kept, step, key=f"{number:064}")
        except CannotRotateError:
            assert step is Step.FINISH
            assert NEXT not in kept.values
    if Step.CREATE in steps:
        assert kept.values[NEXT] == f"{steps.index(Step.CREATE):064}"
        finished = Step.FINISH in steps[steps.index(Step.CREATE) :]
    else:
        finished = False
    assert kept.keyring().keys[-1] == before.keys[0]
    assert len(kept.keyring().keys) == 1 + finished


@pytest.mark.parametrize("step", [Step.SET, Step.TEST])
def test_the_test_of_a_new_schedule_passes_without_a_key(step: Step) -> None:
    take(InMemoryKey(pending=NEXT), step)


@pytest.mark.parametrize("step", [Step.CREATE, Step.FINISH])
def test_what_is_not_this_functions_to_rotate_stays_as_it_is(step: Step) -> None:
    kept = InMemoryKey(pending=NEXT)
    before = replace(kept, values=dict(kept.values))
    wanted = order(step, kept)
    for asked, function in (
        (wanted, "another function"),
        (replace(wanted, key="another key"), kept.rotated_by),
        (replace(wanted, version="a version that does not wait"), kept.rotated_by),
    ):
        with pytest.raises(CannotRotateError):
            rotate(asked, function, kept, lambda: "never")
    assert kept == before


@pytest.mark.parametrize(
    ("change", "field"), [({"Step": "dropSecret"}, "Step"), ({"SecretId": ""}, "SecretId"), ({"Step": None}, "Step")]
)
def test_a_step_nobody_knows_is_refused(change: dict[str, object], field: str) -> None:
    event = {"SecretId": "arn", "ClientRequestToken": NEXT, "Step": "createSecret", "RotationToken": "of AWS"}
    assert parse_rotation(event) == RotationOrder(Step.CREATE, "arn", NEXT)
    with pytest.raises(MalformedError) as error:
        parse_rotation({**event, **change})
    assert error.value.field == field
