"""`python -m local.demo`: watch the guard catch bad tenants on an embedded AWS."""

import argparse
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from types import FrameType

from rich.console import Console
from rich.text import Text

from local.aws import EmbeddedAws
from local.build import CommandError
from local.demo import story
from local.demo.cast import CAST, DELAYS, LIST_BOMBED, PLAYED
from local.demo.keepsake import REPORT, write_report
from local.demo.outcome import counted_in_words, endings, miscounts, resumed
from local.demo.play import play
from local.demo.player import NotTakenError
from local.demo.scoreboard import by_name
from local.demo.stage import PARAMETERS, Stage
from local.demo.summary import summarize
from local.runtime import RuntimeStartError
from local.traffic import traffic

_LEAST_SECONDS = 45
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Set up, play, tell, compare; 0 when every tenant ended as it should, 1 when not or when it cannot go on."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    console = Console(highlight=False)
    began = time.monotonic()
    REPORT.unlink(missing_ok=True)
    try:
        with _step(console, "The embedded AWS runs"):
            aws = EmbeddedAws.start()
        with aws:
            code = _demonstrate(aws, console, options)
            if options.keep:
                _keep(aws, console)
    except KeyboardInterrupt:
        console.print("\nStopped.")
        code = _INTERRUPTED
    except (CommandError, RuntimeStartError, NotTakenError) as error:
        console.print(Text(f"The demo cannot go on: {error}", style="bold red"))
        code = 1
    console.print(f"Nothing is left running. It took {time.monotonic() - began:.0f} s, with seed {options.seed}.")
    if REPORT.exists():
        console.print(Text(f"The report, one page for a browser: {REPORT}"), soft_wrap=True)
    return code


def _demonstrate(aws: EmbeddedAws, console: Console, options: argparse.Namespace) -> int:
    with _step(console, "template.yaml is built and deployed, with Mode=enforce"):
        aws.deploy(PARAMETERS)
    with _step(console, f"{len(CAST)} tenants are at SES, and publish to EventBridge"):
        stage = Stage.on(aws)
    story.introduce(console)
    lasts = timedelta(seconds=options.seconds)
    start = datetime.now(UTC) + lasts - PLAYED
    reports = traffic([part.sender for part in CAST], seed=options.seed, start=start, delays=DELAYS)
    rows = play(stage, reports, start, lasts, console)
    stage.inbox.ask_for_digest()
    ended = endings(rows, stage.player.put, stage.inbox.read(), stage.settings.policy)
    problems = miscounts(rows, stage.player.put)

    story.tell_notices(console, stage.inbox.read())
    story.tell_what_ses_says(console, rows)
    story.tell_why(console, stage)
    story.resume(console, stage)
    story.bring_what_was_late(console, stage, reports, start + PLAYED)

    now = by_name(stage.look())[LIST_BOMBED.tenant]
    ended = [resumed(ending, now) if ending.part is LIST_BOMBED else ending for ending in ended]
    problems += [problem for ending in ended for problem in ending.problems()]
    problems += write_report(aws)
    summarize(console, ended, problems, counted_in_words(stage.player.put))
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make demo",
        description=(
            "Deploys the real template on an embedded AWS, lets eight tenants mail for an hour and a half within a "
            "minute, and shows what the guard makes of them. It needs no account and no Docker, leaves a report behind "
            "(.local/report.html), and exits with 1 when a tenant ended up where it should not."
        ),
        epilog="With make, options go into ARGS: make demo ARGS='--seed 7 --keep'",
    )
    parser.add_argument("--seed", type=int, default=1, help="makes another, equally likely course (default: 1)")
    parser.add_argument(
        "--seconds",
        type=_seconds,
        default=60,
        help=f"how long the play takes, {_LEAST_SECONDS} at least; longer is easier to watch (default: 60)",
    )
    parser.add_argument("--keep", action="store_true", help="keep it running afterwards, to be looked at, until Ctrl-C")
    return parser


def _seconds(text: str) -> int:
    seconds = int(text)
    if seconds < _LEAST_SECONDS:
        raise argparse.ArgumentTypeError(f"the embedded AWS carries the events in {_LEAST_SECONDS} s at the fastest")
    return seconds


@contextmanager
def _step(console: Console, done: str) -> Iterator[None]:
    began = time.monotonic()
    REPORT.unlink(missing_ok=True)
    with console.status("Wait a moment"):
        yield
    console.print(f"{time.monotonic() - began:5.1f} s  {done}")


def _keep(aws: EmbeddedAws, console: Console) -> None:
    console.print(f"\nIt keeps running at {aws.endpoint} until Ctrl-C. local/README.md shows how to talk to it.")
    for name, value in sorted(aws.outputs.items()):
        console.print(Text(f"  {name:<22}{value}"), soft_wrap=True)
    with suppress(KeyboardInterrupt):
        while aws.is_running:
            time.sleep(1)
    console.print()


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
