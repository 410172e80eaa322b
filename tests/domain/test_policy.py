"""The numbers of the rule (docs/policies.md), the presets and the modes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reputation_guard.domain.policy import PRESETS, Kind, Limits, Mode, Resumes
from tests.fakes.builders import STANDARD


def test_the_standard_limits_are_those_of_the_rule() -> None:
    assert STANDARD.limits(Kind.BOUNCE) == Limits(pause=0.10, warn=0.05, least=4, prior=20, prior_in_probation=5)
    assert STANDARD.limits(Kind.COMPLAINT) == Limits(
        pause=0.005, warn=0.001, least=3, prior=100, prior_in_probation=100
    )
    assert (STANDARD.evidence_to_pause, STANDARD.evidence_to_warn, STANDARD.evidence_in_probation) == (4.6, 3.0, 3.0)
    assert STANDARD.probation == timedelta(hours=24)


@pytest.mark.parametrize(("preset", "nats"), [("standard", 4.6), ("strict", 3.0), ("conservative", 6.9)])
def test_presets_differ_in_the_evidence_for_a_pause_alone(preset: str, nats: float) -> None:
    assert PRESETS[preset] == replace(STANDARD, name=preset, evidence_to_pause=nats)


def test_a_free_tenant_has_a_shorter_fuse_and_the_same_limits() -> None:
    """The limits are SES's, whoever pays what; what a tier changes is how sure and how patient the guard is."""
    free = PRESETS["free"]
    assert (free.bounce, free.complaint) == (STANDARD.bounce, STANDARD.complaint)
    assert free.evidence_to_pause == PRESETS["strict"].evidence_to_pause
    assert len(free.cool_downs) < len(STANDARD.cool_downs)
    assert min(free.cool_downs) > min(STANDARD.cool_downs)


def test_a_professional_tenant_is_judged_by_the_standard() -> None:
    assert PRESETS["pro"] == replace(STANDARD, name="pro")


def test_a_very_important_tenant_is_paused_on_more_evidence_and_brought_back_by_a_person() -> None:
    vip = PRESETS["vip"]
    assert (vip.bounce, vip.complaint) == (STANDARD.bounce, STANDARD.complaint)
    assert vip.evidence_to_pause == PRESETS["conservative"].evidence_to_pause
    assert vip.resumes is Resumes.PERSON


def test_a_preset_is_kept_under_its_own_name() -> None:
    assert {name: policy.name for name, policy in PRESETS.items()} == {name: name for name in PRESETS}
    assert set(PRESETS) == {"standard", "strict", "conservative", "free", "pro", "vip"}


@given(names=st.sets(st.text(min_size=1), min_size=200, max_size=200), share=st.floats(0.1, 0.9))
@settings(max_examples=20)
def test_the_tenants_enforced_stay_enforced_while_the_share_grows(names: set[str], share: float) -> None:
    some, more = replace(STANDARD, enforced_share=share), replace(STANDARD, enforced_share=share + 0.1)
    enforced = {name for name in names if some.mode_for(name) is Mode.ENFORCE}
    assert enforced <= {name for name in names if more.mode_for(name) is Mode.ENFORCE}
    assert all(replace(STANDARD, enforced_share=0.0).mode_for(name) is Mode.OBSERVE for name in names)
    assert all(STANDARD.mode_for(name) is Mode.ENFORCE for name in names)


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
