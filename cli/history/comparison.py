"""Two policies over one history: whom only one of them would have paused, and whom both, as text and as JSON.

The one in force may be another for each tenant.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.export.policies import called
from cli.history.lines import Line
from cli.history.rehearsal import why
from cli.history.trial import Findings, Trial
from cli.words import count, moment
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Row:
    """One tenant that either policy would have paused, with what came of it under each."""

    tenant: str
    candidate: Findings | None
    in_force: Findings | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A candidate beside the policy in force, both tried on the same history."""

    candidate: Trial
    in_force: Trial

    def play(self, lines: Sequence[Line]) -> None:
        """Try both on lines, in the order in which they became known."""
        self.candidate.play(lines)
        self.in_force.play(lines)

    def end(self) -> None:
        """Judge the last lines."""
        self.candidate.end()
        self.in_force.end()

    def rows(self) -> Iterator[Row]:
        """By tenant."""
        for name in sorted({*self.candidate.paused, *self.in_force.paused}):
            yield Row(name, self.candidate.paused.get(name), self.in_force.paused.get(name))

    def groups(self) -> dict[str, list[Row]]:
        """The tenants that only the candidate pauses, that both do, and that only the policy in force does."""
        rows = list(self.rows())
        return {
            "only_candidate": [row for row in rows if not row.in_force],
            "both": [row for row in rows if row.candidate and row.in_force],
            "only_in_force": [row for row in rows if not row.candidate],
        }

    def as_json(self, allowed: int) -> dict[str, Any]:
        """The comparison for programs."""
        groups = self.groups()
        return {
            "candidate": _policy(self.candidate.policies.default),
            "in_force": _policy(self.in_force.policies.default),
            "tenants": len(self.candidate.tenants),
            "sends": self.candidate.sends,
            "additional": len(groups["only_candidate"]),
            "allowed": allowed,
            **{name: [self._row(row) for row in rows] for name, rows in groups.items()},
            **({"account_at_risk": self._at_risk()} if self.candidate.whole_account else {}),
        }

    def print_on(self, out: Console, allowed: int) -> None:
        """The comparison for people: a table, and in a sentence what it comes to."""
        groups = self.groups()
        titles = {
            "only_candidate": f"Only {self._candidate} would have paused",
            "both": "Both would have paused",
            "only_in_force": f"Only {self._in_force} would have paused",
        }
        for name, rows in groups.items():
            if rows:
                out.print(Text(f"{titles[name]}:", "bold"))
                out.print(self._table(rows))
        out.print(Text(self._summary(groups, allowed)))
        if self.candidate.whole_account:
            for called, trial in ((self._candidate, self.candidate), (self._in_force, self.in_force)):
                out.print(Text(f"The whole account under {called}: {_risk_of(trial.account_at_risk)}."))

    @property
    def _candidate(self) -> str:
        """What people call it: a candidate often has the name of what it is to take the place of."""
        return f"{self.candidate.policies.called} (candidate)"

    @property
    def _in_force(self) -> str:
        return f"{self.in_force.policies.called} (in force)"

    def _table(self, rows: Sequence[Row]) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("Tenant", overflow="fold")
        table.add_column("Policy", no_wrap=True)
        table.add_column("First pause, and on what evidence", overflow="fold")
        table.add_column("Mails not sent", justify="right")
        for row in rows:
            tenant = row.tenant
            candidate, in_force = (called(trial.policies.of(tenant)) for trial in (self.candidate, self.in_force))
            table.add_row(tenant, f"{candidate} (candidate)", *_outcome(row.candidate))
            table.add_row("", f"{in_force} (in force)", *_outcome(row.in_force))
        return table

    def _row(self, row: Row) -> dict[str, Any]:
        in_force = _policy(self.in_force.policies.of(row.tenant))
        return {
            "tenant": row.tenant,
            "policy_in_force": in_force,
            "candidate": _findings(row.candidate),
            "in_force": _findings(row.in_force),
        }

    def _at_risk(self) -> dict[str, Any]:
        return {
            name: [{"at": each.at.isoformat(), "why": why(each)} for each in trial.account_at_risk]
            for name, trial in (("candidate", self.candidate), ("in_force", self.in_force))
        }

    def _summary(self, groups: dict[str, list[Row]], allowed: int) -> str:
        additional, both, fewer = map(len, groups.values())
        verdict = f"more than the {allowed:,} allowed" if additional > allowed else f"{allowed:,} allowed"
        return (
            f"{count(len(self.candidate.tenants), 'tenant')}, {count(self.candidate.sends, 'mail')}. "
            f"{self._candidate} would have paused {count(additional + both, 'tenant')}, "
            f"{self._in_force} {fewer + both:,}: {additional:,} only the candidate ({verdict}), "
            f"{both:,} both, {fewer:,} only the policy in force."
        )


def _policy(policy: Policy) -> dict[str, Any]:
    return {"name": policy.name, "version": policy.version}


def _findings(findings: Findings | None) -> dict[str, Any] | None:
    if findings is None:
        return None
    pauses = [
        {"at": stop.at.isoformat(), "until": stop.until.isoformat() if stop.until else None, "why": stop.why}
        for stop in findings.stops
    ]
    return {"pauses": pauses, "mails_not_sent": findings.not_sent}


def _outcome(findings: Findings | None) -> tuple[str, str]:
    """The first pause, and how many mails were not sent, for the last columns of the table."""
    if findings is None:
        return "no pause", ""
    first, *others = findings.stops
    more = f" ({count(len(others), 'more pause')} later)" if others else ""
    return f"{moment(first.at)}: {first.why}{more}", f"{findings.not_sent:,}"


def _risk_of(warnings: Sequence[Decision]) -> str:
    if not warnings:
        return "never at risk"
    first, *others = warnings
    more = f" ({count(len(others), 'more warning')} later)" if others else ""
    return f"at risk since {moment(first.at)}: {why(first)}{more}"
