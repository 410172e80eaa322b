"""Lines of histories as the tests need them, and what the commands make of them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from cli.history.lines import BounceLine, ComplaintLine, Line, SendLine
from cli.main import app

T0 = 1_767_225_600
"""2026-01-01 00:00 UTC."""
DAY = 86_400


def sent(after: float, n: int = 1, tenant: str = "acme") -> dict[str, Any]:
    """Mails sent so many seconds after T0."""
    return {"ts": T0 + after, "tenant": tenant, "kind": "Sent", "n": n}


def bounced(after: float, ident: int | str, tenant: str = "acme", delay: float = 5, **changes: Any) -> dict[str, Any]:
    """A hard bounce, known `delay` seconds after the mail was sent."""
    known = {"ts": T0 + after + delay, "tenant": tenant, "kind": "Bounce", "id": ident, "sent_ts": T0 + after}
    return known | {"bounceType": "Permanent"} | changes


def complained(after: float, ident: int, tenant: str = "acme", delay: float = 60) -> dict[str, Any]:
    """A complaint, known `delay` seconds after the mail was sent."""
    return {"ts": T0 + after + delay, "tenant": tenant, "kind": "Complaint", "id": ident, "sent_ts": T0 + after}


def tick(after: float) -> dict[str, Any]:
    """All until then is written."""
    return {"tick": T0 + after}


def blast(after: float, sends: int, bounces: int, tenant: str = "acme") -> list[dict[str, Any]]:
    """Mails of one moment, some of which bounce hard."""
    return [sent(after, sends, tenant), *(bounced(after, ident, tenant) for ident in range(bounces))]


def parsed(line: dict[str, Any]) -> Line:
    """The line as it is read."""
    given = dict(line)
    if given["kind"] == "Sent":
        return SendLine(**given)
    if given["kind"] == "Complaint":
        return ComplaintLine(**given)
    return BounceLine(
        **{key: value for key, value in given.items() if key != "bounceType"}, bounce_type=line["bounceType"]
    )


def text_of(*lines: Any) -> str:
    """Lines of JSON; what is text already stays as it is."""
    return "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)


def guard(*words: str, given: str = "") -> Result:
    """Run a command line on a standard input."""
    return CliRunner().invoke(app, list(words), input=given, env={"COLUMNS": "160"})


def answers(result: Result) -> list[dict[str, Any]]:
    """What was written to standard output, line by line."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def history(folder: Path, *lines: Any, name: str = "history.jsonl") -> str:
    """The path of a file with these lines."""
    path = folder / name
    path.write_text(text_of(*lines))
    return str(path)


def iso(after: float) -> str:
    """A moment so many seconds after T0, as an export writes it."""
    return datetime.fromtimestamp(T0 + after, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def slot_record(
    after: float, sends: int, bounces: int = 0, complaints: int = 0, tenant: str = "acme"
) -> dict[str, Any]:
    numbers = {"sends": sends, "bounces": bounces, "complaints": complaints}
    return {"record": "counts", "tenant": tenant, "slot": iso(after)} | numbers


def day_record(day: int, sends: int, bounces: int = 0, complaints: int = 0, tenant: str = "acme") -> dict[str, Any]:
    numbers = {"sends": sends, "bounces": bounces, "complaints": complaints}
    return {"record": "day", "tenant": tenant, "day": iso(day * DAY)[:10]} | numbers


def found(*words: str, given: str = "") -> Any:
    return json.loads(guard("backtest", "--json", *words, given=given).stdout)
