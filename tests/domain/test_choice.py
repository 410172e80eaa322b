"""Which policy a tenant has, and Law 12: whoever moves it from observe to enforce fences it at that moment."""

from dataclasses import replace
from datetime import datetime

import pytest

from reputation_guard.domain.choice import Chosen, ChosenBy, PolicyVersion, asked_for, built_in, fenced
from reputation_guard.domain.policy import Mode, Policy
from reputation_guard.domain.tenant import Tenant
from tests.fakes.builders import NOW, STANDARD, ago, tenant

OBSERVING = replace(STANDARD, mode=Mode.OBSERVE)
EARLIER, LATER = ago(hours=2), ago(hours=1)


def chosen(*versions: tuple[Policy, datetime | None]) -> Chosen:
    """A policy with these versions, the one in force first."""
    return Chosen(tuple(PolicyVersion(policy, at) for policy, at in versions), ChosenBy.DEFAULT)


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        (tenant(), ("", ChosenBy.DEFAULT)),
        (tenant(tagged_policy="free"), ("free", ChosenBy.TAG)),
        (tenant(assigned_policy="vip"), ("vip", ChosenBy.ASSIGNMENT)),
        (tenant(assigned_policy="vip", tagged_policy="free"), ("vip", ChosenBy.ASSIGNMENT)),
    ],
)
def test_an_assignment_wins_over_a_tag_and_a_tag_over_the_default(record: Tenant, asked: tuple[str, ChosenBy]) -> None:
    assert asked_for(record) == asked


def test_only_what_comes_with_the_guard_is_built_in() -> None:
    assert [version.policy for version in built_in("standard")] == [STANDARD]
    assert built_in("nobody's") == ()


def test_going_from_observe_to_enforce_fences_a_tenant_at_that_moment() -> None:
    observed = tenant(policy_mode=Mode.OBSERVE)
    assert fenced(observed, chosen((STANDARD, None)), NOW) == replace(observed, policy_mode=Mode.ENFORCE, fence=NOW)


@pytest.mark.parametrize(
    ("was", "policy"), [(Mode.ENFORCE, STANDARD), (Mode.OBSERVE, OBSERVING), (Mode.ENFORCE, OBSERVING)]
)
def test_any_other_way_moves_no_fence(was: Mode, policy: Policy) -> None:
    before = tenant(policy_mode=was)
    assert fenced(before, chosen((policy, LATER)), NOW) == replace(before, policy_mode=policy.mode)


def test_a_growing_share_fences_those_it_reaches() -> None:
    name = next(
        f"shop-{n}" for n in range(100) if replace(STANDARD, enforced_share=0.3).mode_for(f"shop-{n}") == "observe"
    )
    some = chosen((replace(STANDARD, enforced_share=0.3), EARLIER))
    observed = fenced(tenant(name, policy_mode=None), some, ago(minutes=90))
    assert (observed.policy_mode, observed.fence) == (Mode.OBSERVE, tenant().fence)
    assert fenced(observed, chosen((STANDARD, LATER)), NOW).fence == NOW


@pytest.mark.parametrize(
    ("versions", "fence"),
    [
        # Never anything but enforcing: no fence of the policy's.
        ([(STANDARD, None)], ago(days=30)),
        ([(STANDARD, LATER), (STANDARD, None)], ago(days=30)),
        # It began to enforce with the version of so long ago.
        ([(STANDARD, LATER), (OBSERVING, EARLIER)], LATER),
        ([(STANDARD, LATER), (STANDARD, EARLIER), (OBSERVING, ago(hours=3))], EARLIER),
        ([(OBSERVING, LATER), (STANDARD, None)], ago(days=30)),
    ],
)
def test_a_tenant_seen_for_the_first_time_is_fenced_where_its_policy_began_to_enforce(
    versions: list[tuple[Policy, datetime | None]], fence: datetime
) -> None:
    """While its policy observed nobody looked at it; its mail of that time is no evidence all the same."""
    assert fenced(tenant(policy_mode=None), chosen(*versions), NOW).fence == fence


def test_a_fence_is_never_moved_back() -> None:
    before = tenant(policy_mode=None, fence=NOW)
    assert fenced(before, chosen((STANDARD, LATER), (OBSERVING, EARLIER)), NOW).fence == NOW


def test_a_tenant_whose_sends_nobody_saw_waits_for_its_first_fence() -> None:
    unseen = tenant(fence=None, policy_mode=Mode.OBSERVE)
    assert fenced(unseen, chosen((STANDARD, None)), NOW) == unseen
