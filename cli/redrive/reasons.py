"""Why a letter is where it is: as whoever put it there says, as the guard's log says, or what it lacks."""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from cli.command import Desk
from cli.redrive.edges import Edge, kept_of
from cli.redrive.letters import Letter
from reputation_guard.wire import MalformedError

# Five receives of the slowest queue are a quarter of an hour; more of the log is not looked through.
_TRIED_FOR = timedelta(hours=1)
_PAGES = 10
# A pattern takes 1,024 characters.
_TERMS = 15


@dataclass(frozen=True, slots=True)
class Finding:
    """A letter, why it failed, and whether it is poison: nobody could do anything with it, so it is not replayed."""

    letter: Letter
    why: str
    poison: bool

    def as_json(self) -> dict[str, Any]:
        """The finding, without what the letter says: that may name recipients."""
        return {"id": self.letter.id, "sent_at": self.letter.sent_at, "why": self.why, "poison": self.poison}


def examine(letters: Collection[Letter], edge: Edge, desk: Desk) -> list[Finding]:
    """Find out why these letters failed."""
    logged = _logged([letter for letter in letters if letter.from_queue], desk)
    return [_finding(letter, edge, logged, desk) for letter in letters]


def poison(letter: Letter, error: MalformedError) -> Finding:
    """A letter that cannot be read."""
    return Finding(letter, f"{error.field}: {error.problem}", poison=True)


def _finding(letter: Letter, edge: Edge, logged: Mapping[str, str], desk: Desk) -> Finding:
    try:
        edge.read(letter, desk)
    except MalformedError as error:
        return poison(letter, error)
    return Finding(letter, logged.get(letter.id) or why(letter, desk), poison=False)


def why(letter: Letter, desk: Desk) -> str:
    """As whoever put the letter there says."""
    if "ERROR_CODE" in letter.told:
        tried = f" after {letter.told['RETRY_ATTEMPTS']} retries" if "RETRY_ATTEMPTS" in letter.told else ""
        return f"{letter.told['ERROR_CODE']}{tried}: {letter.told.get('ERROR_MESSAGE', '')}"
    if letter.from_queue:
        return f"its consumer failed on it time after time in {letter.from_queue}"
    if kept := kept_of(letter, desk):
        context = kept.get("requestContext", {})
        return f"{context.get('condition', 'failed')} after {context.get('approximateInvokeCount', '?')} invocations"
    return _answered(letter)


def _answered(letter: Letter) -> str:
    """As Lambda tells of an asynchronous invocation."""
    try:
        told = letter.content()
    except MalformedError:
        return "nobody said why"
    answer, context = told.get("responsePayload"), told.get("requestContext")
    condition = context.get("condition", "") if isinstance(context, dict) else ""
    if isinstance(answer, dict) and "errorMessage" in answer:
        return f"{answer.get('errorType', 'Error')}: {answer['errorMessage']}"
    return str(condition or "nobody said why")


def _logged(letters: Collection[Letter], desk: Desk) -> dict[str, str]:
    """What the functions' log says of records by these ids, the latest word of each."""
    if not letters:
        return {}
    asked = list(islice((letter.id for letter in letters), _TERMS))
    since = min(letter.sent_at for letter in letters)
    said: dict[str, str] = {}
    # Whoever may not read the log still has what the letters say.
    with suppress(ClientError):
        for line in _lines(asked, since, desk):
            if (record := line.get("record")) in asked:
                about = line.get("error") or ": ".join(str(line[name]) for name in ("field", "problem") if name in line)
                said[str(record)] = f"{line.get('message', '')}: {about}"
    return said


def _lines(asked: Collection[str], since: datetime, desk: Desk) -> Iterator[dict[str, Any]]:
    pages = desk.deployment.account.client("logs").get_paginator("filter_log_events")
    found = pages.paginate(
        logGroupName=desk.deployment.output("GuardLog"),
        filterPattern="{ " + " || ".join(f'($.record = "{each}")' for each in asked) + " }",
        startTime=int(since.timestamp() * 1000),
        endTime=int((since + _TRIED_FOR).timestamp() * 1000),
    )
    for page in islice(found, _PAGES):
        for event in page.get("events", []):
            for text in event["message"].splitlines():
                try:
                    line = json.loads(text)
                except ValueError:
                    continue
                if isinstance(line, dict):
                    yield line
