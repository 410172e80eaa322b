"""What the book means: the same tests on the fake and on DynamoDB."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reputation_guard.domain.decision import Answer, Decision, Example, GuardEvent, record_after
from reputation_guard.domain.policy import Kind, Mode
from reputation_guard.domain.sending import Finding
from reputation_guard.domain.tenant import ACCOUNT, Owner, Standing, Tenant
from reputation_guard.ports.book import Book, ModeRecord, Outcome
from reputation_guard.ports.errors import StaleError
from tests.fakes.builders import NOW, ago, decision, tenant, window

FULL = Tenant(
    name="shop",
    arn="arn:aws:ses:us-east-1:123456789012:tenant/shop/tn-1a2b",
    standing=Standing.PROBATION,
    stops=frozenset({Owner.GUARD, Owner.SES}),
    fence=ago(hours=3, microseconds=1),
    stamp=ago(hours=3),
    decided="shop.7",
    under_way=True,
    findings=(Finding("BOUNCE", "HIGH", "The bounce rate exceeded 15.0 %."),),
    configuration_sets=frozenset({"news", "shop-mail"}),
    warned_at=ago(days=1),
    advised_at=ago(days=2),
    unseen_at=ago(days=3),
    probation_ends=NOW + timedelta(hours=21),
    judge_again_at=NOW + timedelta(seconds=10),
    assigned_policy="vip",
    assigned_by="Olga Operator",
    assigned_at=ago(days=4),
    tagged_policy="free",
    tags_read_at=ago(hours=4),
    policy_mode=Mode.OBSERVE,
)


def written(book: Book, of: Tenant = FULL) -> Tenant:
    return book.save(Tenant(name=of.name), of, NOW)


def recorded(book: Book, name: str = "shop", pace: float = 40.0, **changes: Any) -> Decision:
    """A decision about a tenant nobody had heard of, written down."""
    made = replace(decision(tenant=Tenant(name=name), mails_per_minute=pace), **changes)
    book.record(made, record_after(made))
    return made


def test_an_empty_book_has_nothing(book: Book) -> None:
    assert book.tenant("shop") is None
    assert list(book.pending()) == []
    assert list(book.due(NOW)) == []
    assert book.mode() == ModeRecord()


def test_a_record_is_read_as_it_was_written(book: Book) -> None:
    saved = written(book)
    assert saved == replace(FULL, version=1)
    assert book.tenant("shop") == saved


def test_each_save_is_a_version(book: Book) -> None:
    first = written(book)
    second = book.save(first, replace(first, standing=Standing.HEALTHY), NOW)
    assert (second.version, second.standing) == (2, Standing.HEALTHY)
    assert book.tenant("shop") == second


@pytest.mark.parametrize("read", [0, 1, 3])
def test_nobody_overwrites_what_he_did_not_read(book: Book, read: int) -> None:
    first = written(book)
    second = book.save(first, first, NOW)
    with pytest.raises(StaleError):
        book.save(replace(first, version=read), replace(FULL, standing=Standing.PAUSED), NOW)
    assert book.tenant("shop") == second


def test_a_decision_and_its_record_are_written_together(book: Book) -> None:
    made = recorded(book)
    (pending,) = book.pending()
    assert pending.decision == made
    assert (pending.attempted_at, pending.refused_at) == (None, None)
    found = book.tenant("shop")
    assert found == replace(record_after(made), version=1)
    assert found.decided == made.id


def test_a_decision_on_a_stale_record_is_not_written_at_all(book: Book) -> None:
    """Both or neither: a decision that nobody sees in the standing would be carried out all the same."""
    saved = written(book)
    made = decision(tenant=replace(FULL, version=5))
    with pytest.raises(StaleError):
        book.record(made, record_after(made))
    assert list(book.pending()) == []
    assert book.tenant("shop") == saved


def test_a_decision_is_written_once(book: Book) -> None:
    made = recorded(book)
    with pytest.raises(StaleError):
        book.record(made, record_after(made))
    assert len(list(book.pending())) == 1


def test_a_decision_is_read_with_every_digit_of_its_evidence(book: Book) -> None:
    """Law 3: what is stored replays; a float that loses a digit may decide otherwise."""
    windows = tuple(
        replace(
            window(45, 214), due=178.123456789012345 / number, unattributed=0.1 + 0.2, length=timedelta(days=number)
        )
        for number in (1, 3, 7, 30)
    )
    examples = (
        Example(Kind.COMPLAINT, "example.net", "\u00fcberf\u00fcllt \u2713", "192.0.2.25"),
        Example(Kind.BOUNCE, "", ""),
    )
    made = recorded(
        book,
        windows=windows,
        examples=examples,
        mails_per_minute=1 / 3,
        at=NOW + timedelta(microseconds=123457),
        operator="night shift",
        reason="list \u201ccleaned\u201d",
        answer=Answer.RESUME,
        announces=GuardEvent.TENANT_RESUMED,
    )
    (pending,) = book.pending()
    assert pending.decision == made


def test_what_is_pending_comes_fastest_sender_first(book: Book) -> None:
    for name, pace in (("slow", 0.0), ("fast", 900.5), ("middling", 30.0)):
        recorded(book, name, pace)
    assert [each.decision.tenant.name for each in book.pending()] == ["fast", "middling", "slow"]


def test_an_attempt_is_remembered(book: Book) -> None:
    made = recorded(book)
    book.mark_attempt(made, NOW)
    (pending,) = book.pending()
    assert (pending.attempted_at, pending.refused_at) == (NOW, None)


def test_an_attempt_that_ses_did_not_take_is_forgotten(book: Book) -> None:
    made = recorded(book)
    book.mark_attempt(made, NOW)
    book.unmark_attempt(made)
    (pending,) = book.pending()
    assert pending.attempted_at is None


def test_a_refusal_is_remembered_and_the_decision_stays_pending(book: Book) -> None:
    made = recorded(book)
    book.mark_attempt(made, ago(minutes=1))
    book.mark_refused(made, NOW)
    (pending,) = book.pending()
    assert (pending.attempted_at, pending.refused_at) == (ago(minutes=1), NOW)


def test_a_round_full_of_refused_decisions_keeps_no_fresh_one_waiting(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 4: a round takes a hundred (here five), and what SES refused is tried for ever."""
    for module in ("reputation_guard.aws.book", "tests.fakes.book"):
        monkeypatch.setattr(f"{module}._A_ROUND", 5)
    for number in range(5):
        book.mark_refused(recorded(book, f"refused-{number}", 900.0), NOW)
    recorded(book, "fresh", 0.0)
    assert next(iter(book.pending())).decision.tenant.name == "fresh"


def test_who_waits_behind_a_round_full_of_what_cannot_be_told_has_a_turn(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only has to be told comes first, and stays there while the bus is down."""
    monkeypatch.setattr("reputation_guard.aws.book._A_ROUND", 5)
    for number in range(12):
        recorded(book, f"warned-{number}", answer=Answer.WARN, announces=GuardEvent.TENANT_WARNED)
    recorded(book, "bad", 900.0)
    assert [each.decision.tenant.name for each in book.pending()][-1] == "bad"
    assert len(list(book.pending())) == 13


def test_what_ses_refused_still_comes_fastest_sender_first(book: Book) -> None:
    for name, pace in (("slow", 0.0), ("fast", 900.5), ("middling", 30.0)):
        book.mark_refused(recorded(book, name, pace), NOW)
    assert [each.decision.tenant.name for each in book.pending()] == ["fast", "middling", "slow"]


def test_what_ses_was_not_even_asked_for_keeps_its_place(book: Book) -> None:
    """People were told that it waits: a slower sender does not overtake it for that."""
    book.mark_refused(recorded(book, "fast", 900.5), NOW, keeps_its_place=True)
    recorded(book, "slow", 30.0)
    assert [each.decision.tenant.name for each in book.pending()] == ["fast", "slow"]
    assert next(iter(book.pending())).refused_at == NOW


def test_what_was_under_way_when_another_was_decided_is_found_though_it_is_settled(book: Book) -> None:
    made = recorded(book, at=ago(minutes=1))
    assert book.overtaken_by(made) is None
    book.mark_attempt(made, NOW)
    found = book.tenant("shop")
    assert found
    later = decision(tenant=found, answer=Answer.RESUME, announces=GuardEvent.TENANT_RESUMED)
    book.record(later, record_after(later))
    book.settle(made, Outcome.SUPERSEDED, NOW)
    overtaken = book.overtaken_by(later)
    assert overtaken
    assert (overtaken.decision.id, overtaken.attempted_at) == (made.id, NOW)


def test_what_was_carried_out_by_then_was_not_overtaken(book: Book) -> None:
    made = recorded(book, at=ago(minutes=1))
    found = book.tenant("shop")
    assert found
    book.settle(made, Outcome.CONFIRMED, NOW, replace(found, under_way=False))
    confirmed = book.tenant("shop")
    assert confirmed
    assert book.overtaken_by(decision(tenant=confirmed)) is None


def test_a_persons_pause_waits_for_nobody_and_a_persons_resumes_hold_up_no_pause(book: Book) -> None:
    recorded(book, "fast", pace=9000.0)
    recorded(book, "by-hand", pace=0.0, owner=Owner.OPERATOR, operator="ann")
    again = {"answer": Answer.RESUME, "announces": GuardEvent.TENANT_RESUMED}
    recorded(book, "again", pace=0.0, owner=Owner.OPERATOR, operator="ann", **again)
    assert [each.decision.tenant.name for each in book.pending()] == ["by-hand", "fast", "again"]


def test_the_decision_that_made_the_present_standing_is_found(book: Book) -> None:
    assert book.deciding(FULL) is None
    made = recorded(book, at=ago(minutes=1))
    found = book.tenant("shop")
    assert found
    assert book.deciding(found) == made
    told = decision(tenant=found, announces=GuardEvent.SENDS_UNSEEN, answer=Answer.HOLD)
    book.record(told, record_after(told))
    assert book.deciding(found) == made
    assert book.deciding(replace(found, decided=None)) is None
    assert book.deciding(replace(found, decided="shop.77")) is None


def test_the_decisions_of_a_moment_are_found_whoever_they_are_about_and_settled_or_not(book: Book) -> None:
    recorded(book, at=ago(minutes=1))
    account = Tenant(name=ACCOUNT)
    blinded = decision(tenant=account, announces=GuardEvent.GUARD_BLINDED, answer=Answer.HOLD, at=ago(minutes=1))
    found = book.record(blinded, record_after(blinded))
    later = decision(tenant=found, announces=GuardEvent.BRAKE_ENGAGED, answer=Answer.HOLD)
    book.record(later, record_after(later))
    book.settle(blinded, Outcome.ANNOUNCED, NOW)
    assert list(book.decided_at(ACCOUNT, ago(minutes=1))) == [blinded]
    assert list(book.decided_at(ACCOUNT, NOW)) == [later]
    assert list(book.decided_at(ACCOUNT, ago(minutes=2))) == []


def test_what_is_settled_is_pending_no_more(book: Book) -> None:
    made = recorded(book)
    other = recorded(book, "other")
    book.settle(made, Outcome.ANNOUNCED, NOW)
    assert [each.decision.id for each in book.pending()] == [other.id]
    found = book.tenant("shop")
    assert found
    assert found.version == 1


def test_settling_writes_the_record_that_it_read(book: Book) -> None:
    made = recorded(book)
    found = book.tenant("shop")
    assert found
    book.settle(made, Outcome.CONFIRMED, NOW, replace(found, under_way=False, stamp=NOW))
    assert book.tenant("shop") == replace(found, under_way=False, stamp=NOW, version=2)
    assert list(book.pending()) == []


def test_settling_over_a_stale_record_settles_nothing(book: Book) -> None:
    made = recorded(book)
    found = book.tenant("shop")
    assert found
    changed = book.save(found, replace(found, configuration_sets=frozenset({"news"})), NOW)
    with pytest.raises(StaleError):
        book.settle(made, Outcome.CONFIRMED, NOW, replace(found, under_way=False))
    assert len(list(book.pending())) == 1
    assert book.tenant("shop") == changed


def test_a_tenants_decisions_follow_one_another(book: Book) -> None:
    first = recorded(book)
    paused = book.tenant("shop")
    assert paused
    second = decision(tenant=paused, answer=Answer.RESUME, announces=GuardEvent.TENANT_RESUMED, at=first.at)
    book.record(second, record_after(second))
    assert {each.decision.id for each in book.pending()} == {"shop.1", "shop.2"}


def test_tenants_are_due_from_their_dates_on_the_longest_due_first(book: Book) -> None:
    for name, minutes in (("late", 2), ("later", 1), ("not-yet", 61)):
        written(book, replace(tenant(name), judge_again_at=NOW + timedelta(minutes=minutes)))
    assert list(book.due(NOW)) == []
    assert [each.name for each in book.due(NOW + timedelta(hours=1))] == ["later", "late"]
    assert [each.name for each in book.due(NOW + timedelta(minutes=1))] == ["later"]


def test_a_tenant_that_was_tended_is_due_at_its_next_date(book: Book) -> None:
    saved = written(book, replace(tenant("shop"), judge_again_at=NOW))
    later = NOW + timedelta(minutes=1)
    assert [each.name for each in book.due(later)] == ["shop"]
    book.save(saved, replace(saved, judge_again_at=None), later)
    assert list(book.due(later)) == []
    assert [each.name for each in book.due(later + timedelta(days=1))] == ["shop"]


def test_decisions_are_not_due_and_tenants_are_not_pending(book: Book) -> None:
    recorded(book)
    assert [each.name for each in book.due(NOW + timedelta(days=2))] == ["shop"]
    assert [each.decision.tenant.name for each in book.pending()] == ["shop"]


def test_the_mode_that_came_into_force_is_noted(book: Book) -> None:
    book.note_mode(ModeRecord(), Mode.OBSERVE, None)
    assert book.mode() == ModeRecord(in_force=Mode.OBSERVE)
    book.note_mode(book.mode(), Mode.ENFORCE, NOW)
    assert book.mode() == ModeRecord(in_force=Mode.ENFORCE, enforcing_since=NOW)
    book.note_mode(book.mode(), Mode.OBSERVE, None)
    assert book.mode() == ModeRecord(in_force=Mode.OBSERVE)


def test_of_two_that_note_a_change_the_first_ones_moment_counts(book: Book) -> None:
    book.note_mode(ModeRecord(), Mode.OBSERVE, None)
    read = book.mode()
    book.note_mode(read, Mode.ENFORCE, ago(seconds=1))
    book.note_mode(read, Mode.ENFORCE, NOW)
    assert book.mode().enforcing_since == ago(seconds=1)
    book.note_mode(ModeRecord(), Mode.OBSERVE, None)
    assert book.mode().in_force is Mode.ENFORCE


def test_a_new_tenants_tags_are_to_be_read_at_once(book: Book) -> None:
    written(book)
    recorded(book, "bad")
    assert sorted(book.tags_due(NOW)) == ["bad", "shop"]
    assert book.tags_due(ago(seconds=1)) == []


def test_the_policy_that_a_tag_names_is_noted_and_read_again_within_a_day(book: Book) -> None:
    saved = written(book)
    noted = book.note_tag(saved, "free", NOW)
    assert noted == replace(saved, tagged_policy="free", tags_read_at=NOW, version=2)
    assert book.tenant("shop") == noted
    assert book.tags_due(NOW) == []
    tomorrow = NOW + timedelta(days=1)
    assert book.tags_due(tomorrow) == ["shop"]
    book.save(noted, noted, tomorrow)
    assert book.tags_due(tomorrow) == ["shop"]


def test_a_tag_is_noted_on_the_record_that_was_read(book: Book) -> None:
    saved = written(book)
    book.save(saved, saved, NOW)
    with pytest.raises(StaleError):
        book.note_tag(saved, "free", NOW)
    assert book.tags_due(NOW) == ["shop"]


def test_the_longest_due_tags_come_first(book: Book) -> None:
    for name, minutes in (("second", 2), ("first", 3), ("third", 1)):
        book.save(Tenant(name=name), tenant(name), ago(minutes=minutes))
    assert list(book.tags_due(NOW)) == ["first", "second", "third"]
