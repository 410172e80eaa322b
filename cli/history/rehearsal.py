"""A history judged again: what the guard would have decided, by the same use cases as in the Lambdas."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from cli.export.policies import PoliciesByTenant
from cli.history.ledgers import Ledgers
from cli.history.lines import Line, SendLine
from cli.history.records import RecordsInMemory
from reputation_guard.domain.counts import DAY_SECONDS, KEPT_DAYS, feedback_id
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.delays import START_DELAYS, Delays
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.words import case_in_words
from reputation_guard.usecases.judge import Court, judge
from reputation_guard.usecases.mode import ModeInForce
from reputation_guard.usecases.review import tend

_KEPT_SECONDS = KEPT_DAYS * DAY_SECONDS
_AT_ONCE = timedelta(0)
_KNOWN_AT = attrgetter("ts")


def why(decision: Decision) -> str:
    """Why it was decided: the line a person can check, else the reason in words."""
    return case_in_words(decision.because) if decision.because else decision.reason


class _NextTick:
    """`ports.Reminder`: the next tick comes anyway."""

    def remind_in(self, delay: timedelta) -> None:
        """Nothing has to be done."""


class Rehearsal:
    """Policies in force over a history; they are always enforced, whatever their own modes."""

    def __init__(self, policies: PoliciesByTenant, delays: Delays = START_DELAYS) -> None:
        self._ledgers, self._records = Ledgers(), RecordsInMemory(policies.chosen)
        self._court = Court(
            counted=self._ledgers,
            book=self._records,
            policies=policies.enforced().in_force,
            delays=delays,
            in_force=ModeInForce(Mode.ENFORCE),
            reminder=_NextTick(),
            travelling=_AT_ONCE,
        )

    def add(self, lines: Sequence[Line]) -> None:
        """Count what became known. Their order makes no difference, and the same feedback counts once."""
        ledgers = self._ledgers
        ledgers.since = min(ledgers.since, min(map(_KNOWN_AT, lines), default=ledgers.since))
        for line in lines:
            if isinstance(line, SendLine):
                ledgers.pages[line.tenant].add_sends(int(line.ts), line.n)
            elif (kind := line.counts_as) and line.ts - line.sent_ts < _KEPT_SECONDS:
                ident = feedback_id(datetime.fromtimestamp(line.sent_ts, UTC), str(line.id), kind)
                ledgers.add_feedback(line.tenant, kind, line.sent_ts, ident)

    def judge(self, now: datetime) -> list[Decision]:
        """Judge whose turn it is and whose feedback grew; all decisions of this moment, by tenant."""
        grown = self._ledgers.grown(now)
        tended = self._tend_due(now)
        for name in grown:
            # While it is paused it is not judged, and whether it may send again is seen at its turn.
            if name not in tended and not self._records.is_paused(name):
                judge(name, self._court, now)
        return sorted(self._records.take_decided(), key=lambda decision: decision.tenant.name)

    def is_paused(self, tenant: str) -> bool:
        """Whether a tenant may not send."""
        return self._records.is_paused(tenant)

    def next_turn(self) -> datetime | None:
        """When a tenant may be due without new feedback; None while nobody is."""
        return self._records.next_turn()

    def _tend_due(self, now: datetime) -> set[str]:
        """Tend the tenants whose turn it is, as the minute review does: what has run out ends here."""
        due = self._records.due(now)
        for tenant in due:
            tend(tenant, self._court, now)
        return {tenant.name for tenant in due}
