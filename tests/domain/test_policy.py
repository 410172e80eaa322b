"""The numbers of the rule (docs/policies.md), the presets and the modes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reputation_guard.domain.policy import PRESETS, Kind, Limits, Mode
from tests.fakes.builders import STANDARD


def test_the_standard_limits_are_those_of_the_rule() -> None:
    assert STANDARD.limits(Kind.BOUNCE) == Limits(pause=0.10, warn=0.05, least=4, prior=20, prior_in_probation=5)
    assert STANDARD.limits(Kind.COMPLAINT) == Limits(
        pause=0.005, warn=0.001, least=3, prior=400, prior_in_probation=100
    )
    assert (STANDARD.evidence_to_pause, STANDARD.evidence_to_warn, STANDARD.evidence_in_probation) == (4.6, 3.0, 3.0)
    assert STANDARD.probation == timedelta(hours=24)


@pytest.mark.parametrize(("preset", "nats"), [("standard", 4.6), ("strict", 3.0), ("conservative", 6.9)])
def test_presets_differ_in_the_evidence_for_a_pause_alone(preset: str, nats: float) -> None:
    assert PRESETS[preset] == replace(STANDARD, name=preset, evidence_to_pause=nats)


def test_there_are_no_other_presets() -> None:
    assert set(PRESETS) == {"standard", "strict", "conservative"}


@pytest.mark.parametrize(
    ("asked", "in_force"),
    [
        ((Mode.ENFORCE,), Mode.ENFORCE),
        ((Mode.OBSERVE,), Mode.OBSERVE),
        ((Mode.ENFORCE, None), Mode.ENFORCE),
        ((Mode.ENFORCE, Mode.ENFORCE), Mode.ENFORCE),
        ((Mode.ENFORCE, Mode.OBSERVE), Mode.OBSERVE),
        ((Mode.OBSERVE, Mode.ENFORCE), Mode.OBSERVE),
        ((Mode.OBSERVE, None), Mode.OBSERVE),
    ],
)
def test_the_most_cautious_mode_is_in_force(asked: tuple[Mode | None, ...], in_force: Mode) -> None:
    """Law 12: observe wins over enforce, whoever asks for it."""
    assert Mode.most_cautious(*asked) is in_force
