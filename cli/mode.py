"""`guard mode`: see what the guard may do, or stop all its pauses at once."""

from enum import StrEnum
from typing import Annotated

import typer

from cli.command import FINE, Desk, command
from reputation_guard.aws.switch import ModeSwitch
from reputation_guard.domain.policy import Mode


class Wanted(StrEnum):
    """What the Book's switch can be turned to: it makes the guard more cautious than it is deployed, never bolder."""

    OBSERVE = "observe"
    DEPLOYED = "deployed"


@command
def mode(
    desk: Desk,
    wanted: Annotated[
        Wanted | None,
        typer.Argument(
            metavar="[observe|deployed]",
            help="observe: no pause from now on; deployed: as the stack says.",
            show_default=False,
        ),
    ] = None,
) -> int:
    """Show the mode in force, or turn the kill switch: it is read before every call to SES, also of what is pending.

    Going on from observe to enforce fences everybody: only mail sent from then on is judged.
    """
    deployment = desk.deployment
    if wanted:
        switch = ModeSwitch(deployment.account.client("dynamodb"), deployment.output("BookTable"))
        switch.turn(Mode.OBSERVE if wanted is Wanted.OBSERVE else None)
    deployed, switched = deployment.settings.mode, deployment.book.mode().switch
    in_force = Mode.most_cautious(deployed, switched)
    if desk.as_json:
        desk.print_json({"in_force": in_force, "deployed": deployed, "switch": switched})
        return FINE
    desk.say(f"In force: {in_force} (deployed: {deployed}, the Book's switch: {switched or 'not turned'}).")
    if wanted is Wanted.DEPLOYED and in_force is Mode.OBSERVE:
        desk.say("The stack itself observes: deploy it with Mode=enforce to let the guard act.")
    return FINE
