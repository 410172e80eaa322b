"""Twice is once: whatever step of an escalation dies at, its retry pages under the same ids and loses nobody."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.escalation import announcement_of
from reputation_guard.domain.incident import Cause, Incident, Signal, SignalKind, opened, paged
from reputation_guard.domain.tenant import Standing
from reputation_guard.usecases.escalate import claim, look, wait
from reputation_guard.usecases.group import Escalation
from reputation_guard.usecases.tell import Hearing, tell
from tests.fakes.builders import NOW
from tests.fakes.crashes import CrashError, Fuse, wired
from tests.usecases.escalating import HOLD, Escalating

BOTH = pytest.mark.parametrize("after_the_call", [False, True], ids=["before", "after"])


@dataclass(slots=True)
class Fragile(Escalating):
    """Every call to the world counts down a fuse; the state machine tries a step again that has died."""

    fuse: Fuse | None = None

    @property
    def hearing(self) -> Hearing:
        if self.fuse is None:
            return Hearing(self.incidents, self.doorbell)
        return Hearing(wired(self.incidents, self.fuse), wired(self.doorbell, self.fuse))

    @property
    def world(self) -> Escalation:
        if self.fuse is None:
            return Escalation(self.incidents, self.book, self.bus, self.hearing, self.alive, HOLD)
        book, bus = wired(self.book, self.fuse), wired(self.bus, self.fuse)
        return Escalation(wired(self.incidents, self.fuse), book, bus, self.hearing, self.alive, HOLD)

    def retried(self, step: Any, *arguments: Any) -> Any:
        """A step of the state machine, again if it dies."""
        try:
            return step(*arguments, self.world)
        except CrashError:
            self.fuse = None
            return step(*arguments, self.world)


@BOTH
@pytest.mark.parametrize("call", range(1, 26))
def test_a_crash_anywhere_leaves_one_page_that_tells_of_both(call: int, *, after_the_call: bool) -> None:
    world = Fragile()
    one, two = world.pause("one"), world.pause("two")
    world.fuse = Fuse(call, after_the_call=after_the_call)
    for case in (one, two):
        world.retried(lambda case, where: claim(case, f"arn:{case.id}", where, world.now), case)
        world.retried(lambda case, where: look(case.decision.id, where, world.now), case)
    world.now += HOLD
    for case in (one, two):
        world.retried(lambda case, where: look(case.decision.id, where, world.now), case)
    (page,) = world.told()
    assert {page.incident.id, *page.incident.members} == {one.decision.id, two.decision.id}


@BOTH
@pytest.mark.parametrize("call", range(1, 12))
def test_a_crash_while_a_signal_is_told_is_made_good_by_telling_it_again(call: int, *, after_the_call: bool) -> None:
    world = Fragile()
    one = world.paused("one")
    world.paused("two")
    world.pass_time(minutes=1)
    said = Signal(id="a-1", kind=SignalKind.ACKNOWLEDGED, at=world.now, by="Olga Operator")
    world.fuse = Fuse(call, after_the_call=after_the_call)
    world.retried(lambda where: tell(one, said, where.hearing))
    world.fuse = None
    world.answer_the_bell()
    assert len(world.incident(one).signals) == 2, "the other one joined, and the answer"
    assert [each.name for each in world.told(GuardEvent.ESCALATION_ACKNOWLEDGED)] == ["EscalationAcknowledged"]
    world.pass_time(hours=1)
    assert len(world.told()) == 1


@BOTH
@pytest.mark.parametrize("call", range(1, 12))
def test_a_crash_while_it_ends_tells_of_the_end_under_one_id(call: int, *, after_the_call: bool) -> None:
    world = Fragile()
    one = world.paused("one")
    two = world.paused("two")
    world.pass_time(minutes=1)
    world.change("one", standing=Standing.HEALTHY)
    world.fuse = Fuse(call, after_the_call=after_the_call)
    world.retried(lambda where: look(one, where, world.now))
    world.fuse = None
    world.answer_the_bell()
    assert [each.incident.id for each in world.told(GuardEvent.INCIDENT_CLOSED)] == [one]
    assert world.incident(two).leader == ""


def test_whoever_takes_an_incident_over_tells_the_page_that_nobody_wrote_down_under_its_id() -> None:
    """Its execution died between the page and its record: people have it, and are not told of it twice."""
    world = Fragile()
    incident = world.paused()
    world.now += HOLD
    world.fuse = Fuse(1, after_the_call=True)
    bus = Escalation(world.incidents, world.book, wired(world.bus, world.fuse), world.hearing, world.alive, HOLD)
    with pytest.raises(CrashError):
        look(incident, bus, world.now)
    world.fuse = None
    world.dies(incident)
    assert world.begin(world.incident(incident).case)
    assert len([each for each in world.bus.of_incidents if each.page]) == 2
    assert world.pages() == [("FIRST", (0,))]


def test_a_page_that_gives_its_number_to_another_one_is_no_repetition_of_it() -> None:
    """What came meanwhile makes another page of it: it has to reach people."""
    incident = opened(Escalating().pause(), "arn:1", NOW)
    first, _ = paged(incident, Cause.FIRST, (0,), NOW)

    def told(before: Incident, cause: Cause) -> str:
        after, page = paged(before, cause, (1,), NOW)
        return announcement_of(GuardEvent.ESCALATION_RAISED, after, NOW, page).id

    noted = replace(first, signals=(Signal(id="a", kind=SignalKind.NOTED, at=NOW, by="Olga"),))
    joined = replace(first, members=("other.4",))
    others = {
        told(first, Cause.CLIMBED),
        told(first, Cause.ASKS),
        told(noted, Cause.CLIMBED),
        told(joined, Cause.CLIMBED),
    }
    assert len(others) == 4
    assert told(replace(first, execution="arn:2", revision=7), Cause.CLIMBED) in others


def test_a_signal_between_the_look_and_the_wait_ends_the_wait_at_once() -> None:
    """Nothing falls between two waits: the look that the wait follows had not seen it."""
    world = Escalating()
    case = world.pause()
    claim(case, "arn:1", world.world, world.now)
    found = look(case.decision.id, world.world, world.now)
    tell(case.decision.id, Signal(id="a", kind=SignalKind.ACKNOWLEDGED, at=world.now, by="Olga"), world.hearing)
    assert world.doorbell.rung == []
    wait(case.decision.id, found.incident.revision, "token", world.world)
    assert world.doorbell.rung == ["token"]
