"""Law 7, the other half: feedback that was held back makes an appointment, and is judged then."""

from datetime import timedelta

import pytest

from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Standing
from tests.fakes.book import InMemoryBook
from tests.fakes.builders import NOW, ago, bounce, complaint, send, tenant
from tests.usecases.world import TRAVELLING, World, blast


def test_feedback_ahead_of_its_sends_is_judged_at_an_appointment() -> None:
    """Held back feedback makes a date: nobody waits for more feedback to be judged."""
    world = World()
    world.count(blast(sends=100, bounces=0, sent_at=ago(minutes=1)), ago(seconds=55))
    ahead = [bounce(f"b-{number}") for number in range(60)]
    assert world.arrive(ahead, NOW) == []
    assert world.tenant().judge_again_at == NOW + TRAVELLING
    assert world.diary.delays == [TRAVELLING]
    world.count([send(f"b-{number}") for number in range(100)], NOW)
    world.review(NOW + TRAVELLING - timedelta(seconds=1))
    assert world.standing() is Standing.HEALTHY
    world.review(NOW + TRAVELLING)
    assert world.standing() is Standing.PAUSED
    assert world.tenant().judge_again_at is None


def test_an_appointment_is_made_once_and_kept() -> None:
    world = World()
    world.count(blast(sends=100, bounces=0, sent_at=ago(minutes=1)), ago(seconds=55))
    for second in range(5):
        world.arrive([bounce(f"b-{second}")], NOW + timedelta(seconds=second))
    assert world.tenant().judge_again_at == NOW + TRAVELLING
    assert len(world.diary.delays) == 1
    world.arrive([bounce("b-9")], NOW + TRAVELLING)
    assert world.tenant().judge_again_at == NOW + 2 * TRAVELLING


def test_feedback_that_a_fence_leaves_out_is_not_held_back() -> None:
    """Nobody comes back for what will never be judged."""
    fence = NOW.replace(minute=0, second=0)
    world = World(book=InMemoryBook({"shop": tenant(fence=fence)}))
    world.count([send("n-1", tenant="news")], NOW)
    world.arrive([bounce("old", sent_at=fence - timedelta(seconds=1))], NOW + timedelta(seconds=20))
    assert world.tenant().judge_again_at is None


@pytest.mark.parametrize("mode", Mode)
def test_a_decision_does_not_cancel_the_appointment_of_what_was_held_back(mode: Mode) -> None:
    """A warning now and a pause when the rest is judged: the rest must not wait for more feedback."""
    world = World(mode=mode, book=InMemoryBook({"shop": tenant()}))
    world.count(blast(sends=1000, bounces=0, sent_at=ago(minutes=20)), ago(minutes=19))
    warned = [bounce(f"a-{number}", sent_at=ago(minutes=20)) for number in range(80)]
    ahead = [bounce(f"b-{number}") for number in range(300)]
    (decision,) = world.arrive([*warned, *ahead], NOW)
    assert decision.announces == "TenantWarned"
    world.count([send(f"b-{number}") for number in range(500)], NOW + timedelta(seconds=2))
    world.review(NOW + TRAVELLING + timedelta(seconds=5))
    decisions = [entry.pending.decision.announces for entry in world.book.entries.values()]
    assert decisions == ["TenantWarned", "TenantPaused" if mode is Mode.ENFORCE else "PauseAdvised"]


def test_complaints_are_held_back_and_judged_like_bounces() -> None:
    world = World()
    world.count(blast(sends=10, bounces=0, sent_at=ago(minutes=1)), ago(seconds=55))
    ahead = [complaint(f"b-{number}") for number in range(40)]
    assert world.arrive(ahead, NOW) == []
    world.count([send(f"b-{number}", recipients=10) for number in range(50)], NOW + timedelta(seconds=5))
    world.review(NOW + timedelta(seconds=30))
    assert world.standing() is Standing.PAUSED


def test_a_paused_tenant_makes_no_appointments() -> None:
    """Its feedback keeps coming and is judged by nobody: its record holds still for those who carry out the pause."""
    world = World(book=InMemoryBook({"shop": tenant(standing=Standing.PAUSED)}))
    world.count(blast(sends=100, bounces=0, sent_at=ago(minutes=1)), ago(seconds=55))
    world.arrive([bounce(f"b-{number}") for number in range(60)], NOW)
    assert world.tenant() == tenant(standing=Standing.PAUSED)
    assert world.diary.delays == []
