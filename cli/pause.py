"""`guard pause`: stop a tenant by a person's word, and say what SES says about it afterwards."""

from typing import Annotated

import typer

from cli.command import Desk, command
from cli.ordering import PAUSE, carried_out, give, print_report, refused, who_orders


@command
def pause(
    desk: Desk,
    tenant: Annotated[str, typer.Argument(metavar="TENANT", help="The tenant that shall stop sending.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; every notice says it.")],
    operator: Annotated[
        str | None,
        typer.Option(
            "--operator", metavar="NAME", help="Who answers for it, as declared; else your credentials, by IAM."
        ),
    ] = None,
    *,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait up to 90 s for SES's confirmation.")] = True,
) -> int:
    """Stop a tenant from sending, whatever its rates are and whatever the guard's mode is.

    The guard does not end it: it lasts until an operator resumes the tenant. A pause of the guard's is taken over.
    """
    who = who_orders(desk, operator)
    order = {"tenant": tenant, "reason": reason, "operator": who}
    answer = give(desk, PAUSE, order, declared=operator is not None)
    if not answer.get("paused"):
        return print_report(desk, refused(tenant, who, answer))
    return print_report(desk, carried_out(desk, PAUSE, answer, who, wait=wait))
