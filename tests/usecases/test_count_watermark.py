"""The sends watermark that a batch leaves: what it owes, and how far sends are known to be counted (Law 7)."""

from datetime import timedelta

import pytest

from reputation_guard.domain.counts import Ledger, SlotOfFeedback
from reputation_guard.domain.mail import MailEvent
from reputation_guard.domain.sight import Debt, Gap, Mark, Watermark
from reputation_guard.usecases.count import CountingRules, count
from tests.fakes.builders import NOW, OWN_TAG, ago, bounce, send
from tests.fakes.counts import InMemoryCounts
from tests.fakes.crashes import CrashError, Fuse, wired
from tests.fakes.outlets import InMemoryOwners
from tests.usecases.recording import Recording, counted, of_account, of_tenant

SHOP = Ledger(tenant="shop")
OWED_UNTIL = NOW + timedelta(minutes=3)


def test_sends_that_were_not_written_are_owed_to_their_tenant_and_hold_nobody_else() -> None:
    """Law 7: the sends watermark says that all sends up to it are counted, but for those of open debts."""
    counts = Recording(fails=of_tenant("other"))
    counted({"r1": send("m-1"), "r2": send("m-2", tenant="other", sent_at=ago(seconds=9))}, counts)
    assert counts.watermark() == Watermark(
        ago(seconds=9), Mark(ago(seconds=9), NOW, NOW), (Debt(ago(seconds=9), OWED_UNTIL, "other"),)
    )


def test_a_batch_owes_its_sends_until_the_last_of_them_is_counted() -> None:
    """Law 7: a crash halfway leaves the debt; its sends come again."""
    counts = Recording()
    debts: list[set[Debt]] = []

    def look(_: object) -> bool:
        debts.append(set(counts.debts))
        return False

    counts.fails = look
    events: dict[str, MailEvent] = {"r1": send("m-1", sent_at=ago(seconds=9)), "r2": send("m-2", tenant="other")}
    counted(events, counts)
    assert debts == [{Debt(ago(seconds=9), OWED_UNTIL)}] * 3
    assert counts.debts == set()


def test_sends_that_the_account_could_not_count_stay_owed_as_a_whole() -> None:
    """Law 7: one debt, not one a record, and no watermark beyond it."""
    counts = Recording(fails=of_account)
    counted({"r1": send("m-1", sent_at=ago(seconds=9)), "r2": send("m-2", tenant="other")}, counts)
    assert counts.debts == {Debt(ago(seconds=9), OWED_UNTIL)}
    assert counts.mark is None


@pytest.mark.parametrize("calls", range(3, 7))
def test_a_crash_halfway_leaves_the_debt_open(calls: int) -> None:
    counts = InMemoryCounts()
    events: dict[str, MailEvent] = {"r1": send("m-1", sent_at=ago(seconds=9)), "r2": send("m-2", tenant="other")}
    with pytest.raises(CrashError):
        counted(events, wired(counts, Fuse(calls)))
    assert counts.debts == {Debt(ago(seconds=9), OWED_UNTIL)}


def test_a_send_that_fails_for_the_last_time_leaves_a_gap() -> None:
    """Law 7: it will never be counted, so its time is judged no more."""
    counts = Recording(fails=of_tenant("other"))
    events: dict[str, MailEvent] = {name: send(name, tenant="other") for name in ("r1", "r2")}
    events["r2"] = send("r2", tenant="other", sent_at=ago(seconds=9))
    rules = CountingRules(OWN_TAG)
    assert set(count(events, counts, InMemoryOwners(), rules, NOW, frozenset({"r2", "r9"})).failed) == {"r1", "r2"}
    assert counts.gaps == {Gap(ago(seconds=9), ago(seconds=8))}


def test_a_send_that_is_counted_at_last_leaves_no_gap() -> None:
    counts = Recording()
    count({"r1": send("m-1")}, counts, InMemoryOwners(), CountingRules(OWN_TAG), NOW, frozenset({"r1"}))
    assert counts.gaps == set()


def test_feedback_leaves_neither_debt_nor_gap() -> None:
    counts = Recording(fails=lambda _: True)
    count({"r1": bounce("m-1")}, counts, InMemoryOwners(), CountingRules(OWN_TAG), NOW, frozenset({"r1"}))
    assert (counts.debts, counts.gaps) == (set(), set())


def test_feedback_that_was_not_written_does_not_hold_the_watermark() -> None:
    counts = Recording(fails=lambda what: isinstance(what, SlotOfFeedback))
    counted({"r1": send("m-1"), "r2": bounce("m-2")}, counts)
    assert counts.watermark()


def test_the_watermark_runs_from_the_oldest_to_the_last_send_of_a_batch() -> None:
    counts = Recording()
    counted({f"r{second}": send(f"m-{second}", sent_at=ago(seconds=second)) for second in range(40)}, counts)
    mark = counts.watermark()
    assert mark
    assert mark == Watermark(ago(seconds=39), Mark(ago(seconds=39), NOW, NOW))


def test_one_straggler_in_a_hundred_does_not_hold_the_watermark_back() -> None:
    counts = Recording()
    events: dict[str, MailEvent] = {f"r{n}": send(f"m-{n}", sent_at=ago(seconds=20)) for n in range(199)}
    counted({**events, "old": send("m-old", sent_at=ago(hours=9))}, counts)
    mark = counts.watermark()
    assert mark
    assert mark.mark
    assert mark.mark.low == ago(seconds=20)


def test_a_mail_from_ahead_of_our_clock_does_not_move_the_watermark_past_now() -> None:
    """Law 7: nothing of the next minutes is known to be counted, whatever one clock says."""
    counts = Recording()
    counted({"r1": send("m-1", sent_at=ago(seconds=3)), "r2": send("m-2", sent_at=NOW + timedelta(minutes=9))}, counts)
    mark = counts.watermark()
    assert mark
    assert mark.mark
    assert mark.mark.high == NOW
    own = counts.known(SHOP, NOW).mark
    assert own
    assert own.high == NOW.replace(microsecond=0)


def test_feedback_alone_does_not_move_the_watermark() -> None:
    counts = Recording()
    counted({"r1": bounce("m-1")}, counts)
    assert counts.watermark() == Watermark(since=NOW)
