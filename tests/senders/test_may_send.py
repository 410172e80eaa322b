"""`may_send`: a sender's question, answered in time, from fresh memory, and with yes where nobody knows."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from reputation_guard.aws.book import BookTable
from reputation_guard.domain.tenant import Standing, Tenant
from senders import may_send
from senders.may_send import MaySend
from tests.aws.tables import BOOK, create_tables
from tests.fakes.builders import NOW

Answers = Callable[..., Mapping[str, Any]]


class Stub:
    """A client of DynamoDB or SES that answers what a test says."""

    def __init__(self, answer: Answers) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self._answer = answer

    def get_item(self, **asked: Any) -> Mapping[str, Any]:
        self.asked.append(asked)
        return self._answer(**asked)

    get_tenant = get_item


def standing(value: str) -> Answers:
    """The book's answer."""
    return lambda **_: {"Item": {"tenant": {"M": {"standing": {"S": value}}}}}


@pytest.mark.parametrize("value", Standing)
def test_only_a_paused_tenant_may_not_send(value: Standing) -> None:
    answer = MaySend("book", Stub(standing(value)))("shop")
    assert (bool(answer), answer.sure) == (value is not Standing.PAUSED, True)
    assert value in answer.why


def test_the_record_is_that_of_the_book(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is copied to places where the guard's code is not: its idea of the table has to be the guard's."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        dynamodb: Any = boto3.client("dynamodb", "us-east-1")
        create_tables(dynamodb)
        book = BookTable(dynamodb, BOOK)
        ask = MaySend(BOOK, dynamodb, remembered_seconds=0)
        assert ask("shop").why == "the guard has not met the tenant yet"
        saved = book.save(Tenant(name="shop"), Tenant(name="shop"), NOW)
        assert ask("shop")
        book.save(saved, Tenant(name="shop", standing=Standing.PAUSED), NOW)
        assert not ask("shop")


@pytest.mark.parametrize(("status", "allowed"), [("ENABLED", True), ("REINSTATED", True), ("DISABLED", False)])
def test_without_a_table_ses_is_asked(status: str, *, allowed: bool) -> None:
    ses = Stub(lambda **_: {"Tenant": {"SendingStatus": status}})
    answer = MaySend(client=ses)("shop")
    assert (bool(answer), answer.why) == (allowed, f"SES says {status}")
    assert ses.asked == [{"TenantName": "shop"}]


def test_an_answer_is_remembered_for_half_a_minute() -> None:
    seconds = [0.0]
    book = Stub(standing("HEALTHY"))
    ask = MaySend("book", book, clock=lambda: seconds[0])
    assert ask("shop") is ask("shop")
    seconds[0] = 29.9
    ask("shop")
    assert len(book.asked) == 1
    seconds[0] = 30.0
    ask("shop")
    assert len(book.asked) == 2


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(may_send, "_MOST_REMEMBERED", 2)
    book = Stub(standing("HEALTHY"))
    ask = MaySend("book", book)
    for name in ("a", "b", "c", "b", "c", "a"):
        ask(name)
    assert [each["Key"]["pk"]["S"][-1] for each in book.asked] == ["a", "b", "c", "a"]


def refusing(**_: Any) -> Mapping[str, Any]:
    """AWS is down."""
    raise OSError("no route")


@pytest.mark.parametrize("answer", [refusing, lambda **_: {"Item": {}}, lambda **_: {"Item": None}])
def test_whatever_fails_it_says_yes_and_that_it_does_not_know(answer: Answers) -> None:
    said = MaySend("book", Stub(answer))("shop")
    assert (bool(said), said.sure) == (True, False)
    assert said.why.startswith("not known: ")


def test_without_credentials_or_region_it_says_yes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    assert not MaySend("book")("shop").sure


def test_a_table_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a second mail's question about another tenant, once enough of them hang."""
    monkeypatch.setattr(may_send, "_PATIENCE_SECONDS", 0.01)
    let_go = threading.Event()

    def hanging(**_: Any) -> Mapping[str, Any]:
        let_go.wait(5)
        return {}

    book = Stub(hanging)
    ask = MaySend("book", book)
    said = [ask(f"shop-{number}") for number in range(8)]
    let_go.set()
    assert all(said)
    assert {each.why for each in said} == {
        "not known: no answer within 0.01 s",
        "not known: too many are asking at once",
    }
    assert len(book.asked) == 4


def test_a_crowd_waits_its_turn_and_nobody_paused_passes_for_allowed_in_it() -> None:
    def slow(**_: Any) -> Mapping[str, Any]:
        time.sleep(0.02)
        return standing("PAUSED")()

    ask, said = MaySend("book", Stub(slow)), {}

    def one(name: str) -> None:
        said[name] = ask(name)

    threads = [threading.Thread(target=one, args=(f"shop-{number}",)) for number in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert {(each.allowed, each.sure) for each in said.values()} == {(False, True)}


def test_that_too_many_asked_is_soon_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(may_send, "_PATIENCE_SECONDS", 0.01)
    let_go, now = threading.Event(), [0.0]

    def hanging(**_: Any) -> Mapping[str, Any]:
        let_go.wait(5)
        return standing("PAUSED")()

    ask = MaySend("book", Stub(hanging), clock=lambda: now[0])
    crowd = [ask(f"shop-{number}") for number in range(5)]
    assert crowd[-1].why == "not known: too many are asking at once"
    let_go.set()
    monkeypatch.setattr(may_send, "_PATIENCE_SECONDS", 5.0)
    assert ask("shop-4"), "for a moment"
    now[0] = 1.1
    assert not ask("shop-4")


def test_threads_may_share_it() -> None:
    book = Stub(standing("PAUSED"))
    ask = MaySend("book", book)
    answers: list[bool] = []
    threads = [threading.Thread(target=lambda: answers.extend(not ask("shop") for _ in range(50))) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert answers == [True] * 150
    assert len(book.asked) <= 3


APPLICATION = """
import multiprocessing, os, sys, threading, time
import boto3
from senders import may_send

class Book:
    def __init__(self):
        self.made_by = os.getpid()
    def get_item(self, Key, **_):
        if Key["pk"]["S"] == "tenant#hanging":
            time.sleep(3600)
        return {"Item": {"tenant": {"M": {"standing": {"S": f"PAUSED, asked by {self.made_by == os.getpid()}"}}}}}

class Session:
    def client(self, *_, **__):
        return Book()

boto3.Session = Session
may_send._PATIENCE_SECONDS = 0.2
ask = may_send.MaySend("book", remembered_seconds=0)
assert "PAUSED" in ask("shop").why
"""
MEANWHILE = """
threads = [threading.Thread(target=ask, args=("hanging",), daemon=True) for _ in range(4)]
[each.start() for each in threads]
threading.Thread(target=lambda: ask._lock.acquire(), daemon=True).start()
time.sleep(0.1)

def child():
    may_send._PATIENCE_SECONDS = 5.0
    answers = [ask("shop") for _ in range(5)]
    print([(each.why, each.sure) for each in answers], flush=True)
"""
FORKS = {
    "os": "if os.fork():\n    os._exit(os.waitstatus_to_exitcode(os.wait()[1]))\nchild()\nos._exit(0)",
    "multiprocessing": (
        "found = multiprocessing.get_context('fork').Process(target=child)\nfound.start()\n"
        "found.join()\nos._exit(found.exitcode)"
    ),
}


def run(program: str) -> str:
    """Run a program of Python; what it printed. One that hangs is ended, and fails."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("fork", FORKS)
def test_a_worker_that_was_forked_asks_by_itself_whatever_its_parent_was_doing(fork: str) -> None:
    """Servers load an application and fork then: nobody of the parent's is there to be waited for."""
    told = ("the guard's record says PAUSED, asked by True", True)
    assert run(APPLICATION + MEANWHILE + FORKS[fork]) == f"{[told] * 5}\n"


def test_a_process_ends_while_a_question_hangs() -> None:
    began = time.monotonic()
    said = run(APPLICATION + "print(ask('hanging').sure, flush=True)")
    assert (said, time.monotonic() - began < 15) == ("False\n", True)
