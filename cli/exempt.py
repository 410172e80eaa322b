"""`guard exempt`: let the guard only observe a tenant for a while, or guard it again."""

from typing import Annotated

import typer

from cli.account import CannotRunError
from cli.command import FINE, WRONG, Desk, command
from cli.times import length_of
from cli.words import moment
from reputation_guard.domain.tenant import Exemption, Tenant
from reputation_guard.ports.errors import GoneError
from reputation_guard.usecases.exempt import CannotExemptError, end_exemption
from reputation_guard.usecases.exempt import exempt as write_exemption


@command
def exempt(  # noqa: PLR0913 - a person's options
    desk: Desk,
    tenant: Annotated[str, typer.Argument(metavar="TENANT", help="The tenant the guard shall not pause.")],
    length: Annotated[
        str | None, typer.Option("--for", metavar="LENGTH", help="How long, such as 12h or 7d; 30d at most.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; every notice says it.")] = "",
    operator: Annotated[
        str | None,
        typer.Option("--operator", metavar="NAME", help="Who answers for it; else the ARN of your credentials."),
    ] = None,
    *,
    end: Annotated[bool, typer.Option("--end", help="End it now: guard the tenant again.")] = False,
) -> int:
    """Exempt a tenant from pauses by the guard for a while: it is judged, and every notice says that it is exempt.

    What it sends meanwhile is not held against it afterwards. A paused tenant stays paused: see guard resume.
    """
    if end == bool(length) or (length and not reason.strip()):
        raise CannotRunError("Say how long and why (--for 12h --reason '...'), or end it (--end).")
    book = desk.deployment.book
    try:
        if end:
            record = end_exemption(tenant, book, desk.now)
        else:
            operator = operator or str(desk.deployment.account.client("sts").get_caller_identity()["Arn"])
            given = Exemption(desk.now + length_of(length or "", "--for", "hd"), operator, reason.strip())
            record = write_exemption(tenant, given, book, desk.deployment.gate, desk.now)
    except (CannotExemptError, GoneError) as refusal:
        desk.err.print(f"guard: {': '.join(map(str, refusal.args))}.", markup=False, soft_wrap=True)
        return WRONG
    return _tell(record, desk)


def _tell(record: Tenant, desk: Desk) -> int:
    until = record.exemption.until if record.exemption else None
    if desk.as_json:
        desk.print_json({"tenant": record.name, "exempt_until": until, "standing": record.standing})
    elif until:
        desk.say(f"{record.name} is exempt from pauses by the guard until {moment(until)}.")
    else:
        desk.say(f"{record.name} is guarded again. Mail it sent before now is not judged.")
    return FINE
