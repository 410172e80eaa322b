"""Law 12: the most cautious mode is in force, and going to enforce fences everybody at that moment."""

from datetime import timedelta

import pytest

from reputation_guard.domain.policy import Mode
from reputation_guard.ports.book import ModeRecord
from reputation_guard.usecases.mode import ModeInForce, mode_in_force
from tests.fakes.book import InMemoryBook
from tests.fakes.builders import NOW

LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("deployed", "switch", "mode"),
    [
        (Mode.OBSERVE, None, Mode.OBSERVE),
        (Mode.OBSERVE, Mode.ENFORCE, Mode.OBSERVE),
        (Mode.ENFORCE, Mode.OBSERVE, Mode.OBSERVE),
        (Mode.ENFORCE, Mode.ENFORCE, Mode.ENFORCE),
        (Mode.ENFORCE, None, Mode.ENFORCE),
    ],
)
def test_template_and_switch_both_have_to_want_to_enforce(deployed: Mode, switch: Mode | None, mode: Mode) -> None:
    assert mode_in_force(InMemoryBook(page=ModeRecord(switch)), deployed, NOW).mode is mode


def test_a_deployment_that_always_enforced_fences_nobody() -> None:
    book = InMemoryBook()
    assert mode_in_force(book, Mode.ENFORCE, NOW) == ModeInForce(Mode.ENFORCE, None)
    assert mode_in_force(book, Mode.ENFORCE, LATER) == ModeInForce(Mode.ENFORCE, None)


def test_going_to_enforce_is_remembered_by_its_moment() -> None:
    book = InMemoryBook()
    mode_in_force(book, Mode.OBSERVE, NOW)
    assert mode_in_force(book, Mode.ENFORCE, LATER) == ModeInForce(Mode.ENFORCE, LATER)
    assert mode_in_force(book, Mode.ENFORCE, LATER + timedelta(days=3)) == ModeInForce(Mode.ENFORCE, LATER)


def test_each_return_to_enforce_fences_anew() -> None:
    book = InMemoryBook()
    mode_in_force(book, Mode.ENFORCE, NOW)
    book.switch(Mode.OBSERVE)
    assert mode_in_force(book, Mode.ENFORCE, NOW + timedelta(minutes=1)) == ModeInForce(Mode.OBSERVE, None)
    book.switch(None)
    assert mode_in_force(book, Mode.ENFORCE, LATER) == ModeInForce(Mode.ENFORCE, LATER)


def test_of_two_that_see_the_change_at_once_the_first_ones_moment_counts() -> None:
    book = InMemoryBook(page=ModeRecord(in_force=Mode.OBSERVE))
    stale = book.mode()
    mode_in_force(book, Mode.ENFORCE, NOW)
    book.note_mode(stale, Mode.ENFORCE, LATER)
    assert book.mode().enforcing_since == NOW
