"""What all commands have in common: where the guard is, how the answer is printed, and how a command ends."""

import inspect
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, wraps
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from cli.account import Account, CannotRunError, in_one_line
from cli.deployment import Deployment
from reputation_guard.ports.errors import RefusedError, UnavailableError

FINE, WRONG, CANNOT_RUN = 0, 1, 2
EXIT_CODES = "Exit codes: 0 fine, 1 something is wrong or was refused, 2 the command cannot run."
DEFAULT_STACK = "reputation-guard"
EXPECTED = (CannotRunError, BotoCoreError, ClientError, UnavailableError, RefusedError, ValidationError)
_WHERE = "Where the guard is"

Stack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="NAME",
        help=f"The guard's CloudFormation stack; else GUARD_STACK, else {DEFAULT_STACK}.",
        rich_help_panel=_WHERE,
    ),
]
Profile = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help="A profile of your AWS configuration.", rich_help_panel=_WHERE),
]
Region = Annotated[
    str | None,
    typer.Option("--region", metavar="NAME", help="The AWS region of the guard.", rich_help_panel=_WHERE),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]


@dataclass(frozen=True, slots=True)
class Where:
    """Where the guard is and how to answer, as far as the command line says."""

    stack: str | None = None
    profile: str | None = None
    region: str | None = None
    as_json: bool = False

    def and_then(self, other: "Where") -> "Where":
        """What was said before the command, unless it was said again after it."""
        return Where(
            stack=other.stack or self.stack,
            profile=other.profile or self.profile,
            region=other.region or self.region,
            as_json=other.as_json or self.as_json,
        )


@dataclass(frozen=True)
class Desk:
    """What a command works with: the deployment, the time it began, and the paper it writes on."""

    where: Where
    now: datetime
    out: Console = field(default_factory=lambda: Console(highlight=False))
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    @cached_property
    def deployment(self) -> Deployment:
        """The deployment; a command that does not need one never looks for it."""
        return Deployment(Account(self.where.profile, self.where.region), self.where.stack or DEFAULT_STACK)

    @property
    def as_json(self) -> bool:
        """Whether the answer is for programs."""
        return self.where.as_json

    def print_json(self, answer: object) -> None:
        """Print the answer for programs."""
        print(json.dumps(answer, indent=2, default=_plain))

    def say(self, text: str, style: str = "", indent: int = 0) -> None:
        """Print text for people as it is, broken between words where it is long."""
        self.out.print(Padding(Text(text, style), (0, 0, 0, indent), expand=False))


def command(verb: Callable[..., int]) -> Callable[..., None]:
    """Make a function of a desk a command: it gets the common options, and never shows a person a traceback.

    The function takes the desk first, and returns the exit code.
    """

    @wraps(verb)
    def run(ctx: typer.Context, **given: Any) -> None:
        said = Where(*(given.pop(name) for name in ("stack", "profile", "region", "as_json")))
        where = ctx.obj.and_then(said) if isinstance(ctx.obj, Where) else said
        try:
            code = verb(Desk(where, datetime.now(UTC)), **given)
        except EXPECTED as error:
            raise _cannot_run(in_one_line(error)) from None
        except Exception as error:
            if os.environ.get("GUARD_TRACEBACK"):
                raise
            hint = "Is guard of the version that is deployed? GUARD_TRACEBACK=1 shows where it happened."
            raise _cannot_run(f"unexpected: {in_one_line(error)}. {hint}") from None
        raise typer.Exit(code)

    own = [each.replace(kind=each.KEYWORD_ONLY) for each in list(inspect.signature(verb).parameters.values())[1:]]
    signature = inspect.Signature([_option("ctx", typer.Context, ...), *own, *_common()])
    # Typer reads it there; to mypy a function has no such attribute.
    run.__signature__ = signature  # type: ignore[attr-defined]
    return run


def _cannot_run(why: str) -> typer.Exit:
    typer.echo(f"guard: {why}", err=True)
    return typer.Exit(CANNOT_RUN)


def _common() -> list[inspect.Parameter]:
    return [
        _option("stack", Stack, None),
        _option("profile", Profile, None),
        _option("region", Region, None),
        _option("as_json", AsJson, default=False),
    ]


def _option(name: str, annotation: object, default: object) -> inspect.Parameter:
    given = inspect.Parameter.empty if default is ... else default
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=given, annotation=annotation)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)
