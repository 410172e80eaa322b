"""A history is judged as a deployment judges it: the same counts, the same decisions."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cli.export.policies import PoliciesByTenant
from cli.history.ledgers import Ledgers, Numbers
from cli.history.rehearsal import Rehearsal
from reputation_guard.domain.counts import (
    SLOT_SECONDS,
    SLOTS_PER_DAY,
    HourOfSends,
    Ids,
    Ledger,
    SlotOfFeedback,
    feedback_id,
    slot_of,
)
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.mail import Bounce, MailEvent, Send
from reputation_guard.domain.policy import Kind
from tests.fakes.builders import NOW, STANDARD, ago, bounce, send, series_of
from tests.fakes.counts import InMemoryCounts
from tests.history.builders import T0, bounced, parsed, sent
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


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 900), st.sampled_from([0, 3, 50, 700, 3000]), st.integers(1, 9), st.booleans()),
        max_size=40,
    )
)
def test_numbers_read_the_same_however_often_they_were_read_before(steps: list[tuple[int, int, int, bool]]) -> None:
    """Each step goes on by some slots, adds to one so many slots back, and looks or does not."""
    numbers, added = Numbers(), Counter[int]()
    newest = slot_of(NOW)
    for further, back, number, looks in steps:
        newest += further
        numbers.add(newest - back, number)
        added[newest - back] += number
        if looks:
            numbers.series(newest)
    open_day = newest // SLOTS_PER_DAY - 1

    def of_day(back: int) -> int:
        return sum(number for slot, number in added.items() if slot // SLOTS_PER_DAY == open_day - 1 - back)

    assert numbers.series(newest) == series_of(newest, lambda slot: added[slot], of_day)


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


Turn = dict[str, tuple[int, int]]
"""By tenant: how many mails it sent, and how many of them bounced hard."""
TENANTS = ["shop", "news", "spam"]
turns_of_all = st.lists(
    st.dictionaries(st.sampled_from(TENANTS), st.tuples(st.integers(50, 900), st.integers(0, 50))),
    min_size=4,
    max_size=12,
)


class SideBySide:
    """A deployment and a rehearsal that get the same mail."""

    def __init__(self) -> None:
        self.world = World(counts=InMemoryCounts())
        self.rehearsal = Rehearsal(PoliciesByTenant([STANDARD]), whole_account=True)
        self.rehearsed: list[Decision] = []
        for tenant in TENANTS:
            self.world.ses.add(tenant)

    def take(self, turn: Turn, now: datetime) -> None:
        """Count what was sent a minute ago, and what came back of it; somebody always sends well."""
        at = now - timedelta(minutes=1)
        for tenant, (sends, bounces) in {"steady": (5, 0), **turn}.items():
            message = f"{tenant}-{now:%d%H%M}"
            events: list[MailEvent] = [send(message, tenant=tenant, sent_at=at, recipients=sends)]
            lines = [sent(at.timestamp() - T0, sends, tenant)]
            if bounces:
                events.append(bounce(message, tenant=tenant, sent_at=at, recipients=bounces))
                idents = (f"{message}-{each}" for each in range(bounces))
                lines += [bounced(at.timestamp() - T0, ident, tenant) for ident in idents]
            self.world.count(events, now - TRAVELLING)
            self.rehearsal.add(list(map(parsed, lines)))

    def judge(self, now: datetime) -> None:
        """Judge what grew, after that what is due."""
        self.rehearsed += self.rehearsal.judge(now)
        self.world.judge_what_grew(now)
        self.world.enforce(now)
        self.world.review(now)
        self.world.enforce(now)

    def decisions(self) -> tuple[list[str], list[str]]:
        """What each came to: when, about whom, what, and why."""
        deployed = [each.decision for each in self.world.bus.announced]
        return _gist(self.rehearsed), _gist(deployed)


def _gist(decisions: Iterable[Decision]) -> list[str]:
    return sorted(repr((each.at, each.tenant.name, each.answer, each.because)) for each in decisions)


@given(turns=turns_of_all, minutes=st.sampled_from([50, 430, 1570]))
def test_with_its_account_a_history_gets_the_decisions_of_a_deployment(turns: list[Turn], minutes: int) -> None:
    """Those about the account, and those that its pressure made, among them."""
    both = SideBySide()
    for number, turn in enumerate(turns):
        now = NOW + timedelta(minutes=minutes * number)
        for ago_minutes in (3, 2):  # the minute review comes anyway
            both.take({}, now - timedelta(minutes=ago_minutes))
            both.judge(now - timedelta(minutes=ago_minutes))
        both.take(turn, now)
        both.judge(now)
    rehearsed, deployed = both.decisions()
    assert rehearsed == deployed
