"""`python -m bench.quality`: how good the judgement is, beside its targets and beside the rules of others."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from bench.figures import ROOT, Made, MarkersMissingError
from bench.quality import report
from bench.quality.closed_loop import RuleFailedError
from bench.quality.runs import Result, Run, play_all
from bench.quality.scenarios import FIRST_REPORTING_SEED, GROUPS, REPORTING_SEEDS, SHORT
from bench.quality.targets import missed

DAYS, SHORT_DAYS = 14, 7
NAMES = tuple(group.name for group in GROUPS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, print, and write if asked to; 0 if all targets are met, 1 if one is missed, 2 if it cannot run."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.write and (options.short or options.set or options.days or options.tick):
        parser.error("--write takes the whole run: leave --short, --set, --days and --tick out")
    if options.write and min(options.seed or REPORTING_SEEDS) < FIRST_REPORTING_SEED:
        parser.error(
            f"--seed: figures are written from seeds of {FIRST_REPORTING_SEED} and more; those below are for tuning"
        )
    # Read before the run: what is committed meanwhile was not measured.
    made = Made.now("quality", arguments if arguments is not None else sys.argv[1:])
    try:
        scores = report.Scores.of(_play(_runs(options)))
        _print(scores)
        if options.write:
            report.write(scores, made)
            print(f"Written: {report.DOCUMENT.relative_to(ROOT)} and the table of {report.README.name}")
    except (RuleFailedError, MarkersMissingError) as error:
        print(f"The quality cannot be measured: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; nothing was written", file=sys.stderr)
        return 130
    return 1 if missed(scores.of_the_guard()) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.quality",
        description="Plays simulated tenants against the guard's rule, and scores it beside the rules of others.",
        epilog="Ends with 0 if all targets are met, 1 if one is missed, 2 if it cannot run. Words: docs/quality.md.",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--short", action="store_true", help="a few tenants for a week, to see that all runs: no figures"
    )
    which.add_argument(
        "--set",
        action="append",
        choices=NAMES,
        help="play this set alone; may be repeated (default: all)",
    )
    seeds = ", ".join(map(str, REPORTING_SEEDS))
    parser.add_argument(
        "--seed",
        action="append",
        type=int,
        metavar="N",
        help=f"may be repeated; below {FIRST_REPORTING_SEED} for tuning (default, to report from: {seeds})",
    )
    parser.add_argument("--days", type=_count, metavar="N", help=f"days to play (default: {DAYS})")
    parser.add_argument("--tick", type=_count, metavar="N", help="seconds between decisions (default: the set's)")
    parser.add_argument("--command", type=shlex.split, metavar="COMMAND", help="the rule (default: guard replay)")
    parser.add_argument("--write", action="store_true", help="write docs/quality.md and the table of the README")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def _runs(options: argparse.Namespace) -> list[Run]:
    """The runs that were asked for; the longest first, since they run side by side."""
    groups = (SHORT,) if options.short else tuple(group for group in GROUPS if group.name in (options.set or NAMES))
    days = options.days or (SHORT_DAYS if options.short else DAYS)
    command = tuple(options.command or (str(Path(sys.executable).with_name("guard")), "replay"))
    return [
        Run(group, seed, days, options.tick or group.tick, command)
        for group in groups
        for seed in options.seed or REPORTING_SEEDS[: group.runs]
    ]


def _play(runs: Sequence[Run]) -> list[Result]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks = {run: progress.add_task(run.name, total=1.0) for run in runs}
        return play_all(runs, os.cpu_count() or 1, lambda run, done: progress.update(tasks[run], completed=done))


def _print(scores: report.Scores) -> None:
    if scores.results.keys() != {SHORT.name}:
        print(f"\n{report.targets_table(scores)}")
    for group, results in scores.results.items():
        seeds = ", ".join(str(result.run.seed) for result in results)
        print(f"\nSet {group} ({results[0].run.group.about}), seed {seeds}, {results[0].run.days} days")
        print(report.rules_table(scores, group))


if __name__ == "__main__":
    sys.exit(main())
