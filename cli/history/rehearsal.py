"""A history judged again: what the guard would have decided, by the same use cases as in the Lambdas."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from cli.export.policies import PoliciesByTenant
from cli.history.ledgers import Ledgers, Page
from cli.history.lines import NOBODY, FeedbackLine, Line, SendLine
from cli.history.records import RecordsInMemory
from reputation_guard.domain.counts import DAY_SECONDS, KEPT_DAYS, feedback_id
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.policy import Kind, Mode
from reputation_guard.domain.words import case_in_words
from reputation_guard.usecases.account import close_account_days, judge_account
from reputation_guard.usecases.judge import Court, judge, knowing_the_account
from reputation_guard.usecases.mode import ModeInForce
from reputation_guard.usecases.review import tend

_KEPT_SECONDS = KEPT_DAYS * DAY_SECONDS
_AT_ONCE = timedelta(0)
_KNOWN_AT = attrgetter("ts")


def why(decision: Decision) -> str:
    """Why it was decided: the line a person can check, else the reason in words."""
    return case_in_words(decision.because) if decision.because else decision.reason


class _NextTick:
    """`ports.outlets.Reminder`: the next tick comes anyway."""

    def remind_in(self, delay: timedelta) -> None:
        """Nothing has to be done."""


class Rehearsal:
    """Policies in force over a history, with their delays; they are always enforced, whatever their own modes.

    With `whole_account` all mail together is weighed as well, and tightens the policies as SES's lines come near.
    """

    def __init__(self, policies: PoliciesByTenant, *, whole_account: bool = False) -> None:
        self._ledgers, self._records = Ledgers(whole_account=whole_account), RecordsInMemory(policies.chosen)
        self._court = Court(
            counted=self._ledgers,
            book=self._records,
            policies=policies.enforced().in_force,
            delays=policies.delays,
            in_force=ModeInForce(Mode.ENFORCE),
            reminder=_NextTick(),
            travelling=_AT_ONCE,
            # What a policy says of each tenant is asked for, not how many of them the guard would leave to a person.
            braking=None,
        )

    def add(self, lines: Sequence[Line]) -> None:
        """Count what became known. Their order makes no difference, and the same feedback counts once."""
        ledgers = self._ledgers
        ledgers.since = min(ledgers.since, min(map(_KNOWN_AT, lines), default=ledgers.since))
        if account := ledgers.account:
            _add_to_account(account, lines)
            lines = [line for line in lines if line.tenant != NOBODY]
        for line in lines:
            if isinstance(line, SendLine):
                ledgers.pages[line.tenant].add_sends(int(line.ts), line.n)
            elif kind := _counts_as(line):
                ledgers.add_feedback(line.tenant, kind, line.sent_ts, feedback_id(_sent_at(line), str(line.id), kind))

    def judge(self, now: datetime) -> list[Decision]:
        """Judge whose turn it is and whose feedback grew; all decisions of this moment, by tenant."""
        grown = self._ledgers.grown(now)
        court = self._with_account(now) if self._ledgers.account else self._court
        tended = self._tend_due(court, now)
        for name in grown:
            # While it is paused it is not judged, and whether it may send again is seen at its turn.
            if name not in tended and not self._records.is_paused(name):
                judge(name, court, now)
        # Without the account its risk is not known, and there is nothing to say.
        judge_account(court.account, court.book, court.counted, court.in_force.mode, now)
        return sorted(self._records.take_decided(), key=lambda decision: decision.tenant.name)

    def is_paused(self, tenant: str) -> bool:
        """Whether a tenant may not send."""
        return self._records.is_paused(tenant)

    def next_turn(self) -> datetime | None:
        """When a tenant may be due without new feedback; None while nobody is."""
        return self._records.next_turn()

    def _with_account(self, now: datetime) -> Court:
        """The court, knowing the account. Its days are closed before: the last tick may have been hours ago."""
        close_account_days(self._records, self._ledgers, now)
        return knowing_the_account(self._court, now)

    def _tend_due(self, court: Court, now: datetime) -> set[str]:
        """Tend the tenants whose turn it is, as the minute review does: what has run out ends here."""
        due = self._records.due(now)
        for tenant in due:
            tend(tenant, court, now)
        return {tenant.name for tenant in due}


def _add_to_account(account: Page, lines: Iterable[Line]) -> None:
    """Count all mail as the account's. Ids are a tenant's own, so that here its name is a part of them."""
    for line in lines:
        if isinstance(line, SendLine):
            account.add_sends(int(line.ts), line.n)
        elif kind := _counts_as(line):
            account.add_feedback(kind, line.sent_ts, feedback_id(_sent_at(line), line.tenant, str(line.id), kind))


def _counts_as(line: FeedbackLine) -> Kind | None:
    return line.counts_as if line.ts - line.sent_ts < _KEPT_SECONDS else None


def _sent_at(line: FeedbackLine) -> datetime:
    return datetime.fromtimestamp(line.sent_ts, UTC)
