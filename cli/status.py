"""`guard status`: how every tenant is, or everything about one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from cli.command import FINE, Desk, command
from cli.delays import as_json, print_delays
from cli.tenant_page import tell_of
from cli.words import age, count, moment
from reputation_guard.aws.book_reader import WrittenDecision
from reputation_guard.domain.account import (
    REVIEW,
    AccountRisk,
    Contributor,
    largest_share,
    nearest_to_its_line,
    pressure,
    top_contributors,
)
from reputation_guard.domain.account_notice import account_in_words
from reputation_guard.domain.choice import Chosen
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.learning import Lesson
from reputation_guard.domain.policy import Kind, Mode
from reputation_guard.domain.tenant import Standing, Tenant
from reputation_guard.domain.words import percent
from reputation_guard.usecases.account import weigh_account
from reputation_guard.usecases.learn import lessons

BY_STANDING = (Standing.PAUSED, Standing.PROBATION, Standing.WARNED, Standing.HEALTHY)
STYLE = {Standing.PAUSED: "bold red", Standing.PROBATION: "yellow", Standing.WARNED: "yellow"}


@dataclass(frozen=True, slots=True)
class Roster:
    """All tenants of the book, the worst standing first, the mode, what is pending, and what was learned of delays."""

    tenants: Sequence[Tenant]
    pending: Sequence[WrittenDecision]
    chosen: Mapping[str, Chosen]
    template: Mode
    switch: Mode | None
    lessons: Mapping[Kind, Lesson]
    account: AccountRisk
    contributors: Sequence[Contributor]

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
    """Show how every tenant stands, the mode in force, what is pending and how long feedback takes; or one tenant.

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
    counted = deployment.counted
    learned = lessons(counted, desk.now)
    delays = Delays(learned[Kind.BOUNCE].delay, learned[Kind.COMPLAINT].delay)
    account = weigh_account(counted, delays, deployment.settings.sends_travel, desk.now)
    nearest = nearest_to_its_line(account)
    contributors = top_contributors(counted.contributors(), nearest, desk.now) if nearest else ()
    mode, switch = deployment.settings.mode, deployment.book.mode().switch
    chosen = {each.name: deployment.policies.of(each) for each in tenants}
    return Roster(tenants, book.pending(), chosen, mode, switch, learned, account, contributors)


def _as_json(desk: Desk, roster: Roster) -> object:
    return {
        "stack": desk.deployment.stack,
        "mode": {"in_force": roster.mode, "template": roster.template, "switch": roster.switch},
        "policy": desk.deployment.settings.policy.name,
        "account": _account_as_json(roster),
        "tenants": [_tenant_as_json(each, roster.chosen[each.name]) for each in roster.tenants],
        "pending": [_pending_as_json(each) for each in roster.pending],
        "delays": as_json(roster.lessons),
    }


def _account_as_json(roster: Roster) -> object:
    return {
        "pressure": roster.account.pressure,
        "windows": [
            {
                "kind": each.kind,
                "seconds": int(each.length.total_seconds()),
                "feedback": each.feedback,
                "sends": each.sends,
                "rate": each.rate if each.due else None,
                "review_line": REVIEW.limits(each.kind).pause,
                "pressure": pressure(each),
            }
            for each in roster.account.windows
        ],
        "top_contributors": [
            {"tenant": each.tenant, "share": largest_share(each.budget), "at": each.at} for each in roster.contributors
        ],
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
        "strikes": tenant.strikes,
        "pause_ends": tenant.pause.ends if tenant.pause else None,
        "exempt_until": tenant.exemption.until if tenant.exemption else None,
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
    _print_account(desk, roster)
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
    print_delays(roster.lessons, desk)


def _print_account(desk: Desk, roster: Roster) -> None:
    """The account's rates beside SES's lines, and who uses most of what it may have when it is near one."""
    desk.say(f"All mail of the account: {'; '.join(account_in_words(roster.account.windows))}.")
    if not roster.account.pressure:
        return
    most = ", ".join(f"{each.tenant} {percent(largest_share(each.budget))}" for each in roster.contributors)
    tightened = f"rules are tightened by {percent(roster.account.pressure)}"
    desk.say(f"It is near a line of SES's: {tightened}. Who uses most of the budget: {most or '-'}.", style="bold red")


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
    parts = (
        chosen.unknown and f"nobody knows its policy {chosen.unknown}",
        chosen.policy.mode_for(tenant.name) is Mode.OBSERVE and "its policy only observes",
        tenant.under_way and "SES has not confirmed it yet",
        tenant.probation_ends and f"probation until {moment(tenant.probation_ends)}",
        tenant.warned_at and f"warned {age(tenant.warned_at, desk.now)} ago",
        tenant.advised_at and f"would have been paused {age(tenant.advised_at, desk.now)} ago",
        tenant.unseen_at and f"sends not seen, {age(tenant.unseen_at, desk.now)} ago",
        _end_of_pause(tenant),
        _exemption(tenant, desk),
        tenant.findings and f"{count(len(tenant.findings), 'open finding')} at SES",
    )
    return "; ".join(part for part in parts if part) or "-"


def _end_of_pause(tenant: Tenant) -> str:
    if tenant.pause is None or not tenant.waits_for_the_guard:
        return ""
    ends = tenant.pause.ends
    return f"the guard resumes it {moment(ends)}" if ends else "a person has to resume it"


def _exemption(tenant: Tenant, desk: Desk) -> str:
    exempt = tenant.exemption is not None and desk.now < tenant.exemption.until
    return f"exempt from pauses until {moment(tenant.exemption.until)}" if exempt and tenant.exemption else ""


def _pending(each: WrittenDecision, desk: Desk) -> str:
    decision = each.decision
    refused = f", refused by SES {age(each.refused_at, desk.now)} ago" if each.refused_at else ""
    what = f"{decision.answer} {decision.tenant.name} ({decision.announces})"
    return f"{what}, decided {age(decision.at, desk.now)} ago{refused}"
