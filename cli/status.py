"""`guard status`: how every tenant is, or everything about one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from cli.command import FINE, Desk, command
from cli.tenant_page import tell_of
from cli.words import age, count, moment
from reputation_guard.aws.book_reader import WrittenDecision
from reputation_guard.domain.choice import Chosen
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Standing, Tenant

BY_STANDING = (Standing.PAUSED, Standing.PROBATION, Standing.WARNED, Standing.HEALTHY)
STYLE = {Standing.PAUSED: "bold red", Standing.PROBATION: "yellow", Standing.WARNED: "yellow"}


@dataclass(frozen=True, slots=True)
class Roster:
    """All tenants of the book, the worst standing first, the mode, and what is pending."""

    tenants: Sequence[Tenant]
    pending: Sequence[WrittenDecision]
    chosen: Mapping[str, Chosen]
    template: Mode
    switch: Mode | None

    @property
    def mode(self) -> Mode:
        """The mode in force."""
        return Mode.most_cautious(self.template, self.switch)


@command
def status(
    desk: Desk,
    tenant: Annotated[
        str | None, typer.Argument(metavar="[TENANT]", help="One tenant; all of them where none is named.")
    ] = None,
) -> int:
    """Show how every tenant stands, the mode in force and what is pending; or everything about one tenant.

    With TENANT: its record, SES's own sending status as it is now, the counts by window with the rate, what that rate
    is shown to exceed, and the limit; and its last decisions with their evidence.
    """
    if tenant:
        return tell_of(tenant, desk)
    roster = _roster(desk)
    if desk.as_json:
        desk.print_json(_as_json(desk, roster))
    else:
        _print(desk, roster)
    return FINE


def _roster(desk: Desk) -> Roster:
    deployment = desk.deployment
    book = deployment.book_reader
    tenants = sorted(book.tenants(), key=lambda each: (BY_STANDING.index(each.standing), each.name))
    chosen = {each.name: deployment.policies.of(each) for each in tenants}
    return Roster(tenants, book.pending(), chosen, deployment.settings.mode, deployment.book.mode().switch)


def _as_json(desk: Desk, roster: Roster) -> object:
    return {
        "stack": desk.deployment.stack,
        "mode": {"in_force": roster.mode, "template": roster.template, "switch": roster.switch},
        "policy": desk.deployment.settings.policy.name,
        "tenants": [_tenant_as_json(each, roster.chosen[each.name]) for each in roster.tenants],
        "pending": [_pending_as_json(each) for each in roster.pending],
    }


def _tenant_as_json(tenant: Tenant, chosen: Chosen) -> object:
    return {
        "name": tenant.name,
        "standing": tenant.standing,
        "policy": chosen.policy.name,
        "policy_by": chosen.by,
        "policy_unknown": chosen.unknown or None,
        "policy_mode": chosen.policy.mode_for(tenant.name),
        "stopped_by": tenant.stops,
        "under_way": tenant.under_way,
        "warned_at": tenant.warned_at,
        "advised_at": tenant.advised_at,
        "unseen_at": tenant.unseen_at,
        "probation_ends": tenant.probation_ends,
        "open_findings": len(tenant.findings),
    }


def _pending_as_json(written: WrittenDecision) -> object:
    return {
        "decision": written.decision.id,
        "tenant": written.decision.tenant.name,
        "answer": written.decision.answer,
        "announces": written.decision.announces,
        "decided_at": written.decision.at,
        "attempted_at": written.attempted_at,
        "refused_at": written.refused_at,
    }


def _print(desk: Desk, roster: Roster) -> None:
    desk.say(_headline(desk, roster))
    if not roster.tenants:
        desk.say("The book is empty: a tenant enters it with its first bounce or complaint.")
    else:
        standings = Counter(each.standing for each in roster.tenants)
        parts = ", ".join(f"{standings[each]} {each}" for each in BY_STANDING if standings[each])
        desk.say(f"{count(len(roster.tenants), 'tenant')}: {parts}.")
        desk.out.print(_table(desk, roster))
    desk.say(f"{count(len(roster.pending), 'decision')} pending{':' if roster.pending else '.'}")
    for each in roster.pending:
        desk.say(_pending(each, desk), indent=2)


def _headline(desk: Desk, roster: Roster) -> str:
    says = "only announces" if roster.mode is Mode.OBSERVE else "pauses tenants"
    switch = f"the book's switch {roster.switch}" if roster.switch else "the book's switch is not set"
    mode = f"It {says}: mode {roster.mode} (template {roster.template}, {switch})."
    return f"{desk.deployment.stack}, default policy {desk.deployment.settings.policy.name}. {mode}"


def _table(desk: Desk, roster: Roster) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Tenant", overflow="fold")
    table.add_column("Standing", no_wrap=True)
    table.add_column("Policy", overflow="fold")
    table.add_column("Stopped by")
    table.add_column("What there is to know", overflow="fold")
    for each in roster.tenants:
        chosen, stops = roster.chosen[each.name], ", ".join(sorted(each.stops)) or "-"
        to_know = _to_know(each, chosen, desk)
        style = STYLE.get(each.standing, "")
        table.add_row(each.name, each.standing, chosen.policy.name, stops, to_know, style=style)
    return table


def _to_know(tenant: Tenant, chosen: Chosen, desk: Desk) -> str:
    parts = []
    if chosen.unknown:
        parts.append(f"nobody knows its policy {chosen.unknown}")
    if chosen.policy.mode_for(tenant.name) is Mode.OBSERVE:
        parts.append("its policy only observes")
    if tenant.under_way:
        parts.append("SES has not confirmed it yet")
    if tenant.probation_ends:
        parts.append(f"probation until {moment(tenant.probation_ends)}")
    for at, what in ((tenant.warned_at, "warned"), (tenant.advised_at, "would have been paused")):
        if at:
            parts.append(f"{what} {age(at, desk.now)} ago")
    if tenant.unseen_at:
        parts.append(f"sends not seen, {age(tenant.unseen_at, desk.now)} ago")
    if tenant.findings:
        parts.append(f"{count(len(tenant.findings), 'open finding')} at SES")
    return "; ".join(parts) or "-"


def _pending(each: WrittenDecision, desk: Desk) -> str:
    decision = each.decision
    refused = f", refused by SES {age(each.refused_at, desk.now)} ago" if each.refused_at else ""
    what = f"{decision.answer} {decision.tenant.name} ({decision.announces})"
    return f"{what}, decided {age(decision.at, desk.now)} ago{refused}"
