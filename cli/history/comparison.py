"""Two policies over one history: whom only one of them would have paused, and whom both, as text and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.history.trial import Findings, Trial
from cli.words import count, moment


@dataclass(frozen=True, slots=True)
class Row:
    """One tenant that either policy would have paused, with what came of it under each."""

    tenant: str
    candidate: Findings | None
    in_force: Findings | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A candidate beside the policy in force, after both were tried on the same history."""

    candidate: Trial
    in_force: Trial

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
            "candidate": _policy(self.candidate),
            "in_force": _policy(self.in_force),
            "tenants": len(self.candidate.tenants),
            "sends": self.candidate.sends,
            "additional": len(groups["only_candidate"]),
            "allowed": allowed,
            **{name: [_row(row) for row in rows] for name, rows in groups.items()},
        }

    def print_on(self, out: Console, allowed: int) -> None:
        """The comparison for people: a table, and in a sentence what it comes to."""
        groups = self.groups()
        titles = {
            "only_candidate": f"Only {self.candidate.policy.name} (the candidate) would have paused",
            "both": "Both would have paused",
            "only_in_force": f"Only {self.in_force.policy.name} (in force) would have paused",
        }
        for name, rows in groups.items():
            if rows:
                out.print(Text(f"{titles[name]}:", "bold"))
                out.print(self._table(rows))
        out.print(Text(self._summary(groups, allowed)))

    def _table(self, rows: Sequence[Row]) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("Tenant", overflow="fold")
        table.add_column("Policy", no_wrap=True)
        table.add_column("First pause, and on what evidence", overflow="fold")
        table.add_column("Mails not sent", justify="right")
        for row in rows:
            name = row.tenant
            for trial, findings in ((self.candidate, row.candidate), (self.in_force, row.in_force)):
                if findings:
                    table.add_row(name, trial.policy.name, _first(findings), f"{findings.not_sent:,}")
                    name = ""
        return table

    def _summary(self, groups: dict[str, list[Row]], allowed: int) -> str:
        additional, both, fewer = map(len, groups.values())
        verdict = f"more than the {allowed:,} allowed" if additional > allowed else f"{allowed:,} allowed"
        return (
            f"{count(len(self.candidate.tenants), 'tenant')}, {count(self.candidate.sends, 'mail')}. "
            f"{self.candidate.policy.name} would have paused {count(additional + both, 'tenant')}, "
            f"{self.in_force.policy.name} {fewer + both:,}: {additional:,} only the candidate ({verdict}), "
            f"{both:,} both, {fewer:,} only the policy in force."
        )


def _policy(trial: Trial) -> dict[str, Any]:
    return {"name": trial.policy.name, "version": trial.policy.version}


def _row(row: Row) -> dict[str, Any]:
    return {"tenant": row.tenant, "candidate": _findings(row.candidate), "in_force": _findings(row.in_force)}


def _findings(findings: Findings | None) -> dict[str, Any] | None:
    if findings is None:
        return None
    pauses = [
        {"at": stop.at.isoformat(), "until": stop.until.isoformat() if stop.until else None, "why": stop.why}
        for stop in findings.stops
    ]
    return {"pauses": pauses, "mails_not_sent": findings.not_sent}


def _first(findings: Findings) -> str:
    first, *others = findings.stops
    more = f" ({count(len(others), 'more pause')} later)" if others else ""
    return f"{moment(first.at)}: {first.why}{more}"
