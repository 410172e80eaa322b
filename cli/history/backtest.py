"""`guard backtest`: what a policy would have done with a history, beside what is in force."""

import json
import sys
import zlib
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from cli.command import FINE, WRONG, AsJson, Where
from cli.export.policies import DEFAULT, PoliciesByTenant
from cli.history.comparison import Comparison
from cli.history.complaints import Complaints
from cli.history.policies import MEANT, WholeAccount, policy_named
from cli.history.source import STDIN, opened
from cli.history.trial import Trial
from reputation_guard.domain.policy import Policy

TOO_MANY = 3
EXIT_CODES = (
    "Exit codes: 0 fine, 1 something in the history cannot be read, 2 the command cannot run, "
    "3 the candidate would have paused more additional tenants than --allow says."
)

History = Annotated[
    Path,
    typer.Argument(
        metavar="HISTORY",
        help="Events as guard replay reads them, or the file of guard export; packed if its name ends in .gz. "
        "A dash is standard input.",
    ),
]
Candidate = Annotated[str, typer.Option("--policy", metavar="POLICY", help=f"The candidate: {MEANT}.")]
Against = Annotated[
    str | None,
    typer.Option(
        "--against",
        metavar="POLICY",
        help=f"The policy in force, named likewise; else each tenant's own in an export, and {DEFAULT} for events.",
    ),
]
Allow = Annotated[
    int, typer.Option("--allow", metavar="N", min=0, help="So many additional tenants may be paused by the candidate.")
]
Every = Annotated[
    float,
    typer.Option("--every", metavar="SECONDS", min=1, max=86400, help="Judge every so many seconds of the history."),
]


def backtest(  # noqa: PLR0913 - the options of a command
    ctx: typer.Context,
    *,
    history: History,
    policy: Candidate,
    against: Against = None,
    allow: Allow = 0,
    every: Every = 60,
    account: WholeAccount = False,
    as_json: AsJson = False,
) -> None:
    """Try a policy on history: whom it would have paused, when and on what evidence, beside the policy in force.

    Each policy is played in a closed loop: mail of a tenant it has paused is not sent. Nothing is asked of AWS. An
    export holds counts, so the times of feedback are estimated (docs/policies.md).
    """
    if history != STDIN and not history.is_file():
        raise typer.BadParameter(f"There is no file {history}.", param_hint="HISTORY")
    candidate, in_force = policy_named(policy), policy_named(against) if against else None
    complaints = Complaints()
    comparison = _played(history, complaints, candidate, in_force, every, whole_account=account)
    if comparison is None:
        raise typer.Exit(WRONG)
    if not comparison.candidate.tenants:
        complaints.say(f"{history} holds no mail that could be judged")
        raise typer.Exit(WRONG)
    if as_json or (isinstance(ctx.obj, Where) and ctx.obj.as_json):
        print(json.dumps(comparison.as_json(allow), indent=2))
    else:
        comparison.print_on(Console(highlight=False), allow)
    if complaints.made:
        raise typer.Exit(WRONG)
    raise typer.Exit(TOO_MANY if len(comparison.groups()["only_candidate"]) > allow else FINE)


def _played(  # noqa: PLR0913 - what is played, and how
    path: Path,
    complaints: Complaints,
    candidate: Policy,
    in_force: Policy | None,
    every: float,
    *,
    whole_account: bool,
) -> Comparison | None:
    """Play a history, as far as it can be read, by the delays it tells of; None where nothing can be, which is said.

    Where no policy is given as the one in force, by those it tells of too.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    comparison = None
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("Judging history", total=None if path == STDIN else 1.0)
        try:
            with opened(path, complaints.of_line, every, whole_account=whole_account) as history:
                if history.is_empty:
                    complaints.say(f"{path} has no lines")
                    return None
                told = history.in_force or PoliciesByTenant()
                tried = PoliciesByTenant([candidate], delays=told.delays)
                beside = PoliciesByTenant([in_force], delays=told.delays) if in_force else told
                trials = (Trial(each, every, whole_account=whole_account) for each in (tried, beside))
                comparison = Comparison(*trials)
                for done, lines in history.parts:
                    comparison.play(lines)
                    progress.update(task, completed=done)
        except (OSError, EOFError, zlib.error) as error:
            complaints.say(f"{path} cannot be read to its end: {error}")
    if comparison:
        comparison.end()
    return comparison
