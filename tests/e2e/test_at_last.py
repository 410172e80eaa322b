"""What is true of the whole run; these come after all other tests."""

from pathlib import Path

from cli.export.file import read
from cli.export.lines import DecisionLine
from local.demo.keepsake import run_guard, write_report
from reputation_guard.domain.judgement import replayed
from tests.e2e.account import Account

_OF_A_TRACEBACK = 4_000


def test_every_decision_in_the_book_replays_to_itself(account: Account) -> None:
    """The stored evidence gives the same decision (Law 3); what a person or SES did has a reason instead."""
    everything = account.book.all_decisions()
    judged = [each for each in everything if each.decision.judged]
    assert judged, "nothing was judged in this run"
    for written in judged:
        assert replayed(written.decision) == written.decision
    for written in everything:
        assert written in judged or (written.decision.reason and not written.decision.windows)


def test_the_whole_run_can_be_exported_and_reported(account: Account, tmp_path: Path) -> None:
    """Nothing that was decided is missing, and what is read back is equal."""
    history, page = tmp_path / "history.jsonl.gz", tmp_path / "report.html"
    assert run_guard(account.aws, "export", "-o", str(history)).returncode == 0
    exported = [line.decision for line in read(str(history)) if isinstance(line, DecisionLine)]
    everything = [written.decision for written in account.book.all_decisions()]
    assert sorted(exported, key=lambda each: each.id) == sorted(everything, key=lambda each: each.id)
    assert write_report(account.aws, page) == []
    assert all(decision.tenant.name in page.read_text(encoding="utf-8") for decision in everything)


def test_no_dead_letter_is_left(account: Account) -> None:
    """The one that a test made was seen to; every other edge delivered all it was given (Law 10)."""
    for name in account.aws.outputs["DeadLetterQueues"].split(","):
        assert account.dead_letters(name) == [], name


def test_no_function_broke(account: Account) -> None:
    """What a function raises is tried again, so nobody would notice."""
    assert account.log_lines('"level":"CRITICAL"') == []
    broken = account.log_of_what_nobody_made_fail().partition("Traceback (most recent call last)")[2]
    assert not broken, broken[:_OF_A_TRACEBACK]
