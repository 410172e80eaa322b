"""What stays of the demo: `guard report`, run on the stack as anybody would, before it is torn down."""

import os
import subprocess
import sys
from pathlib import Path

from local.aws import CREDENTIALS, STACK, EmbeddedAws
from local.build import ROOT

REPORT = ROOT / ".local" / "report.html"
_PATIENCE_SECONDS = 60


def write_report(aws: EmbeddedAws, target: Path = REPORT) -> list[str]:
    """Write the report of what happened; returns what went wrong."""
    target.parent.mkdir(exist_ok=True)
    try:
        done = run_guard(aws, "report", "--output", str(target))
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"the report could not be written: {error}"]
    return [f"the report could not be written: {done.stderr.strip()}"] if done.returncode else []


def run_guard(aws: EmbeddedAws, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command line of `guard` on the stack of an embedded AWS."""
    # Names of profiles and the like are of another account.
    mine = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(  # noqa: S603 - it is our own
        (str(Path(sys.executable).with_name("guard")), "--stack", STACK, *words),
        check=False,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        env={**mine, **CREDENTIALS, "AWS_ENDPOINT_URL": aws.endpoint},
    )
