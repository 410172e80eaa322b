"""What is done with the letters of one queue: replayed, exported, or removed."""

import json
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from botocore.exceptions import BotoCoreError, ClientError
from rich.progress import track

from cli.account import CannotRunError, in_one_line
from cli.command import Desk
from cli.redrive.edges import Edge, kept_of
from cli.redrive.errands import Errands
from cli.redrive.letters import DeadLetters, Letter
from cli.redrive.reasons import Finding, examine, poison
from reputation_guard.wire import MalformedError

_ONLY_MINE = 0o600


@dataclass(slots=True)
class Replay:
    """How a replay went: how many went their way (or would), what stays, and what AWS refused, which ended it."""

    replayed: int = 0
    poison: list[Finding] = field(default_factory=list)
    refused: str = ""


def replay(letters: DeadLetters, edge: Edge, desk: Desk, *, limit: int | None, dry_run: bool) -> Replay:
    """Send letters their way and then remove them, `limit` at most. What cannot be read stays."""
    result, errands = Replay(), Errands(desk)
    for letter in _one_by_one(letters, desk):
        if limit is not None and result.replayed >= limit:
            break
        try:
            errand = edge.read(letter, desk)
            if not dry_run:
                errands.carry_out(errand)
                letters.remove(letter)
        except MalformedError as error:
            result.poison.append(poison(letter, error))
        except (CannotRunError, ClientError, BotoCoreError) as error:
            # The next one would be refused as well.
            result.refused = in_one_line(error)
            break
        else:
            result.replayed += 1
    return result


def _one_by_one(letters: DeadLetters, desk: Desk) -> Iterator[Letter]:
    shown = desk.err.is_terminal and not desk.as_json
    yield from track(letters.letters(), "Replaying", total=letters.depth(), console=desk.err, disable=not shown)


def export(letters: Iterable[Letter], queue: str, edge: Edge, path: Path, desk: Desk) -> list[Letter]:
    """Write every letter whole, as a line of JSON; only the one who wrote the file may read it."""
    written = list(letters)
    with _new_file(path) as file:
        for finding in examine(written, edge, desk):
            file.write(json.dumps(_whole(finding, queue, desk), default=str) + "\n")
    return written


def _new_file(path: Path) -> TextIO:
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ONLY_MINE), "w", encoding="utf-8")
    except FileExistsError:
        raise CannotRunError(f"{path} is there already: name another file.") from None
    except OSError as error:
        raise CannotRunError(f"{path} cannot be written: {error.strerror}.") from None


def _whole(finding: Finding, queue: str, desk: Desk) -> dict[str, Any]:
    letter = finding.letter
    try:
        kept = kept_of(letter, desk)
    except MalformedError:
        kept = None
    told = {"queue": queue, **finding.as_json(), "sent_at": letter.sent_at.isoformat()}
    more = {"receives": letter.receives, "from_queue": letter.from_queue, "told": dict(letter.told)}
    return told | more | {"body": letter.body} | ({"kept": kept} if kept else {})


def drop(letters: DeadLetters, found: Iterable[Letter], ids: Collection[str]) -> list[str]:
    """Remove the letters of these ids for good; returns the ids removed."""
    dropped = [letter for letter in found if letter.id in ids]
    for letter in dropped:
        letters.remove(letter)
    return [letter.id for letter in dropped]
