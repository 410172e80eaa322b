"""What is true of the whole run; these come after all other tests."""

from reputation_guard.domain.decision import replayed
from tests.e2e.account import Account


def test_every_decision_in_the_book_replays_to_itself(account: Account) -> None:
    """The stored evidence gives the same decision (Law 3); what a person or SES did has a reason instead."""
    everything = account.book.all_decisions()
    judged = [each for each in everything if each.decision.judged]
    assert judged, "nothing was judged in this run"
    for written in judged:
        assert replayed(written.decision) == written.decision
    for written in everything:
        assert written in judged or (written.decision.reason and not written.decision.windows)


def test_no_dead_letter_is_left(account: Account) -> None:
    """The one that a test made was seen to; every other edge delivered all it was given (Law 10)."""
    for name in account.aws.outputs["DeadLetterQueues"].split(","):
        assert account.dead_letters(name) == [], name


def test_no_function_broke(account: Account) -> None:
    """What a function raises is tried again, so nobody would notice."""
    assert account.log_lines('"level":"CRITICAL"') == []
    assert "Traceback (most recent call last)" not in account.aws.log.read_text(encoding="utf-8")
