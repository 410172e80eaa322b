"""Histories to report on, without a deployment."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.export.file import write
from cli.export.lines import AccountLine, CountsLine, DecisionLine, Line, TenantLine
from reputation_guard.domain.decision import Answer, Case, Decision, Example, GuardEvent, record_after
from reputation_guard.domain.policy import PRESETS, Kind, Mode
from reputation_guard.domain.tenant import Tenant
from reputation_guard.domain.windows import Window
from reputation_guard.ports.book import Outcome

NOW = datetime(2026, 11, 24, 12, 2, 30, tzinfo=UTC)
ACCOUNT = AccountLine(account="123456789012", region="eu-west-1", stack="reputation-guard", at=NOW)
STANDARD = PRESETS["standard"]
WINDOW = Window(Kind.BOUNCE, timedelta(minutes=15), feedback=30, sends=100, due=90.0)
_SLOT = timedelta(minutes=5)


def slots(tenant: str, *numbers: tuple[int, int, int], until: datetime = NOW) -> list[Line]:
    """Sends, hard bounces and complaints of the last slots, the running one last."""
    last = until.replace(minute=until.minute // 5 * 5, second=0, microsecond=0)
    return [
        CountsLine(tenant=tenant, slot=last - back * _SLOT, sends=sends, bounces=bounces, complaints=complaints)
        for back, (sends, bounces, complaints) in enumerate(reversed(numbers))
    ]


def paused(name: str, at: datetime = NOW - timedelta(minutes=10), *examples: Example) -> Decision:
    """A pause for hard bounces."""
    return Decision(
        answer=Answer.PAUSE,
        announces=GuardEvent.TENANT_PAUSED,
        at=at,
        tenant=Tenant(name=name),
        mode=Mode.ENFORCE,
        policy=STANDARD,
        because=Case(WINDOW, limit=0.1, prior=20, strength=9.0),
        examples=examples,
    )


def resumed(decision: Decision, at: datetime, reason: str) -> Decision:
    """An operator's resume after a pause."""
    return Decision(
        answer=Answer.RESUME,
        announces=GuardEvent.TENANT_RESUMED,
        at=at,
        tenant=record_after(decision),
        mode=Mode.ENFORCE,
        policy=STANDARD,
        operator="ann",
        reason=reason,
    )


def settled(*decisions: Decision, outcome: Outcome = Outcome.CONFIRMED) -> list[Line]:
    """Decisions as they stand in the book, and the record after the last one."""
    lines = [DecisionLine(decision=each, outcome=outcome, settled_at=each.at) for each in decisions]
    return [*lines, TenantLine(tenant=record_after(decisions[-1]))]


def written(folder: Path, lines: Iterable[Line]) -> str:
    """An export with these lines; returns its name."""
    target = str(folder / "history.jsonl")
    write([ACCOUNT, *lines], target)
    return target
