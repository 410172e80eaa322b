"""A history is judged as a deployment judges it: the same counts, the same decisions."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cli.export.policies import PoliciesByTenant
from cli.history.ledgers import Ledgers
from cli.history.rehearsal import Rehearsal
from reputation_guard.domain.counts import SLOT_SECONDS, HourOfSends, Ids, Ledger, SlotOfFeedback, feedback_id, slot_of
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.mail import Bounce, Send
from reputation_guard.domain.policy import Kind
from tests.fakes.builders import NOW, STANDARD, ago
from tests.fakes.counts import InMemoryCounts
from tests.history.builders import parsed
from tests.usecases.world import TRAVELLING, World, blast

SHOP = Ledger(tenant="shop")
minutes_ago = st.integers(0, 35 * 24 * 60)


@given(
    sends=st.lists(st.tuples(minutes_ago, st.integers(1, 50)), max_size=30),
    feedback=st.lists(st.tuples(minutes_ago, st.sampled_from(Kind), st.integers(0, 20)), max_size=30),
    looked_before=st.booleans(),
)
def test_the_counts_are_those_of_the_table(
    *, sends: list[tuple[int, int]], feedback: list[tuple[int, Kind, int]], looked_before: bool
) -> None:
    """Whatever is sent and comes back, and whether or not somebody looked in between."""
    table, ledgers = InMemoryCounts(), Ledgers()
    for minutes, number in sends:
        at, slot = ago(minutes=minutes), slot_of(ago(minutes=minutes))
        second = int(at.timestamp())
        table.add_sends(HourOfSends(SHOP, slot // 12, {slot: number}, number, second, second, NOW))
        ledgers.pages["shop"].add_sends(second, number)
        if looked_before:
            ledgers.known(SHOP, NOW)
    sent_on = {slot_of(ago(minutes=minutes)) // 288 for minutes, _ in sends}
    for minutes, kind, ident in feedback:
        at = ago(minutes=minutes)
        if slot_of(at) // 288 not in sent_on:
            continue  # what comes back of a day without sends cannot be weighed, and no history has it
        name = feedback_id(at, str(ident), kind)
        table.add_feedback(SlotOfFeedback(SHOP, slot_of(at), {kind: Ids.of([name])}))
        ledgers.add_feedback("shop", kind, at.timestamp(), name)
        if looked_before:
            ledgers.grown(NOW)
            ledgers.known(SHOP, NOW)
    table.write_feedback(table.grown)
    ledgers.grown(NOW)
    assert ledgers.known(SHOP, NOW).counts == table.known(SHOP, NOW).counts


def test_a_full_slot_is_counted_from_its_sample() -> None:
    idents = [feedback_id(NOW, str(number), Kind.BOUNCE) for number in range(3000)]
    ledgers = Ledgers()
    ledgers.pages["shop"].add_sends(int(NOW.timestamp()), 9000)
    for start in range(0, len(idents), 700):
        for ident in idents[start : start + 700]:
            ledgers.add_feedback("shop", Kind.BOUNCE, NOW.timestamp(), ident)
        ledgers.grown(NOW)
    assert ledgers.known(SHOP, NOW).counts.bounces.slots[0] == Ids.of(idents).count()


def test_what_no_judgement_reads_any_more_is_forgotten() -> None:
    """The memory of a long history grows with its tenants, not with its lines."""
    ledgers = Ledgers()
    for day in range(60):
        at = NOW + timedelta(days=day)
        for slot in range(0, 86_400, SLOT_SECONDS):
            ledgers.pages["shop"].add_sends(int(at.timestamp()) + slot, 1)
        ledgers.add_feedback("shop", Kind.BOUNCE, at.timestamp(), feedback_id(at, "1", Kind.BOUNCE))
        ledgers.grown(at)
    page = ledgers.pages["shop"]
    assert len(page.sends.slots) <= 3 * 288 + 12
    assert len(page.sends.days) <= 34
    assert len(page.ids) <= 34


def line_of(event: Send | Bounce, known_at: datetime) -> Any:
    """A mail event as the line of a history."""
    sent_at = event.mail.sent_at.timestamp()
    if isinstance(event, Send):
        return parsed({"ts": sent_at, "tenant": "shop", "kind": "Sent", "n": 1})
    identity = {"id": event.mail.message_id, "sent_ts": sent_at, "bounceType": event.bounce_type}
    return parsed({"ts": known_at.timestamp(), "tenant": "shop", "kind": "Bounce"} | identity)


@given(sends=st.integers(20, 120), bounces=st.integers(0, 20))
def test_a_history_gets_the_decisions_of_a_deployment(sends: int, bounces: int) -> None:
    world, rehearsal = World(), Rehearsal(PoliciesByTenant([STANDARD]))
    world.ses.add("shop")
    deployed: list[Decision] = []
    rehearsed: list[Decision] = []
    for turn in range(4):
        now = NOW + timedelta(minutes=7 * turn)
        events = blast(sends=sends, bounces=bounces, sent_at=now - timedelta(seconds=40), run=str(turn))
        deployed += world.judged(events, now)
        world.enforce(now)
        rehearsal.add([line_of(event, now - TRAVELLING) for event in events if isinstance(event, Send | Bounce)])
        rehearsed += rehearsal.judge(now)
    assert [(each.answer, each.at, each.because) for each in rehearsed] == [
        (each.answer, each.at, each.because) for each in deployed
    ]
