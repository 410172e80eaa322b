"""What a history can be judged by: a policy that comes with the guard or a document, and the account's risk or not."""

from pathlib import Path
from typing import Annotated

import typer

from cli.account import CannotRunError
from cli.policy.documents import names_a_file, read_file
from reputation_guard.domain.policy import PRESETS, Policy
from reputation_guard.wire import MalformedError

MEANT = f"one of {', '.join(PRESETS)}, or a document in a .json or .toml file"
PolicyName = Annotated[str, typer.Option("--policy", metavar="POLICY", help=f"The policy to judge by: {MEANT}.")]
WholeAccount = Annotated[
    bool,
    typer.Option(
        "--account",
        help="The tenants are an account's: weigh that as a whole, and tighten their rules as SES's lines come near.",
    ),
]


def policy_named(text: str) -> Policy:
    """The policy that is meant; a refusal names those there are, or the field of a document that is wrong."""
    if names_a_file(text):
        try:
            document = read_file(Path(text))
        except MalformedError as error:
            raise typer.BadParameter(f"{text}: {error.field}: {error.problem}") from None
        except CannotRunError as error:
            raise typer.BadParameter(str(error)) from None
        return document.to_domain(document.version or 1)
    if text not in PRESETS:
        raise typer.BadParameter(f"There is no policy {text!r}: name {MEANT}.")
    return PRESETS[text]
