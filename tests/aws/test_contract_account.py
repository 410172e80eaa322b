"""What the tables mean for the account itself: the same tests on the fakes and on DynamoDB."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reputation_guard.domain.account import BudgetPart, Contributor
from reputation_guard.domain.counts import ACCOUNT_LEDGER, EXACT_IDS, SlotOfFeedback, slot_of
from reputation_guard.domain.decision import Answer, Decision, GuardEvent, record_after
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.tenant import ACCOUNT, Tenant
from reputation_guard.ports.book import Book, Outcome
from reputation_guard.ports.errors import StaleError
from tests.aws.conftest import BothSides
from tests.aws.ledgers import LAST_CLOSED, SHOP, bounces, ids, many, sends
from tests.fakes.builders import NEWEST, NOW, ago, decision

DAY = timedelta(days=1)


def contributor(name: str = "shop", feedback: int = 31) -> Contributor:
    """A tenant with so many of the 100 bounces that SES's line leaves the account."""
    return Contributor(name, (BudgetPart(Kind.BOUNCE, DAY, feedback, 2000, 0.041, 0.25),), NOW)


def at_risk() -> Decision:
    """The account's own decision."""
    return decision(
        answer=Answer.WARN,
        announces=GuardEvent.ACCOUNT_AT_RISK,
        tenant=Tenant(name=ACCOUNT),
        contributors=(contributor(),),
    )


def test_the_account_is_a_ledger_of_its_own(counts: BothSides) -> None:
    counts.counting.add_sends(sends(3))
    counts.counting.add_sends(sends(5, ledger=ACCOUNT_LEDGER))
    counts.counting.add_late_sends(ACCOUNT_LEDGER, LAST_CLOSED, 7)
    counts.counting.add_feedback(bounces("a", "b", ledger=ACCOUNT_LEDGER))
    counts.counted.write_feedback([bounces("a", "b", ledger=ACCOUNT_LEDGER)])
    counts.counted.close_day(ACCOUNT_LEDGER, LAST_CLOSED)
    found = counts.counted.known(ACCOUNT_LEDGER, NOW).counts
    assert (found.sends.slots[0], found.bounces.slots[0]) == (5, 2)
    assert counts.counted.edges(ACCOUNT_LEDGER, [NEWEST])[NEWEST][""][Kind.BOUNCE].count() == 2
    assert counts.counted.known(SHOP, NOW).counts.sends.slots[0] == 3
    assert counts.counted.edges(SHOP, [NEWEST]) == {NEWEST: {}}


def test_a_day_of_the_account_is_counted_anew_from_its_ids(counts: BothSides) -> None:
    at = ago(days=2)
    counts.counting.add_sends(sends(50, at, ACCOUNT_LEDGER))
    counts.counting.add_feedback(bounces("a", "b", at=at, ledger=ACCOUNT_LEDGER))
    counts.counted.recount_day(ACCOUNT_LEDGER, LAST_CLOSED)
    found = counts.counted.known(ACCOUNT_LEDGER, NOW).counts
    assert (found.sends.days[0], found.bounces.days[0]) == (50, 2)


def test_a_full_slot_takes_the_sample_alone_and_stays_right(counts: BothSides) -> None:
    """The account's slots fill first: what is known to be full is not tried again, and nothing is lost by it."""
    batches = [many(400, number) for number in range(8)]
    for batch in batches:
        each = SlotOfFeedback(
            ACCOUNT_LEDGER, NEWEST, {Kind.BOUNCE: batch, Kind.COMPLAINT: ids("x", str(len(batch.exact)))}
        )
        counts.counting.add_feedback(each)
    found = counts.counted.edges(ACCOUNT_LEDGER, [NEWEST])[NEWEST][""]
    assert EXACT_IDS <= len(found[Kind.BOUNCE].exact) < EXACT_IDS + 400
    assert found[Kind.BOUNCE].sample == frozenset().union(*(batch.sample for batch in batches))
    assert found[Kind.COMPLAINT].count() == 2


def test_a_sampled_slot_counts_for_the_account_as_it_is_expected_to_be(counts: BothSides) -> None:
    """The lower bound at which a tenant is judged would hide the risk of an account that fills its slots."""
    whole = many(3 * EXACT_IDS, seed=1)
    for ledger in (ACCOUNT_LEDGER, SHOP):
        counts.counting.add_sends(sends(90_000, ago(days=2), ledger))
        for slot in (NEWEST, slot_of(ago(days=2))):
            feedback = SlotOfFeedback(ledger, slot, {Kind.BOUNCE: whole})
            counts.counting.add_feedback(feedback)
            counts.counted.write_feedback([feedback])
        counts.counted.recount_day(ledger, LAST_CLOSED)
    account, shop = (counts.counted.known(each, NOW).counts.bounces for each in (ACCOUNT_LEDGER, SHOP))
    assert account.slots[0] == account.days[0] == whole.estimate() == 64 * len(whole.sample)
    assert shop.slots[0] == shop.days[0] == whole.count() < whole.estimate()


def test_contributors_are_remembered_as_they_were_last(counts: BothSides) -> None:
    assert list(counts.counted.contributors()) == []
    counts.counted.note_contributor(contributor())
    counts.counted.note_contributor(contributor("news", 7))
    counts.counted.note_contributor(contributor("news", 9))
    assert list(counts.counted.contributors()) == [contributor("news", 9), contributor()]


def test_a_contributor_that_hardly_changed_is_not_written_again(counts: BothSides) -> None:
    counts.counted.note_contributor(contributor(feedback=100))
    counts.counted.note_contributor(contributor(feedback=101))
    assert list(counts.counted.contributors()) == [contributor(feedback=100)]
    counts.counted.note_contributor(replace(contributor(feedback=101), at=NOW + timedelta(hours=1)))
    assert [each.budget[0].feedback for each in counts.counted.contributors()] == [101]


def test_contributors_are_no_counts(counts: BothSides) -> None:
    counts.counted.note_contributor(contributor())
    counts.counting.add_sends(sends(5, ledger=ACCOUNT_LEDGER))
    assert sum(counts.counted.known(ACCOUNT_LEDGER, NOW).counts.sends.numbers) == 5


def test_the_accounts_decision_is_written_pending_with_its_record(book: Book) -> None:
    made = at_risk()
    book.record(made, record_after(made))
    (pending,) = book.pending()
    assert pending.decision == made
    record = book.tenant(ACCOUNT)
    assert record
    assert (record.version, record.warned_at) == (1, NOW)
    book.settle(made, Outcome.ANNOUNCED, NOW)
    assert list(book.pending()) == []


def test_the_account_is_never_due_as_a_tenant(book: Book) -> None:
    made = at_risk()
    book.record(made, record_after(made))
    book.save(replace(record_after(made), version=1), replace(record_after(made), closed_day=LAST_CLOSED), NOW)
    assert list(book.due(NOW + timedelta(days=40))) == []


def test_two_judgements_of_the_account_at_once_write_one_decision(book: Book) -> None:
    made = at_risk()
    book.record(made, record_after(made))
    with pytest.raises(StaleError):
        book.record(made, record_after(made))
