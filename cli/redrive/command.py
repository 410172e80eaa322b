"""`guard redrive`: see what failed for good and why, and have it done after all."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.account import CannotRunError
from cli.command import FINE, WRONG, Desk, command
from cli.redrive import work
from cli.redrive.edges import EDGES, UNKNOWN, Edge
from cli.redrive.letters import SUFFIX, DeadLetters
from cli.redrive.reasons import Finding, examine
from cli.words import age, count, names

_LOOKED_AT = 10


@dataclass(frozen=True, slots=True)
class Seen:
    """A queue of dead letters, and the first of what is in it."""

    queue: str
    edge: Edge
    depth: int
    first: tuple[Finding, ...]

    @property
    def oldest(self) -> datetime | None:
        """The oldest of those looked at."""
        return min((each.letter.sent_at for each in self.first), default=None)


@command
def redrive(  # noqa: PLR0913 - a person's options
    desk: Desk,
    queue: Annotated[
        str | None, typer.Argument(metavar="[QUEUE]", help="A queue of dead letters, such as FeedbackDeadLetters.")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be replayed, and what not.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Replay N letters at most.")] = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="Write all letters whole, as JSON lines; replay none."),
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option("--drop", metavar="ID", help="With --export and --yes: then remove this one for good."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Yes, for good.")] = False,
) -> int:
    """See what failed for good and why; with QUEUE, have its work done after all.

    Without QUEUE it changes nothing. With it, each letter is read, sent where it was going, and removed; twice is once.

    What cannot be read is poison: it stays. --export writes it down, and --drop removes it.
    """
    if queue is None:
        if dry_run or limit or export or drop:
            raise CannotRunError(
                "Name the queue: guard redrive QUEUE. Without options, guard redrive lists all of them."
            )
        return _list(desk)
    if drop and not (export and yes):
        raise CannotRunError("--drop removes for good: it goes with --export FILE and --yes.")
    if export and (dry_run or limit):
        raise CannotRunError("--export writes all letters, and replays none.")
    name = _named(queue, desk)
    with _open(name, desk) as letters:
        if export:
            return _export(name, letters, export, drop or [], desk)
        result = work.replay(letters, EDGES.get(name, UNKNOWN), desk, limit=limit, dry_run=dry_run)
    return _tell(name, result, desk, dry_run=dry_run)


def _queues(desk: Desk) -> list[str]:
    return [each.logical_id for each in desk.deployment.of_kind("SQS::Queue") if each.logical_id.endswith(SUFFIX)]


def _named(queue: str, desk: Desk) -> str:
    """The queue of this name, with or without the end that all of them have."""
    for name in _queues(desk):
        if queue.lower() in {name.lower(), name.removesuffix(SUFFIX).lower()}:
            return name
    known = names([name.removesuffix(SUFFIX) for name in _queues(desk)])
    raise CannotRunError(f"There is no queue of dead letters {queue}. There are: {known}.")


def _open(name: str, desk: Desk) -> DeadLetters:
    return DeadLetters(desk.deployment.account.client("sqs"), desk.deployment.resource(name).physical_id)


def _list(desk: Desk) -> int:
    seen = [_look(name, desk) for name in _queues(desk)]
    full = [each for each in seen if each.depth]
    if desk.as_json:
        desk.print_json({"stack": desk.deployment.stack, "queues": [_as_json(each) for each in seen]})
    elif not full:
        desk.say(f"{count(len(seen), 'queue')} of dead letters, all empty.")
    for each in [] if desk.as_json else full:
        _print(each, desk)
    return WRONG if full else FINE


def _look(name: str, desk: Desk) -> Seen:
    edge = EDGES.get(name, UNKNOWN)
    with _open(name, desk) as letters:
        depth = letters.depth()
        first = list(islice(letters.letters(), _LOOKED_AT)) if depth else []
        return Seen(name, edge, max(depth, len(first)), tuple(examine(first, edge, desk)))


def _as_json(seen: Seen) -> dict[str, Any]:
    return {
        "queue": seen.queue,
        "holds": seen.edge.holds,
        "way_back": seen.edge.way_back,
        "letters": seen.depth,
        "oldest": seen.oldest,
        "first": [each.as_json() for each in seen.first],
    }


def _print(seen: Seen, desk: Desk) -> None:
    oldest = f", the oldest {age(seen.oldest, desk.now)} old" if seen.oldest else ""
    desk.say(f"{seen.queue}: {count(seen.depth, 'letter')}{oldest}.", "bold red")
    desk.say(f"Holds {seen.edge.holds}; the way back: {seen.edge.way_back}.", indent=2)
    reasons: dict[str, list[Finding]] = {}
    for each in seen.first:
        reasons.setdefault(f"{'poison, ' if each.poison else ''}{each.why}", []).append(each)
    for why, findings in reasons.items():
        desk.say(f"{len(findings)} x {why}", indent=2)
    if len(seen.first) < seen.depth:
        desk.say(f"Why, of the first {len(seen.first)}; guard redrive {seen.queue} --dry-run reads all.", indent=2)
    desk.say(f"When the cause is mended: guard redrive {seen.queue}", indent=2)


def _tell(name: str, result: work.Replay, desk: Desk, *, dry_run: bool) -> int:
    wrong = bool(result.poison or result.refused)
    if desk.as_json:
        desk.print_json(
            {
                "queue": name,
                "dry_run": dry_run,
                "replayed": result.replayed,
                "poison": [each.as_json() for each in result.poison],
                "refused": result.refused or None,
            }
        )
        return WRONG if wrong else FINE
    verb = "would be replayed" if dry_run else "replayed"
    desk.say(f"{name}: {count(result.replayed, 'letter')} {verb}.")
    for each in result.poison:
        desk.say(f"{each.letter.id} stays: {each.why}", "red", indent=2)
    if result.poison:
        desk.say(f"See them whole: guard redrive {name} --export FILE", indent=2)
    if result.refused:
        desk.err.print(f"guard: {result.refused}", markup=False, soft_wrap=True)
    return WRONG if wrong else FINE


def _export(name: str, letters: DeadLetters, path: Path, ids: list[str], desk: Desk) -> int:
    written = work.export(letters.letters(), name, EDGES.get(name, UNKNOWN), path, desk)
    dropped = work.drop(letters, written, ids)
    missing = sorted(set(ids) - set(dropped))
    if desk.as_json:
        told = {"queue": name, "file": str(path), "exported": len(written), "dropped": dropped, "missing": missing}
        desk.print_json(told)
    else:
        desk.say(f"{name}: {count(len(written), 'letter')} written to {path}.")
        if dropped:
            desk.say(f"{count(len(dropped), 'letter')} removed for good.")
    if missing:
        desk.err.print(f"guard: {name} holds no {names(missing)}.", markup=False, soft_wrap=True)
    return WRONG if missing else FINE
