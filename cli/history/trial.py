"""Policies on trial: a history played in a closed loop, in which a paused tenant sends nothing."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cli.export.policies import PoliciesByTenant
from cli.history.lines import NOBODY, Line, SendLine
from cli.history.rehearsal import Rehearsal, why
from reputation_guard.domain.decision import Answer, Decision


@dataclass(slots=True)
class Stop:
    """A pause of the trial: since when, on what evidence, and until when (None: to the end)."""

    at: datetime
    why: str
    until: datetime | None = None

    def covers(self, moment: float) -> bool:
        """Whether mail of a Unix time falls into it."""
        return self.at.timestamp() <= moment and (self.until is None or moment < self.until.timestamp())


@dataclass(slots=True)
class Findings:
    """What came of one tenant: its pauses, and how many of its mails they would have kept from being sent."""

    stops: list[Stop] = field(default_factory=list)
    not_sent: int = 0


class Trial:
    """Plays the lines of a history under a policy, or each tenant's own, and judges every so many seconds of it.

    `account_at_risk`: what was said of the account itself, where it is weighed.
    """

    def __init__(self, policies: PoliciesByTenant, every: float, *, whole_account: bool = False) -> None:
        self.policies = policies
        self.tenants: set[str] = set()
        self.sends = 0
        self.paused: dict[str, Findings] = defaultdict(Findings)
        self.whole_account = whole_account
        self.account_at_risk: list[Decision] = []
        self._rehearsal = Rehearsal(policies, whole_account=whole_account)
        self._every = every
        self._waiting: list[Line] = []
        self._next = math.inf
        self._last = 0.0

    def play(self, lines: Iterable[Line]) -> None:
        """Take in lines in the order in which they became known."""
        for line in lines:
            if self._next is math.inf:
                self._next = self._tick_after(line.ts)
            if line.ts >= self._next:
                self._judge_until(line.ts)
            if line.tenant != NOBODY:
                self.tenants.add(line.tenant)
                self.sends += line.n if isinstance(line, SendLine) else 0
            if line.tenant not in self.paused or not self._would_not_have_been(line):
                self._waiting.append(line)
            self._last = max(self._last, line.ts)

    def end(self) -> None:
        """Judge the last lines."""
        self._judge_until(self._last + self._every)

    def _would_not_have_been(self, line: Line) -> bool:
        found = self.paused[line.tenant]
        moment = line.ts if isinstance(line, SendLine) else line.sent_ts
        stopped = any(stop.covers(moment) for stop in found.stops)
        if stopped and isinstance(line, SendLine):
            found.not_sent += line.n
        return stopped

    def _judge_until(self, moment: float) -> None:
        self._rehearsal.add(self._waiting)
        self._waiting.clear()
        while self._next <= moment:
            self._judge(datetime.fromtimestamp(self._next, UTC))
            self._next = self._tick_worth_judging(moment)

    def _judge(self, now: datetime) -> None:
        for decision in self._rehearsal.judge(now):
            if decision.answer is Answer.PAUSE:
                self.paused[decision.tenant.name].stops.append(Stop(now, why(decision)))
            elif decision.answer is Answer.RESUME:
                self.paused[decision.tenant.name].stops[-1].until = now
            elif decision.tenant.is_account:
                self.account_at_risk.append(decision)

    def _tick_worth_judging(self, moment: float) -> float:
        """The next tick on which anybody may be due, or the first one after `moment`: until then nothing is new."""
        turn = self._rehearsal.next_turn()
        due = math.ceil(turn.timestamp() / self._every) * self._every if turn else math.inf
        return min(max(self._next + self._every, due), max(self._next + self._every, self._tick_after(moment)))

    def _tick_after(self, moment: float) -> float:
        return (moment // self._every + 1) * self._every
