"""Each tenant is judged, resumed and paused again by its own policy; the most cautious mode of three is in force."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from reputation_guard.domain.approval import Identity
from reputation_guard.domain.choice import ChosenBy
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.notices import notice_of
from reputation_guard.domain.policy import PRESETS, Mode, Policy
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Standing
from reputation_guard.usecases.adopt import adopt
from reputation_guard.usecases.orders import Order
from reputation_guard.usecases.resume import resume
from tests.fakes.builders import NOW, STANDARD, ago, tenant
from tests.usecases.world import TRAVELLING, World, blast

OBSERVING = replace(STANDARD, name="trial", mode=Mode.OBSERVE)


def world_with(**record: Any) -> World:
    """A world that knows `shop`, and a policy `trial` that observes."""
    world = World()
    world.book.tenants["shop"] = replace(tenant(arn=world.ses.add("shop")), **record)
    world.shelf.put(OBSERVING, ago(hours=1), "ann")
    return world


def judged(world: World, sends: int, bounces: int, now: datetime = NOW, run: str = "a") -> Decision | None:
    """What is decided of mail sent just before, once all of it is counted."""
    sent_at = now - TRAVELLING - timedelta(seconds=5)
    return next(iter(world.judged(blast(sends=sends, bounces=bounces, sent_at=sent_at, run=run), now)), None)


@pytest.mark.parametrize(
    ("record", "policy", "announces"),
    [
        ({}, "standard", "TenantWarned"),
        ({"tagged_policy": "free"}, "free", "TenantPaused"),
        ({"tagged_policy": "free", "assigned_policy": "vip"}, "vip", "TenantWarned"),
        ({"assigned_policy": "free", "tagged_policy": "vip"}, "free", "TenantPaused"),
    ],
)
def test_a_tenant_is_judged_by_the_policy_that_was_chosen_for_it(
    record: dict[str, str], policy: str, announces: str
) -> None:
    """17 of 60: 3.9 nats are enough for the tier free, and for no other."""
    decision = judged(world_with(**record), 60, 17)
    assert decision
    assert (decision.policy, decision.announces) == (PRESETS[policy], announces)


@pytest.mark.parametrize("record", [{"tagged_policy": "platinum"}, {"assigned_policy": "platinum"}])
def test_a_choice_that_nobody_knows_is_judged_by_the_default_and_shows(record: dict[str, str]) -> None:
    world = world_with(**record)
    chosen = world.policies.of(world.tenant())
    assert (chosen.policy, chosen.by, chosen.unknown) == (STANDARD, ChosenBy.DEFAULT, "platinum")
    decision = judged(world, 60, 45)
    assert decision
    assert decision.policy == STANDARD
    world.book.turns["shop"] = NOW
    assert world.review(NOW).unknown_policies == {"shop": "platinum"}


def test_a_new_version_judges_from_the_next_judgement_on() -> None:
    world = world_with()
    world.shelf.put(replace(STANDARD, version=2, evidence_to_pause=3.0), NOW, "ann")
    decision = judged(world, 60, 17)
    assert decision
    assert (decision.announces, decision.policy.name, decision.policy.version) == ("TenantPaused", "standard", 2)


@pytest.mark.parametrize(
    ("template", "switch", "policy", "announces"),
    [
        (Mode.ENFORCE, None, STANDARD, "TenantPaused"),
        (Mode.ENFORCE, None, OBSERVING, "PauseAdvised"),
        (Mode.ENFORCE, Mode.ENFORCE, OBSERVING, "PauseAdvised"),
        (Mode.ENFORCE, Mode.OBSERVE, STANDARD, "PauseAdvised"),
        (Mode.OBSERVE, None, STANDARD, "PauseAdvised"),
        (Mode.ENFORCE, None, replace(STANDARD, name="trial", enforced_share=0.0), "PauseAdvised"),
    ],
)
def test_the_most_cautious_of_template_switch_and_policy_is_in_force(
    template: Mode, switch: Mode | None, policy: Policy, announces: str
) -> None:
    """Law 12."""
    world = world_with(assigned_policy="trial")
    world.shelf.stored["trial"] = [replace(world.shelf.versions("trial")[0], policy=policy)]
    world.mode = template
    world.book.switch(switch)
    decision = judged(world, 60, 45)
    assert decision
    assert decision.announces == announces
    assert decision.mode is (Mode.ENFORCE if announces == "TenantPaused" else Mode.OBSERVE)


def stop_observing(world: World, now: datetime) -> None:
    world.shelf.put(replace(OBSERVING, version=2, mode=Mode.ENFORCE), now, "ann")


def assign_another(world: World, now: datetime) -> None:
    record = world.tenant()
    world.book.save(record, replace(record, assigned_policy="standard"), now)


def reach_it_with_the_share(world: World, now: datetime) -> None:
    for version, share in ((2, 0.0), (3, 1.0)):
        world.shelf.put(replace(OBSERVING, version=version, mode=Mode.ENFORCE, enforced_share=share), now, "ann")


@pytest.mark.parametrize("change", [stop_observing, assign_another, reach_it_with_the_share])
def test_whoever_moves_a_tenant_to_enforce_fences_it_at_that_moment(change: Callable[[World, datetime], None]) -> None:
    """Law 12: the mail of the time in which the guard only advised pauses nobody afterwards."""
    world = world_with(assigned_policy="trial")
    advised = judged(world, 100, 60)
    assert advised
    assert advised.announces == "PauseAdvised"
    moved = NOW + timedelta(minutes=1)
    change(world, moved)
    assert judged(world, 10, 1, moved, run="b") is None
    assert (world.standing(), world.tenant().fence) == (Standing.HEALTHY, moved)
    later = judged(world, 100, 60, moved + timedelta(minutes=1), run="c")
    assert later
    assert (later.announces, later.because and later.because.window.feedback) == ("TenantPaused", 60)


def test_a_pause_is_withdrawn_when_the_policy_has_gone_to_observe_meanwhile() -> None:
    """The enforcer reads the policy anew before every pause."""
    world = world_with()
    judged(world, 60, 45)
    world.shelf.put(replace(STANDARD, version=2, mode=Mode.OBSERVE), NOW, "ann")
    world.enforce()
    assert list(world.book.outcomes().values()) == ["withdrawn"]
    assert (world.standing(), world.ses.calls, world.bus.names) == (Standing.HEALTHY, [], ["PauseAdvised"])
    assert "change mode in policy standard (now version 2)" in notice_of(world.bus.announced[0]).text


def test_a_lost_pause_is_not_made_again_while_the_policy_observes() -> None:
    world = world_with(assigned_policy="vip")
    judged(world, 60, 45)
    world.enforce()
    record = world.tenant()
    world.ses.statuses[record.arn or ""] = replace(
        world.ses.statuses[record.arn or ""], aggregate=Sending.ENABLED, customer_managed=Sending.ENABLED
    )
    world.book.save(record, replace(record, assigned_policy="trial"), NOW)
    adopt("shop", world.mirror(), NOW)
    assert len(world.book.entries) == 1
    record = world.tenant()
    world.book.save(record, replace(record, assigned_policy="vip"), NOW)
    adopt("shop", world.mirror(), NOW)
    assert [entry.pending.decision.policy.name for entry in world.book.entries.values()] == ["vip", "vip"]


def test_a_resume_puts_a_tenant_on_the_probation_of_its_own_policy() -> None:
    world = world_with(tagged_policy="free", tags_read_at=ago(hours=1))
    judged(world, 60, 45)
    world.enforce()
    decision, record = resume(Order("shop", "mended", Identity("ann")), world.resuming(), NOW)
    assert decision.policy == PRESETS["free"]
    assert record.probation_ends == NOW + PRESETS["free"].probation
