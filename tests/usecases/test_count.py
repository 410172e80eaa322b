"""Counting a batch: one write a ledger and hour, and a group that fails takes only its own records along."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from reputation_guard.domain.counts import (
    SLOTS_PER_DAY,
    Debt,
    Gap,
    HourOfSends,
    Ledger,
    Mark,
    SlotOfFeedback,
    Watermark,
    first_open_day,
    slot_of,
)
from reputation_guard.domain.mail import Bounce, MailEvent, Recipient, Send
from reputation_guard.domain.policy import Kind
from reputation_guard.ports import RefusedError, UnavailableError
from reputation_guard.usecases.count import CountingRules, Tally, count
from tests.fakes.builders import NEWEST, NOW, OWN_TAG, ago, bounce, complaint, mail, send, tags
from tests.fakes.counts import SENDS, InMemoryCounts
from tests.fakes.crashes import CrashError, Fuse, wired
from tests.fakes.outlets import InMemoryOwners

HOUR = NEWEST // 12
SHOP = Ledger(tenant="shop")
Refuses = Callable[[object], bool]


@dataclass
class Recording(InMemoryCounts):
    """Counts that note each write, and fail the ones they are told to."""

    written: list[object] = field(default_factory=list)
    fails: Refuses = lambda _: False
    error: Exception = field(default_factory=UnavailableError)

    def _note(self, what: object) -> None:
        if self.fails(what):
            raise self.error
        self.written.append(what)

    def add_sends(self, sends: HourOfSends) -> None:
        self._note(sends)
        super().add_sends(sends)

    def add_late_sends(self, ledger: Ledger, day: int, sends: int) -> None:
        self._note((ledger, day, sends))
        super().add_late_sends(ledger, day, sends)

    def add_feedback(self, feedback: SlotOfFeedback) -> None:
        self._note(feedback)
        super().add_feedback(feedback)


def counted(
    events: dict[str, MailEvent], counts: InMemoryCounts, owners: InMemoryOwners | None = None, **rules: Any
) -> Tally:
    return count(events, counts, owners or InMemoryOwners(), CountingRules(OWN_TAG, **rules), NOW)


def of_tenant(name: str) -> Refuses:
    return lambda what: getattr(what, "ledger", None) == Ledger(tenant=name)


def test_a_batch_costs_one_write_a_tenant_and_hour() -> None:
    counts = Recording()
    same_hour = {f"r{minute}": send(f"m-{minute}", recipients=2, sent_at=ago(minutes=minute)) for minute in range(3)}
    earlier = {"r9": send("m-9", sent_at=ago(hours=1)), "r8": send("m-8", tenant="other")}
    tally = counted({**same_hour, **earlier}, counts)
    assert len(counts.written) == 3
    assert counts.written[0] == HourOfSends(
        SHOP,
        HOUR,
        {NEWEST: 6},
        named_by_ses=6,
        first=int(ago(minutes=2).timestamp()),
        last=int(NOW.timestamp()),
        counted_at=NOW,
    )
    assert (tally.sends, tally.failed) == (8, {})


def test_feedback_costs_one_write_a_tenant_and_slot() -> None:
    counts = Recording()
    tally = counted(
        {
            "r1": bounce("m-1", recipients=2),
            "r2": complaint("m-1"),
            "r3": bounce("m-2", sent_at=ago(minutes=5)),
            "r4": bounce("m-3", tenant="other"),
        },
        counts,
    )
    written = [each for each in counts.written if isinstance(each, SlotOfFeedback)]
    assert [(each.ledger.tenant, each.slot, set(each.ids)) for each in written] == [
        ("shop", NEWEST, {Kind.BOUNCE, Kind.COMPLAINT}),
        ("shop", NEWEST - 1, {Kind.BOUNCE}),
        ("other", NEWEST, {Kind.BOUNCE}),
    ]
    assert tally.feedback == 5


@pytest.mark.parametrize("error", [UnavailableError("throttled"), RefusedError("ValidationException", "too long")])
def test_a_group_that_cannot_be_written_takes_only_its_own_records_back(error: Exception) -> None:
    """Law 11: its neighbours in the batch go through, whatever is wrong with it."""
    counts = Recording(fails=of_tenant("other"), error=error)
    events: dict[str, MailEvent] = {
        "r1": send("m-1"),
        "r2": send("m-2", tenant="other"),
        "r3": bounce("m-3"),
        "r4": bounce("m-4", tenant="other"),
    }
    assert set(counted(events, counts).failed) == {"r2", "r4"}
    assert len(counts.written) == 2


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
    assert debts == [{Debt(ago(seconds=9), OWED_UNTIL)}] * 2
    assert counts.debts == set()


@pytest.mark.parametrize("calls", range(3, 6))
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


def test_a_set_that_cannot_be_noted_fails_no_batch() -> None:
    """Law 11: the next mail of the set notes it."""
    counts, owners = Recording(), _Forgetful()
    tally = counted({"r1": send("m-1", tags=tags(configuration_set="shared")), "r2": bounce("m-2")}, counts, owners)
    assert (tally.failed, tally.sends, tally.feedback) == ({}, 1, 1)


class _Forgetful(InMemoryOwners):
    def note_unattributed(self, configuration_sets: Iterable[str]) -> None:
        raise UnavailableError(*configuration_sets)


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


def test_sends_of_a_closed_day_are_added_to_the_day() -> None:
    counts = Recording()
    closed, still_open = ago(hours=37), ago(hours=36)
    count({"r0": send("m-0", sent_at=closed)}, counts, InMemoryOwners(), CountingRules(OWN_TAG), closed)
    counted({"r1": send("m-1", sent_at=closed, recipients=3), "r2": send("m-2", sent_at=still_open)}, counts)
    day = first_open_day(NEWEST) - 1
    assert (SHOP, day, 3) in counts.written
    known = counts.known(SHOP, NOW).counts.sends
    assert known.days[0] == 4
    assert sum(known.hours) == 1


def test_feedback_of_a_closed_day_is_kept_with_its_slot() -> None:
    """Law 2: it belongs to the day its mail was sent, however late it comes."""
    counts = Recording()
    sent_at = ago(days=20)
    counted({"r1": bounce("m-1", sent_at=sent_at)}, counts)
    (written,) = counts.grown
    assert written.slot == slot_of(sent_at)
    assert written.slot // SLOTS_PER_DAY < first_open_day(NEWEST)


@pytest.mark.parametrize(("age", "too_old"), [(timedelta(days=31), 1), (timedelta(days=30, hours=23), 0)])
def test_mail_that_no_judgement_looks_at_is_told_and_not_counted(age: timedelta, too_old: int) -> None:
    counts = Recording()
    tally = counted({"r1": bounce("m-1", sent_at=NOW - age)}, counts)
    assert (tally.too_old, tally.failed) == (too_old, {})
    assert len(counts.grown) == 1 - too_old


def test_mail_that_names_nobody_is_counted_by_its_set_and_its_owner_is_asked_for() -> None:
    counts, owners = Recording(), InMemoryOwners({"shop-mail": "shop"}, {})
    tally = counted(
        {
            "r1": send("m-1", tags=tags(configuration_set="shared")),
            "r2": bounce("m-2", tags=tags(configuration_set="shared")),
            "r3": send("m-3", tags=tags(configuration_set="shop-mail")),
            "r4": send("m-4", tags=tags()),
        },
        counts,
        owners,
    )
    assert tally.unattributed == 3
    assert list(owners.asked) == ["shared"]
    astray = Ledger(configuration_set="shared")
    assert counts.pages[astray].slots[SENDS, NEWEST] == 1
    assert counts.pages[astray].ids[NEWEST]
    assert counts.pages[SHOP].slots[SENDS, NEWEST] == 1
    # Nobody judges what nobody owns.
    assert counts.grown == []


def test_only_sends_that_ses_named_prove_that_ses_names_them() -> None:
    counts = Recording()
    counted({"r1": send("m-1", tags=tags(own_tag="shop"))}, counts)
    assert not counts.known(SHOP, NOW).named_by_ses
    counted({"r2": send("m-2")}, counts)
    assert counts.known(SHOP, NOW).named_by_ses


@pytest.mark.parametrize(("with_simulator", "writes"), [(False, 0), (True, 2)])
def test_mail_to_the_simulator_is_counted_where_it_is_wanted(writes: int, *, with_simulator: bool) -> None:
    counts, simulated = Recording(), "bounce@simulator.amazonses.com"
    sent = mail(recipients=0)
    sent = replace(sent, recipients=(simulated,))
    bounced = Bounce(sent, "Permanent", "General", (Recipient(simulated),))
    counted({"r1": Send(sent), "r2": bounced}, counts, with_simulator=with_simulator)
    assert len(counts.written) == writes


def test_feedback_keeps_the_sets_it_came_through() -> None:
    counts = Recording()
    counted({"r1": bounce("m-1", tags=tags("shop", configuration_set="news")), "r2": bounce("m-2")}, counts)
    assert counts.grown[-1].configuration_sets == {"news"}


def test_a_few_examples_of_each_slot_are_kept_for_people() -> None:
    counts = Recording()
    counted({f"r{n}": bounce(f"m-{n}") for n in range(30)}, counts)
    assert len(counts.examples("shop", NOW)) == 5
