"""The closed loop: a rule reads what happens, and what it pauses stops happening.

The rule is a command that speaks the replay protocol (`guard replay --help`): it reads JSON lines of events and of
ticks, answers a tick with a line for each decision, and ends the answer with an `ack`.
"""

import json
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import IO, Any, Self

from bench.quality.scorer import Action, Verb
from bench.quality.traces import START, Event, Trace, events
from reputation_guard.domain.counts import DAY_SECONDS

_SECONDS_TO_END = 30


class RuleFailedError(Exception):
    """The command of the rule ended, or answered what is not in the protocol."""


@dataclass(slots=True)
class Pauses:
    """The stretches in which a tenant was paused; the last may still last (`ends` is None)."""

    begun: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)

    def apply(self, verb: Verb, at: float) -> None:
        """Pause or resume from `at` on."""
        lasting = len(self.begun) > len(self.ended)
        if verb is Verb.PAUSE and not lasting:
            self.begun.append(at)
        elif verb is Verb.RESUME and lasting:
            self.ended.append(at)

    def cover(self, sent: float) -> bool:
        """Whether a mail that would be sent at this moment is not."""
        stopped = sum(begun <= sent for begun in self.begun)
        let_go = sum(ended <= sent for ended in self.ended)
        return stopped > let_go


class ReplayedRule:
    """A rule that runs as a command; leaving the context ends it. Its methods raise RuleFailedError."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the command is the caller's own
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1 << 20
            )
        except OSError as error:
            raise self._failed(f"it cannot be started: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(BrokenPipeError):
            self._pipe(self._process.stdin).close()
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._pipe(self._process.stdout).close()

    def decide(self, lines: Sequence[str], tick: int) -> list[Action]:
        """Let it read these lines, and ask for its actions at the tick."""
        pipe = self._pipe(self._process.stdin)
        try:
            pipe.writelines(lines)
            pipe.write(f'{{"tick":{tick}}}\n')
            pipe.flush()
        except BrokenPipeError as error:
            raise self._failed("it stopped reading") from error
        actions = []
        while "ack" not in (answer := self._answer()):
            try:
                actions.append(Action(tick, answer["tenant"], Verb(answer["action"])))
            except (KeyError, ValueError) as error:
                raise self._failed(f"no decision of the replay protocol: {answer}") from error
        return actions

    def _answer(self) -> dict[str, Any]:
        line = self._pipe(self._process.stdout).readline()
        if not line:
            raise self._failed("it ended before it answered")
        try:
            answer: dict[str, Any] = json.loads(line)
        except json.JSONDecodeError as error:
            raise self._failed(f"no line of JSON: {line!r}") from error
        return answer

    def _failed(self, why: str) -> RuleFailedError:
        return RuleFailedError(f"{' '.join(self._command)}: {why}")

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        if pipe is None:
            raise TypeError("the command has pipes from its start")
        return pipe


def play(
    traces: list[Trace],
    days: int,
    tick: int,
    decide: Callable[[list[str], int], list[Action]],
    day_done: Callable[[], None] = lambda: None,
) -> list[Action]:
    """Play the traces against a rule and log its actions.

    Mail of a paused tenant vanishes, and so does its feedback; feedback of mail sent before the pause still comes.
    An action holds from its tick on, whatever moment the rule gives it. Raises RuleFailedError.
    """
    pauses = [Pauses() for _ in traces]
    number_of = {trace.name: number for number, trace in enumerate(traces)}
    log: list[Action] = []
    waiting: list[str] = []
    due = START + tick
    end = Event(START + days * DAY_SECONDS, -1, 0, "")
    for at, trace, sent, line in chain(events(traces, days), [end]):
        while at >= due:
            for action in decide(waiting, due):
                if action.tenant not in number_of:
                    raise RuleFailedError(f"the rule decided on a tenant it was not told of: {action.tenant}")
                pauses[number_of[action.tenant]].apply(action.verb, due)
                log.append(action)
            waiting = []
            due += tick
            if (due - START) % DAY_SECONDS < tick:
                day_done()
        if not (pauses[trace].begun and pauses[trace].cover(sent)):
            waiting.append(line)
    return log
