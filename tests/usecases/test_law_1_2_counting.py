"""Laws 1, 2 and 3 on whole batches: what has arrived counts, and not how, when or in what order it did."""

import random
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reputation_guard.domain.counts import ACCOUNT_LEDGER, Ledger, slot_of
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.mail import Complaint, MailEvent
from reputation_guard.domain.policy import Kind
from reputation_guard.ports.errors import UnavailableError
from reputation_guard.usecases.account import close_account_days
from reputation_guard.usecases.count import count
from tests.fakes.builders import NEWEST, NOW, ago, bounce, complaint, send, tags
from tests.fakes.counts import InMemoryCounts
from tests.fakes.crashes import CrashError, Fuse, wired
from tests.usecases.world import RULES, World

SHOP = Ledger(tenant="shop")
SENT = [ago(minutes=1), ago(minutes=7), ago(hours=3), ago(hours=30), ago(days=9)]

feedback = st.one_of(
    st.builds(
        lambda message, sent, recipients: bounce(message, sent_at=SENT[sent], recipients=recipients),
        st.sampled_from(["m-1", "m-2", "m-3"]),
        st.integers(0, 4),
        st.integers(1, 3),
    ),
    st.builds(
        lambda message, sent, which: complaint(message, feedback=which, sent_at=SENT[sent]),
        st.sampled_from(["m-1", "m-2", "m-3"]),
        st.integers(0, 4),
        st.sampled_from(["f-1", "f-2"]),
    ),
)


# Each mail goes through a set of its own, whose sends may be seen or not.
THROUGH = {
    "m-1": tags("shop", configuration_set="news"),
    "m-2": tags("shop", configuration_set="shop-mail"),
    "m-3": tags("shop"),
}
traffic = st.one_of(
    feedback.map(lambda event: replace(event, mail=replace(event.mail, tags=THROUGH[event.mail.message_id]))),
    st.builds(
        lambda message, sent: send(message, sent_at=SENT[sent], tags=THROUGH[message]),
        st.sampled_from(list(THROUGH)),
        st.integers(0, 4),
    ),
)


def feedback_counts(world: World) -> tuple[tuple[int, ...], ...]:
    """All the feedback that a judgement would read of the tenant, and of the account once its days are closed."""
    close_account_days(world.book, world.counts, NOW)
    known = [world.counts.known(ledger, NOW) for ledger in (SHOP, ACCOUNT_LEDGER)]
    parts = [part for each in known for part in (each.counts, *(each.unseen[name] for name in sorted(each.unseen)))]
    return (*(counts.feedback(kind).numbers for counts in parts for kind in Kind),)


def in_pieces(events: Sequence[MailEvent], order: random.Random) -> list[list[MailEvent]]:
    """The same events in another order, some of them twice, in batches of any size."""
    shuffled = [*events, *order.choices(events, k=order.randrange(6))] if events else []
    order.shuffle(shuffled)
    cuts = sorted(order.choices(range(len(shuffled) + 1), k=3))
    return [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]


@given(events=st.lists(traffic, max_size=12), order=st.randoms(use_true_random=False))
def test_any_order_batching_and_repetition_ends_in_the_same_feedback_counts(
    events: list[MailEvent], order: random.Random
) -> None:
    """Law 1: counting has no order."""
    at_once, in_parts = World(), World()
    at_once.arrive(events)
    for batch in in_pieces(events, order):
        in_parts.arrive(batch)
    assert feedback_counts(in_parts) == feedback_counts(at_once)


@given(events=st.lists(feedback, min_size=1, max_size=8), data=st.data())
def test_feedback_counts_are_the_distinct_facts_in_the_slot_of_their_send(
    events: list[MailEvent], data: st.DataObject
) -> None:
    """Law 2: counts belong to the send time, whatever the arrival; Law 1: a fact told twice is one."""
    world = World()
    # A closed day is known by its sends.
    world.count([send("of the day", sent_at=at) for at in SENT], min(SENT))
    arrivals = sorted(data.draw(st.lists(st.integers(0, 7000), min_size=len(events), max_size=len(events))))
    for event, seconds in zip(events, arrivals, strict=True):
        world.arrive([event], ago(seconds=7000 - seconds))
    facts = {
        (slot_of(event.mail.sent_at), kind, event.mail.message_id, which)
        for event in events
        for kind, which in _facts(event)
    }
    known = world.counts.known(SHOP, NOW).counts
    for kind in Kind:
        assert sum(known.feedback(kind).numbers) == sum(fact[1] is kind for fact in facts)
        for back in (0, 1):
            in_slot = sum(fact[:2] == (NEWEST - back, kind) for fact in facts)
            assert known.feedback(kind).slots[back] == in_slot


def _facts(event: MailEvent) -> list[tuple[Kind, str]]:
    if isinstance(event, Complaint):
        return [(Kind.COMPLAINT, event.feedback_id)]
    return [(Kind.BOUNCE, address) for address in event.mail.recipients]


BATCH: list[MailEvent] = [
    send("m-1", sent_at=SENT[0], recipients=3),
    send("m-2", sent_at=SENT[3], recipients=2),
    bounce("m-1", sent_at=SENT[0], recipients=2),
    complaint("m-1", sent_at=SENT[0]),
    bounce("m-2", sent_at=SENT[3]),
    bounce("m-5", sent_at=SENT[4]),
]


@pytest.mark.parametrize("after_the_call", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 20))
def test_a_crash_between_two_writes_is_only_a_retry(call: int, *, after_the_call: bool) -> None:
    """Law 1: wherever a batch dies, the queue delivers it again, and the feedback counts are the same."""
    untroubled, crashing = World(), World()
    untroubled.arrive(BATCH)
    fuse = Fuse(call, after_the_call=after_the_call)
    try:
        crashing.count(BATCH, NOW, wired(crashing.counts, fuse))
    except CrashError:
        crashing.count(BATCH, NOW)
    assert fuse.blown is (call <= WRITES)
    crashing.judge_what_grew(NOW)
    assert feedback_counts(crashing) == feedback_counts(untroubled)
    for ledger in (SHOP, ACCOUNT_LEDGER):
        sends = [sum(world.counts.known(ledger, NOW).counts.sends.numbers) for world in (crashing, untroubled)]
        # Sends are never undercounted; what a redelivery overcounts speaks for the tenant.
        assert sends[1] <= sends[0] <= 2 * sends[1]


WRITES = 18
"""The sight, a debt, sends of two hours to the account and to the tenant, the watermark, the debt paid, examples and
feedback of three slots, and the same feedback to the account."""


@pytest.mark.parametrize("after_the_call", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, WRITES + 1))
def test_an_answer_that_is_lost_sends_back_the_records_of_its_group_alone(call: int, *, after_the_call: bool) -> None:
    """Law 1 and 11: whether a write was done is not known, and doing it again changes no feedback count."""
    untroubled, world = World(), World()
    untroubled.arrive(BATCH)
    events = {f"r{number}": event for number, event in enumerate(BATCH)}
    fuse = Fuse(call, after_the_call=after_the_call, error=UnavailableError)
    tally = _count(world, events, wired(world.counts, fuse))
    if tally is not None:
        assert len(tally) <= 2
        events = {name: events[name] for name in tally}
    _count(world, events, world.counts)
    world.judge_what_grew(NOW)
    assert feedback_counts(world) == feedback_counts(untroubled)


def _count(world: World, events: dict[str, MailEvent], counting: InMemoryCounts) -> Collection[str] | None:
    """The records to deliver again; None where the whole batch is."""
    try:
        return count(events, counting, world.owners, RULES, NOW).failed.keys()
    except UnavailableError:
        return None


def mixed_traffic() -> list[MailEvent]:
    """A tenant's morning: sends of ten minutes, a quarter of them bounced."""
    sent = [ago(minutes=12, seconds=-number * 4) for number in range(160)]
    sends = [send(f"m-{number}", sent_at=at) for number, at in enumerate(sent)]
    bounces = [bounce(f"m-{number}", sent_at=at) for number, at in enumerate(sent) if number % 4 == 0]
    return [*sends, *bounces]


@given(order=st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_what_has_arrived_by_now_gives_the_same_decision_whatever_its_order(order: random.Random) -> None:
    """Law 3: the same events arrived by the same `now`, in another order and other batches, decide the same."""
    events = mixed_traffic()
    expected = _decided([events])
    assert expected
    assert expected.announces == "TenantPaused"
    shuffled = list(events)
    order.shuffle(shuffled)
    cut = order.randrange(len(shuffled))
    found = _decided([shuffled[:cut], shuffled[cut:]])
    assert found
    assert (found.answer, found.because, found.windows, found.tenant) == (
        expected.answer,
        expected.because,
        expected.windows,
        expected.tenant,
    )


def _decided(batches: Sequence[Sequence[MailEvent]]) -> Decision | None:
    world = World()
    for batch in batches:
        world.count(batch, NOW - timedelta(seconds=30))
    return next(iter(world.judge_what_grew(NOW)), None)
