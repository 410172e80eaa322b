"""What stays of the demo: `guard report`, run on the stack as anybody would, before it is torn down."""

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from local.aws import CREDENTIALS, STACK, EmbeddedAws
from local.build import ROOT
from local.demo.story import heading

REPORT = ROOT / ".local" / "report.html"
_PATIENCE_SECONDS = 60


def write_report(aws: EmbeddedAws, console: Console, target: Path = REPORT) -> list[str]:
    """Write the report of what happened, and print where it is; returns what went wrong."""
    heading(console, "The report: one page that needs no network")
    guard = (str(Path(sys.executable).with_name("guard")), "report", "--stack", STACK, "--output", str(target))
    # Names of profiles and the like are of another account.
    mine = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {**mine, **CREDENTIALS, "AWS_ENDPOINT_URL": aws.endpoint}
    try:
        done = subprocess.run(  # noqa: S603 - it is our own
            guard, check=False, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"the report could not be written: {error}"]
    if done.returncode:
        return [f"the report could not be written: {done.stderr.strip()}"]
    console.print(Text(f"{target}"), soft_wrap=True)
    return []
