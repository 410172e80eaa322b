"""Learning how long feedback takes: from what `ingest` counts to what a judgement uses, and never in its way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from reputation_guard.domain.counts import DAY_SECONDS, Ledger, SlotOfFeedback
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.learning import ENOUGH_FEEDBACK, GROUPS, DayOfDelays, bin_of, group_of
from reputation_guard.domain.mail import Bounce, Complaint, MailEvent
from reputation_guard.domain.policy import Kind
from reputation_guard.ports.errors import RefusedError, UnavailableError
from reputation_guard.usecases.learn import DelaysInUse, lessons
from tests.fakes.builders import NOW, ago, bounce, complaint
from tests.fakes.counts import InMemoryCounts
from tests.usecases.recording import Recording, counted, of_tenant
from tests.usecases.world import World

TODAY = int(NOW.timestamp()) // DAY_SECONDS
SHOPS = group_of(Ledger(tenant="shop"))
LATER = NOW + timedelta(hours=50)


def after(seconds: float, event: Bounce | Complaint) -> MailEvent:
    """The same feedback, reported so long after its mail was sent."""
    return replace(event, reported_at=event.mail.sent_at + timedelta(seconds=seconds))


def in_bin(kind: Kind, seconds: float) -> int:
    """The bin of feedback that took so long."""
    found = bin_of(kind, NOW, NOW + timedelta(seconds=seconds))
    assert found is not None
    return found


def learnt(counts: Recording) -> list[DayOfDelays]:
    """What was added to the delays."""
    return [each for each in counts.written if isinstance(each, DayOfDelays)]


def taught(seconds: float, feedback: int = ENOUGH_FEEDBACK) -> InMemoryCounts:
    """Counts of a fleet in which every hard bounce of today took so long."""
    counts = InMemoryCounts()
    for group in range(GROUPS):
        counts.add_delays(DayOfDelays(Kind.BOUNCE, TODAY, group, {in_bin(Kind.BOUNCE, seconds): feedback // GROUPS}))
    return counts


def test_a_batch_costs_one_more_write_a_kind_day_and_group() -> None:
    counts = Recording()
    counted(
        {
            "r1": after(3, bounce("m-1", recipients=2)),
            "r2": after(3, bounce("m-2", sent_at=ago(minutes=20))),
            "r3": after(4000, complaint("m-1")),
        },
        counts,
    )
    assert learnt(counts) == [
        DayOfDelays(Kind.BOUNCE, TODAY, SHOPS, {in_bin(Kind.BOUNCE, 3): 3}),
        DayOfDelays(Kind.COMPLAINT, TODAY, SHOPS, {in_bin(Kind.COMPLAINT, 4000): 1}),
    ]


def test_a_delay_belongs_to_the_day_of_the_send() -> None:
    counts = Recording()
    counted({"r1": after(20 * 3600, bounce("m-1", sent_at=ago(hours=20)))}, counts)
    assert [each.day for each in learnt(counts)] == [TODAY - 1]


def test_what_says_nothing_of_a_delay_is_counted_and_not_learned() -> None:
    """No time of its own, a clock that is off, or later than any feedback that is waited for."""
    counts = Recording()
    events = [bounce("m-1"), after(-3600, bounce("m-2")), after(2 * DAY_SECONDS, bounce("m-3"))]
    assert counted({each.mail.message_id: each for each in events}, counts).feedback == 3
    assert learnt(counts) == []


def test_feedback_that_could_not_be_counted_teaches_when_it_comes_again() -> None:
    counts = Recording(fails=of_tenant("shop"))
    batch: dict[str, MailEvent] = {"r1": after(3, bounce("m-1"))}
    assert set(counted(batch, counts).failed) == {"r1"}
    assert learnt(counts) == []
    counts.fails = lambda _: False
    counted(batch, counts)
    assert sum(learnt(counts)[0].by_bin.values()) == 1


def test_what_cannot_be_learned_is_not_missed() -> None:
    """The feedback is counted and its record is done with, whatever becomes of the delays."""
    for error in (UnavailableError(), RefusedError("AccessDenied", "no")):
        counts = Recording(fails=lambda what: isinstance(what, DayOfDelays), error=error)
        assert counted({"r1": after(3, bounce("m-1"))}, counts).failed == {}
        assert any(isinstance(each, SlotOfFeedback) for each in counts.written)


def test_a_judgement_uses_what_was_learned_once_the_days_are_complete() -> None:
    world = World(counts=taught(seconds=2))
    assert world.court(NOW).delays == START_DELAYS
    delays = world.court(LATER).delays
    assert delays.bounce.learned
    assert delays.bounce.due_by(3) > 0.9 > START_DELAYS.bounce.due_by(3)
    assert delays.complaint == START_DELAYS.complaint


def test_a_lesson_says_how_much_it_was_learned_from() -> None:
    lesson = lessons(taught(seconds=2, feedback=800), LATER)[Kind.BOUNCE]
    assert (lesson.feedback, lesson.groups, lesson.delay.learned) == (800, GROUPS, False)


@dataclass
class Read(InMemoryCounts):
    """Counts that note how often their delays are read, and may not be there."""

    times: int = 0
    away: bool = False

    def delays(self, kind: Kind, days: range) -> Sequence[DayOfDelays]:
        self.times += 1
        if self.away:
            raise UnavailableError
        return super().delays(kind, days)


def test_a_process_asks_four_times_an_hour() -> None:
    counts = Read(took=taught(seconds=2).took)
    in_use = DelaysInUse(counts)
    for seconds in range(0, 3600, 10):
        in_use.delays(LATER + timedelta(seconds=seconds))
    assert counts.times == 4 * len(Kind)


def test_where_delays_cannot_be_read_judgements_go_on_with_what_was_known() -> None:
    counts = Read(took=taught(seconds=2).took, away=True)
    in_use = DelaysInUse(counts)
    assert in_use.delays(LATER) == START_DELAYS
    counts.away = False
    learned = in_use.delays(LATER + timedelta(minutes=15))
    assert learned.bounce.learned
    counts.away = True
    assert in_use.delays(LATER + timedelta(minutes=30)) is learned
