"""`guard resume`: tell what would happen, let paused tenants send again, and say what SES says about it afterwards."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

import typer

from cli.account import CannotRunError, in_one_line
from cli.command import EXPECTED, FINE, WRONG, Desk, command
from cli.incidents.finding import unknown
from cli.ordering import RESUME, Report, carried_out, give, print_report, refused, who_orders
from cli.words import count
from reputation_guard.domain.dossier import members_of
from reputation_guard.domain.obstacles import WAITS_FOR_APPROVER


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wished for each of the tenants.

    `asks`: the person is asked once more, after the pre-flight. `declared`: the operator is a name that was given, and
    not whom IAM proves.
    """

    reason: str
    operator: str
    incident: str | None = None
    dry_run: bool = False
    asks: bool = False
    waits: bool = True
    declared: bool = False


@command
def resume(  # noqa: PLR0913 - a person's options
    desk: Desk,
    tenants: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TENANT]...", help="The paused tenant, or several.", show_default=False),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why it may send again; kept for good. Not for a dry run.")
    ] = "",
    operator: Annotated[
        str | None,
        typer.Option(
            "--operator", metavar="NAME", help="Who answers for it, as declared; else your credentials, by IAM."
        ),
    ] = None,
    incident: Annotated[
        str | None,
        typer.Option(
            "--incident",
            metavar="ID",
            help="The pause you looked at; refused if there is another by now. Without a tenant: all it paged for.",
        ),
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would happen; change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask once more.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait up to 90 s for SES's confirmation.")] = True,
) -> int:
    """Let a paused tenant send again, on probation: only mail sent from now on is judged.

    First it is told what would happen: who stopped the tenant, what is in the
    way, and how few bounces or complaints would pause it again. On a terminal
    you are asked then, unless you say --yes; a script is not asked.

    With --incident and no tenant, all tenants that were paused together are
    resumed, one after the other: those of the incident that are still paused.
    Each has its own pre-flight. The exit code is 1 where any was refused or
    failed, and the others are resumed all the same; --json prints a list.

    Where the policy asks for two people, the first order waits for the second
    one, which is fine (exit code 0). Refused is what makes no sense, such as a
    tenant that is not paused or that SES itself has stopped.
    """
    if not (dry_run or reason.strip()):
        raise CannotRunError("Say why they may send again (--reason '...'), or only ask (--dry-run).")
    if incident and tenants and len(tenants) > 1:
        raise CannotRunError("--incident is the pause of one tenant: name that one alone, or none for all of it.")
    if not (incident or tenants):
        raise CannotRunError("Name the tenants, or the incident whose tenants are to be resumed (--incident).")
    wish = Wish(
        reason=reason,
        operator=who_orders(desk, operator),
        incident=incident,
        dry_run=dry_run,
        asks=not yes and sys.stdin.isatty(),
        waits=wait,
        declared=operator is not None,
    )
    if tenants and len(tenants) == 1:
        return print_report(desk, _resume_one(desk, tenants[0], wish))
    if tenants:
        return _resume_each(desk, [(tenant, wish) for tenant in tenants])
    return _resume_each(
        desk, [(tenant, replace(wish, incident=one)) for tenant, one in _of_incident(desk, incident or "")]
    )


def _of_incident(desk: Desk, incident: str) -> list[tuple[str, str | None]]:
    """The tenants that are still paused by this incident and by those it pages for, each with its own incident."""
    found = desk.deployment.incidents.incident(incident)
    if found is None:
        raise CannotRunError(unknown(incident, desk))
    members = members_of(found, desk.deployment.book.tenant)
    still: list[tuple[str, str | None]] = [(each.tenant, each.incident) for each in members if each.is_still_paused]
    if not still:
        raise CannotRunError(f"No tenant is paused by incident {incident} any more.")
    return still


def _resume_each(desk: Desk, wishes: Sequence[tuple[str, Wish]]) -> int:
    """Resume one tenant after the other, and print what came of them, as a list; wrong where any of it is."""
    reports = []
    for tenant, wish in wishes:
        try:
            report = _resume_one(desk, tenant, wish)
        except EXPECTED as error:
            # What was done to those before it has to be told, and those behind it wait as well.
            report = Report(tenant, "failed", in_one_line(error), is_fine=False, error="Failed", operator=wish.operator)
        reports.append(report)
        if not desk.as_json:
            print_report(desk, reports[-1])
            desk.say("")
    if desk.as_json:
        desk.print_json([asdict(each) for each in reports])
    else:
        _sum_up(desk, reports)
    return FINE if all(each.is_fine for each in reports) else WRONG


def _sum_up(desk: Desk, reports: Sequence[Report]) -> None:
    wrong = [each for each in reports if not each.is_fine]
    desk.say(f"{count(len(reports), 'tenant')}: {len(reports) - len(wrong)} fine, {len(wrong)} not.", "bold")
    for each in wrong:
        desk.say(f"{each.tenant}: {each.error or each.outcome}", indent=2)


def _resume_one(desk: Desk, tenant: str, wish: Wish) -> Report:
    order: dict[str, object] = {"tenant": tenant, "reason": wish.reason, "operator": wish.operator}
    if wish.incident:
        order["incident"] = wish.incident
    known = {name: value for name, value in order.items() if value}
    foreseen = give(desk, RESUME, {**known, "dry_run": True}, declared=wish.declared)
    if not desk.as_json:
        _print_lines(desk, foreseen)
    report = _ordered(desk, tenant, wish, foreseen, order)
    return replace(report, preflight=foreseen.get("preflight"))


def _ordered(desk: Desk, tenant: str, wish: Wish, foreseen: dict[str, Any], order: dict[str, object]) -> Report:
    if "error" in foreseen or "preflight" not in foreseen:
        return refused(tenant, wish.operator, foreseen)
    if wish.dry_run:
        return Report(tenant, "foreseen", "A dry run: nothing was changed.", is_fine=True)
    if wish.asks and not _is_meant(tenant):
        return Report(tenant, "declined", f"{tenant} stays as it is.", is_fine=False, operator=wish.operator)
    # What was told of the incident while the person was asked is news to him.
    seen = {name: found for name in ("incident", "version") if (found := foreseen["preflight"].get(name)) is not None}
    answer = give(desk, RESUME, order | seen, declared=wish.declared)
    if answer.get("resumed"):
        return carried_out(desk, RESUME, answer, wish.operator, wait=wish.waits)
    report = refused(tenant, wish.operator, answer)
    if report.error == WAITS_FOR_APPROVER:
        return replace(report, outcome="proposed", is_fine=True, error=None)
    return report


def _is_meant(tenant: str) -> bool:
    try:
        return typer.confirm(f"Resume {tenant}?", err=True)
    except typer.Abort:
        return False


def _print_lines(desk: Desk, foreseen: dict[str, Any]) -> None:
    for line in foreseen.get("lines", ()):
        text = str(line).lstrip()
        desk.say(text, indent=len(line) - len(text))
    if "lines" in foreseen:
        desk.say("")
