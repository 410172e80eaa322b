"""The entry point of `guard`."""

import os

import typer

from cli.brake.commands import drop_kept, list_kept, release_kept
from cli.command import EXIT_CODES, AsJson, Profile, Region, Stack, Where
from cli.console.command import console
from cli.doctor.command import doctor
from cli.exempt import exempt
from cli.export.command import export
from cli.history.backtest import EXIT_CODES as EXIT_CODES_OF_BACKTEST
from cli.history.backtest import backtest
from cli.history.replay import PROTOCOL, replay
from cli.incidents.listing import incidents
from cli.incidents.signals import ack, hand_over, note, snooze
from cli.mode import mode
from cli.pause import pause
from cli.policy.commands import assign, diff, put, schema, show
from cli.policy.listing import list_policies
from cli.redrive.command import redrive
from cli.report.command import report
from cli.resume import resume
from cli.status import status
from cli.tail.command import tail

app = typer.Typer(
    name="guard",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    # A traceback of ours is for a bug report: without the values of variables, which may be a person's.
    pretty_exceptions_show_locals=False,
    epilog=EXIT_CODES,
)
app.command(epilog=EXIT_CODES)(status)
app.command(epilog=EXIT_CODES)(resume)
app.command(epilog=EXIT_CODES)(pause)
app.command(epilog=EXIT_CODES)(exempt)
app.command(epilog=EXIT_CODES)(mode)
app.command(epilog=EXIT_CODES)(doctor)
app.command(epilog=EXIT_CODES)(redrive)
app.command(epilog=EXIT_CODES)(export)
app.command(epilog=EXIT_CODES)(report)
app.command(epilog=EXIT_CODES_OF_BACKTEST)(backtest)
for told in (incidents, ack, snooze, hand_over, note, tail, console):
    app.command(epilog=EXIT_CODES)(told)
app.command(epilog=f"{PROTOCOL}\n{EXIT_CODES}")(replay)

policy_app = typer.Typer(
    name="policy",
    no_args_is_help=True,
    help="See, change and assign the policies that tenants are judged by.",
    epilog=EXIT_CODES,
)
policy_app.command("list", epilog=EXIT_CODES)(list_policies)
for verb in (show, put, assign, diff, schema):
    policy_app.command(epilog=EXIT_CODES)(verb)
app.add_typer(policy_app)

brake_app = typer.Typer(
    name="brake",
    no_args_is_help=True,
    help="See the pauses that the guard keeps for a person, and release or drop them.",
    epilog=EXIT_CODES,
)
brake_app.command("list", epilog=EXIT_CODES)(list_kept)
brake_app.command("release", epilog=EXIT_CODES)(release_kept)
brake_app.command("drop", epilog=EXIT_CODES)(drop_kept)
app.add_typer(brake_app)


@app.callback()
def guard(
    ctx: typer.Context, stack: Stack = None, profile: Profile = None, region: Region = None, *, as_json: AsJson = False
) -> None:
    """Ask a deployed Reputation Guard how the tenants of your Amazon SES account are, and tell it what to do.

    Credentials and region are found as the AWS CLI finds them. These options may stand before or after a command.
    """
    ctx.obj = Where(stack or os.environ.get("GUARD_STACK"), profile, region, as_json)


def main() -> None:
    """Run `guard`."""
    app()
