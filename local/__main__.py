"""`python -m local`: run the whole guard on this machine until Ctrl-C."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType

from local.aws import REGION, EmbeddedAws
from local.build import CommandError
from local.runtime import RuntimeStartError

DEFAULT_PORT = 4566
SECONDS_BETWEEN_LOOKS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Start, deploy, say how to talk to it, and wait; 0 when a person ends it, 1 when it cannot run."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    began = time.monotonic()
    try:
        _say("Starting the embedded AWS")
        with EmbeddedAws.start(port=options.port) as aws:
            _say("Building and deploying the template; the first build takes a minute, a later one ten seconds")
            aws.deploy(_parameters(options))
            _say(f"Ready after {time.monotonic() - began:.0f} s\n")
            print(_how_to_talk_to(aws), flush=True)
            return _wait(aws)
    except KeyboardInterrupt:
        _say("\nStopped; nothing is left running")
        return 0
    except (CommandError, RuntimeStartError) as error:
        print(f"The embedded AWS cannot run: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="Runs Reputation Guard on an embedded AWS: the real template, no account, no Docker.",
        epilog="local/README.md shows how to drive it with any boto3 client.",
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="the port on 127.0.0.1 (default: %(default)s)")
    parser.add_argument(
        "--mode",
        choices=("observe", "enforce"),
        help="observe only announces, enforce pauses tenants of the local SES (default: as in samconfig.toml)",
    )
    presets = ("standard", "strict", "conservative")
    parser.add_argument("--policy", choices=presets, help="the default policy of tenants (default: the template's)")
    as_in_production = "do not count mail to SES's mailbox simulator, as in production"
    parser.add_argument("--ignore-simulator", action="store_true", help=as_in_production)
    parser.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        type=_pair,
        help="any other parameter of template.yaml; may be repeated",
    )
    return parser


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _parameters(options: argparse.Namespace) -> dict[str, str]:
    chosen = {
        "Mode": options.mode,
        "PolicyPreset": options.policy,
        "CountSimulator": "no" if options.ignore_simulator else None,
    }
    return {name: value for name, value in chosen.items() if value} | dict(options.parameter)


def _how_to_talk_to(aws: EmbeddedAws) -> str:
    width = max((len(name) for name in aws.outputs), default=0)
    outputs = "\n".join(f"  {name:<{width}}  {value}" for name, value in sorted(aws.outputs.items()))
    return f"""Endpoint   {aws.endpoint}
Log        {aws.log}
Outputs of the stack:
{outputs}

Try it:
  import boto3
  ses = boto3.client("sesv2", endpoint_url="{aws.endpoint}", region_name="{REGION}",
                     aws_access_key_id="local", aws_secret_access_key="local")
  print(ses.create_tenant(TenantName="acme"))

Ctrl-C ends it."""


def _wait(aws: EmbeddedAws) -> int:
    while aws.is_running:
        time.sleep(SECONDS_BETWEEN_LOOKS)
    print(f"The embedded AWS ended by itself; its last words:\n{aws.last_words()}", file=sys.stderr)
    return 1


def _say(text: str) -> None:
    print(text, flush=True)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
