"""The entry point of `guard`."""

import os

import typer

from cli.command import EXIT_CODES, AsJson, Profile, Region, Stack, Where
from cli.doctor.command import doctor
from cli.export.command import export
from cli.report.command import report
from cli.resume import resume
from cli.status import status

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
app.command(epilog=EXIT_CODES)(doctor)
app.command(epilog=EXIT_CODES)(export)
app.command(epilog=EXIT_CODES)(report)


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
