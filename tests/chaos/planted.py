"""Mistakes that the chaos suite has to find: each was made on purpose, and is here only for its test.

| name | the mistake |
|---|---|
| deaf-queue | ingest answers that all of a batch was counted, whatever failed |
| settles-first | enforce settles a pause before it announces it: a crash between the two loses the page |
| lifts-any-stop | enforce resumes without asking whether another has stopped the tenant meanwhile |
| forgets-the-dead | reconcile believes that every execution goes on |
| forgets-the-account | reconcile looks for the lost episodes of tenants alone |
| trips | SES's own sends are looked for where they are not, so that reconcile falls over in each run |
| forgets-pauses | the brake remembers the pauses of a minute, not of an hour |
| pauses-anyway | a pause is written though another has changed the page of the brake since it was read |
| counts-again | ingest's ids differ each time feedback is delivered, so that twice is twice |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import count as numbers
from typing import Any
from unittest import mock

from reputation_guard.aws import brake as braking
from reputation_guard.aws.executions import StateMachine
from reputation_guard.aws.metrics import SesMetrics
from reputation_guard.aws.together import write_together
from reputation_guard.domain import brake
from reputation_guard.domain.counts import Ids
from reputation_guard.domain.decision import Decision, GuardEvent
from reputation_guard.usecases import carry_out, count, reconcile
from reputation_guard.wire import queue
from tests.chaos.deployment import handler_of
from tests.chaos.tables import brake_read


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Plant a mistake; none where it has no name."""
    with _MISTAKES[name]():
        yield


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _deaf_queue() -> Iterator[None]:
    # The handlers have its name from when they were loaded.
    handler_of.cache_clear()
    with mock.patch.object(queue, "failures", return_value={"batchItemFailures": []}):
        yield
    handler_of.cache_clear()


@contextmanager
def _settles_first() -> Iterator[None]:
    announce, settle = carry_out._announce, carry_out._settle
    held: list[Callable[[], None]] = []

    def announced_later(name: GuardEvent, decision: Decision, *more: Any, **named: Any) -> None:
        if name is GuardEvent.TENANT_PAUSED and not decision.adopted:
            held.append(lambda: announce(name, decision, *more, **named))
        else:
            announce(name, decision, *more, **named)

    def settled_first(*arguments: Any) -> None:
        settle(*arguments)
        while held:
            held.pop(0)()

    with (
        mock.patch.object(carry_out, "_announce", announced_later),
        mock.patch.object(carry_out, "_settle", settled_first),
    ):
        yield


@contextmanager
def _lifts_any_stop() -> Iterator[None]:
    with mock.patch.object(carry_out, "is_stopped_anew", return_value=False):
        yield


@contextmanager
def _counts_again() -> Iterator[None]:
    tick = numbers()

    class Forgetful(Ids):
        @classmethod
        def of(cls, idents: Any) -> Ids:
            return Ids.of({ident[:2] + next(tick).to_bytes(6, "big") for ident in idents})

    with mock.patch.object(count, "Ids", Forgetful):
        yield


@contextmanager
def _forgets_the_dead() -> Iterator[None]:
    with mock.patch.object(StateMachine, "is_running", return_value=True):
        yield


@contextmanager
def _forgets_the_account() -> Iterator[None]:
    with mock.patch.object(reconcile, "TROUBLES", ()):
        yield


@contextmanager
def _trips() -> Iterator[None]:
    with mock.patch.object(SesMetrics, "sent", side_effect=KeyError("Send")):
        yield


@contextmanager
def _forgets_pauses() -> Iterator[None]:
    with mock.patch.object(brake, "AN_HOUR", timedelta(minutes=1)):
        yield


@contextmanager
def _pauses_anyway() -> Iterator[None]:
    def unconditionally(dynamodb: Any, actions: Sequence[Any]) -> None:
        for action in actions:
            if brake_read({"TransactItems": [action]}) is not None:
                del action["Put"]["ConditionExpression"]
        write_together(dynamodb, actions)

    with mock.patch.object(braking, "write_together", unconditionally):
        yield


_MISTAKES = {
    "": _nothing,
    "deaf-queue": _deaf_queue,
    "settles-first": _settles_first,
    "lifts-any-stop": _lifts_any_stop,
    "counts-again": _counts_again,
    "forgets-the-dead": _forgets_the_dead,
    "forgets-the-account": _forgets_the_account,
    "trips": _trips,
    "forgets-pauses": _forgets_pauses,
    "pauses-anyway": _pauses_anyway,
}
