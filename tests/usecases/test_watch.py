"""The guard watches its own sight: blind, it judges nobody, and what it did not see is held against nobody."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from reputation_guard.domain.blindness import Look, Trouble
from reputation_guard.domain.counts import slot_of
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.mail import MailEvent
from reputation_guard.domain.tenant import ACCOUNT, Standing
from reputation_guard.usecases.watch import Watching, watch
from tests.fakes.builders import NOW, bounce, send
from tests.fakes.counts import InMemoryCounts
from tests.usecases.world import World

FIVE_MINUTES = timedelta(minutes=5)
A_SLOT_SENDS = 40


@dataclass
class Night:
    """Hour after hour mails go out, five minutes at a time; the guard sees them, or does not."""

    world: World = field(default_factory=lambda: World(counts=InMemoryCounts()))
    reported: dict[int, float] = field(default_factory=dict)
    now: datetime = NOW

    def sent(self, since: datetime, until: datetime) -> Mapping[int, float]:
        """`ports.reported.ReportedSends`."""
        return {slot: number for slot, number in self.reported.items() if slot_of(since) <= slot <= slot_of(until)}

    def passes(self, *, hours: float, is_seen: bool = True) -> None:
        """Time passes, in which SES sends as ever."""
        end = self.now + timedelta(hours=hours)
        while self.now < end:
            self.now += FIVE_MINUTES
            self.reported[slot_of(self.now)] = A_SLOT_SENDS
            if is_seen:
                mails = [
                    send(f"{self.now}-{number}", tenant="calm", sent_at=self.now) for number in range(A_SLOT_SENDS)
                ]
                self.world.arrive(mails, self.now)

    def looks(self) -> Look:
        """The guard looks at its sight, and what it says is announced."""
        world = self.world
        watching = Watching(self, world.counts, world.counts, world.book, world.policies, world.mode)
        found = watch(watching, self.now)
        world.enforce(self.now)
        return found

    def told(self, event: GuardEvent) -> int:
        return sum(each.name is event for each in self.world.bus.announced)

    def turns_bad(self, sent: timedelta = timedelta(minutes=15)) -> None:
        """A tenant's list goes bad: its mail of so long ago, and the bounces of it, are seen now."""
        mails = [f"bad-{self.now}-{number}" for number in range(60)]
        sent_at = self.now - sent
        events: list[MailEvent] = [send(each, tenant="bad", sent_at=sent_at) for each in mails]
        events += [bounce(each, tenant="bad", sent_at=sent_at) for each in mails[:40]]
        self.world.judged(events, self.now)


@pytest.fixture
def night() -> Night:
    night = Night()
    night.passes(hours=4)
    return night


def test_a_guard_that_sees_says_nothing(night: Night) -> None:
    assert night.looks().troubles == ()
    assert night.told(GuardEvent.GUARD_BLINDED) == 0


def test_when_events_stop_people_are_told_once(night: Night) -> None:
    night.passes(hours=1, is_seen=False)
    for _ in range(3):
        assert night.looks().troubles == (Trouble.NO_EVENTS,)
        night.passes(hours=0.1, is_seen=False)
    assert night.told(GuardEvent.GUARD_BLINDED) == 1
    (blinded,) = [each for each in night.world.bus.announced if each.name is GuardEvent.GUARD_BLINDED]
    assert blinded.decision.tenant.name == ACCOUNT
    assert blinded.decision.look


def test_while_it_is_blind_nobody_is_paused_and_nothing_is_forgotten(night: Night) -> None:
    night.passes(hours=1, is_seen=False)
    night.looks()
    night.turns_bad(timedelta(hours=1.5))
    night.world.review(night.now)
    assert night.world.standing("bad") is not Standing.PAUSED
    night.passes(hours=0.5)
    night.looks()
    night.world.review(night.now)
    assert night.told(GuardEvent.GUARD_SIGHTED) == 1
    assert night.world.standing("bad") is Standing.PAUSED, "its mail was seen, and is judged now"


def test_what_was_not_seen_is_a_gap_afterwards(night: Night) -> None:
    night.passes(hours=2, is_seen=False)
    night.looks()
    night.passes(hours=0.5)
    night.looks()
    (gap,) = night.world.counts.gaps
    assert timedelta(hours=1.5) < gap.end - gap.start < timedelta(hours=2.5)
    assert gap.end <= night.now


def test_a_silence_lasts_until_an_event_comes(night: Night) -> None:
    """However little SES sends meanwhile, and however long it lasts."""
    night.passes(hours=1, is_seen=False)
    night.looks()
    night.now += timedelta(hours=30)
    night.looks()
    assert night.told(GuardEvent.GUARD_SIGHTED) == 0


def test_a_word_that_nobody_confirms_does_not_stop_the_guard_for_ever(night: Night) -> None:
    night.passes(hours=1, is_seen=False)
    night.looks()
    night.passes(hours=0.6)
    night.turns_bad()
    assert night.world.standing("bad") is Standing.PAUSED


def test_the_next_blindness_is_told_anew(night: Night) -> None:
    for _ in range(2):
        night.passes(hours=1, is_seen=False)
        night.looks()
        night.passes(hours=2)
        night.looks()
    assert night.told(GuardEvent.GUARD_BLINDED) == 2
    assert night.told(GuardEvent.GUARD_SIGHTED) == 2


def test_blindness_after_a_lesser_trouble_is_told_anew(night: Night) -> None:
    """Who was told that judgements go on has to hear that nobody is judged any more."""
    watermark = night.world.counts.mark
    assert watermark
    night.world.counts.mark = replace(watermark, waited=timedelta(minutes=20), counted_at=night.now)
    assert night.looks().troubles == (Trouble.LATE,)
    night.world.counts.mark = replace(watermark, waited=timedelta(hours=2), counted_at=night.now)
    assert night.looks().is_blind
    assert night.told(GuardEvent.GUARD_BLINDED) == 2


def test_a_trickle_in_a_silence_notes_no_gap_before_it_is_over(night: Night) -> None:
    night.passes(hours=1, is_seen=False)
    night.looks()
    night.passes(hours=0.1, is_seen=False)
    night.world.arrive([send("a drop", tenant="calm", sent_at=night.now)], night.now)
    assert night.looks().troubles == (Trouble.NO_EVENTS,), "what is settled is still empty"
    assert night.world.counts.gaps == set()


def test_while_sends_are_lost_a_pause_is_kept_for_a_person(night: Night) -> None:
    """Law 7: beside its feedback half of a tenant's sends are missing, and its rate looks twice as bad."""
    night.passes(hours=24)
    for _ in range(6 * 7):
        night.passes(hours=1 / 12, is_seen=False)
        night.passes(hours=1 / 12)
    for _ in range(2):
        assert night.looks().troubles == (Trouble.UNSEEN,), "and it goes on with the next look"
    night.turns_bad()
    assert night.world.standing("bad") is not Standing.PAUSED
    assert [each.tenant for each in night.world.brake.kept()] == ["bad"]
