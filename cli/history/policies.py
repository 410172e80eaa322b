"""The policies a history can be judged by, by what people call them."""

from typing import Annotated

import typer

from reputation_guard.domain.policy import PRESETS, Policy

DEFAULT = "standard"
PolicyName = Annotated[
    str, typer.Option("--policy", metavar="NAME", help=f"The policy to judge by: {', '.join(PRESETS)}.")
]


def policy_named(text: str) -> Policy:
    """The policy that is meant; a refusal names those there are."""
    if text not in PRESETS:
        raise typer.BadParameter(f"There is no policy {text!r}: name one of {', '.join(PRESETS)}.")
    return PRESETS[text]
