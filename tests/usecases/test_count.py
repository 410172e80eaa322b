"""Counting a batch: one write a ledger and hour, and a group that fails takes only its own records along."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reputation_guard.domain.counts import (
    ACCOUNT_LEDGER,
    ANY_SET,
    SLOTS_PER_DAY,
    HourOfSends,
    Ledger,
    SlotOfFeedback,
    first_open_day,
    slot_of,
)
from reputation_guard.domain.mail import Bounce, MailEvent, Recipient, Send
from reputation_guard.domain.policy import Kind
from reputation_guard.ports.errors import RefusedError, UnavailableError
from reputation_guard.usecases.count import CountingRules, count
from tests.fakes.builders import NEWEST, NOW, OWN_TAG, ago, bounce, complaint, mail, send, tags
from tests.fakes.counts import SENDS
from tests.fakes.outlets import InMemoryOwners
from tests.usecases.recording import Recording, counted, of_account, of_tenant

HOUR = NEWEST // 12
SHOP = Ledger(tenant="shop")


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
        through=frozenset({ANY_SET}),
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


def test_a_batch_costs_one_more_write_for_the_account_and_hour_or_slot() -> None:
    """SES reviews the mail of all tenants together, and what nobody owns is among it."""
    counts = Recording()
    tally = counted(
        {
            "r1": send("m-1", recipients=2),
            "r2": send("m-2", tenant="other"),
            "r3": send("m-3", tags=tags(configuration_set="shared")),
            "r4": bounce("m-1", recipients=2),
            "r5": complaint("m-2", tenant="other"),
            "r6": bounce("m-3", tags=tags(configuration_set="shared")),
        },
        counts,
    )
    sends, feedback = counts.of_account
    assert isinstance(sends, HourOfSends)
    assert isinstance(feedback, SlotOfFeedback)
    assert sends.by_slot == {NEWEST: 4}
    assert {kind: ids.count() for kind, ids in feedback.ids.items()} == {Kind.BOUNCE: 3, Kind.COMPLAINT: 1}
    assert (tally.sends, tally.feedback) == (4, 4)


@pytest.mark.parametrize("sent", [NOW, ago(hours=37)], ids=["an hour", "a closed day"])
def test_sends_that_cannot_be_counted_for_the_account_come_again_before_they_count_for_anybody(sent: datetime) -> None:
    """Law 1: never undercounted, and the account's item has no sender overcounted."""
    counts = Recording(fails=of_account)
    assert set(counted({"r1": send("m-1", sent_at=sent), "r2": send("m-2", tenant="other")}, counts).failed) == {
        "r1",
        "r2",
    }
    assert counts.written == []


def test_feedback_that_cannot_be_counted_for_the_account_is_judged_and_comes_again() -> None:
    """Twice is once, so its tenant need not wait."""
    counts = Recording(fails=of_account)
    assert set(counted({"r1": bounce("m-1"), "r2": bounce("m-2", tenant="other")}, counts).failed) == {"r1", "r2"}
    assert {each.ledger.tenant for each in counts.grown} == {"shop", "other"}


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


def test_a_set_that_cannot_be_noted_fails_no_batch() -> None:
    """Law 11: the next mail of the set notes it."""
    counts, owners = Recording(), _Forgetful()
    tally = counted({"r1": send("m-1", tags=tags(configuration_set="shared")), "r2": bounce("m-2")}, counts, owners)
    assert (tally.failed, tally.sends, tally.feedback) == ({}, 1, 1)


class _Forgetful(InMemoryOwners):
    def note_unattributed(self, configuration_sets: Iterable[str]) -> None:
        raise UnavailableError(*configuration_sets)


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
    (written, _) = counts.grown
    assert written.slot == slot_of(sent_at)
    assert written.slot // SLOTS_PER_DAY < first_open_day(NEWEST)


@pytest.mark.parametrize(("age", "too_old"), [(timedelta(days=31), 1), (timedelta(days=30, hours=23), 0)])
def test_mail_that_no_judgement_looks_at_is_told_and_not_counted(age: timedelta, too_old: int) -> None:
    counts = Recording()
    tally = counted({"r1": bounce("m-1", sent_at=NOW - age)}, counts)
    assert (tally.too_old, tally.failed) == (too_old, {})
    assert len(counts.written) == 1 - too_old


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
    assert counts.pages[astray].by_set[""].ids[NEWEST]
    assert counts.pages[SHOP].slots[SENDS, NEWEST] == 1
    # Nobody judges what nobody owns; but the account answers for it.
    assert [each.ledger for each in counts.grown] == [ACCOUNT_LEDGER]


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
    assert [each.through for each in counts.grown if each.ledger.tenant] == ["news", ""]


def test_a_few_examples_of_each_slot_are_kept_for_people() -> None:
    counts = Recording()
    counted({f"r{n}": bounce(f"m-{n}") for n in range(30)}, counts)
    assert len(counts.examples("shop", NOW)) == 5
