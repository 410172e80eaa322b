"""What is worth reading of the guard's log, in one line each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cli.tail.follow import LogEvent

# What the functions say when they did something; whatever ends in "decided" as well.
DONE = frozenset({"settled", "refused", "told", "signalled", "mirrored", "claimed", "ordered", "decided"})
# What they say when there was nothing to do, or every minute.
NOISE = frozenset(
    {
        "reviewed",
        "watched",
        "reconciled",
        "looked",
        "another has it",
        "another run has it",
        "nothing to tell",
        "rotated",
    }
)
_OF_THE_LOGGER = frozenset({"level", "location", "message", "timestamp", "service", "xray_trace_id", "sampling_rate"})
_OF_ERRORS = frozenset({"exception", "exception_name", "stack_trace"})
# These ids and names say by themselves what they are.
_PLAIN = frozenset({"decision", "announces", "tenant", "incident", "signal", "notice", "subject", "announcement", "do"})
# Each begins with the name of its tenant, which has no dot.
_IDS = ("decision", "incident", "notice", "announcement")
_PAGE = ".EscalationRaised."
_BAD = {"WARNING": "warning", "ERROR": "error", "CRITICAL": "error"}
# What Lambda says of a function that ended badly, and what the standard library logs there.
_BAD_WORDS = {"[ERROR]": "error", "[WARNING]": "warning", "Task timed out": "error", "Runtime exited": "error"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing the guard did, or that went wrong (`is_bad`); `told` is what the log says of it."""

    at: datetime
    what: str
    text: str
    told: Mapping[str, Any]
    is_bad: bool = False

    def is_about(self, tenant: str) -> bool:
        """Whether it is about this tenant."""
        ids = (str(self.told.get(name) or "") for name in _IDS)
        return self.told.get("tenant") == tenant or any(each.startswith(f"{tenant}.") for each in ids)


def line_of(event: LogEvent) -> Line | None:
    """What an event of the log says; None where it is not worth reading."""
    record = _record(event.text)
    return _of_record(event.at, record) if record else _of_text(event)


def _record(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        record = json.loads(text)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _of_record(at: datetime, record: Mapping[str, Any]) -> Line | None:
    message, bad = str(record.get("message", "")), _BAD.get(str(record.get("level")))
    is_done = message in DONE or message.endswith(" decided")
    if not bad and not is_done:
        return None
    told = {name: value for name, value in record.items() if name not in _OF_THE_LOGGER | _OF_ERRORS and value}
    parts = list(dict.fromkeys(str(each) if name in _PLAIN else f"{name} {each}" for name, each in told.items()))
    if bad:
        parts = [message, *parts, *(str(record[name]) for name in ("exception_name",) if name in record)]
    return Line(at, bad or _what(message, told), ", ".join(parts), {"message": message, **told}, is_bad=bool(bad))


def _what(message: str, told: Mapping[str, Any]) -> str:
    if message == "told":
        # Of what has no notice of its own an incident tells.
        return "paged" if _PAGE in str(told.get("notice")) else message if "notice" in told else "announced"
    return message


def _of_text(event: LogEvent) -> Line | None:
    what = next((what for words, what in _BAD_WORDS.items() if words in event.text), None)
    if what is None:
        return None
    first = " ".join(event.text.splitlines()[0].split())
    return Line(event.at, what, first, {"message": first}, is_bad=True)
