"""The JSON Schema of each guard event, as `events/schemas/` holds them for whoever listens on the guard bus.

They are what pydantic makes of the very types that the guard writes. After a change on purpose,
`python -m tests.wire.schemas` writes the files anew.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import ABOUT_INCIDENTS, GuardEvent
from reputation_guard.domain.escalation import IncidentAnnouncement
from reputation_guard.wire.announcement import SOURCE
from tests.wire.stories import EVENTS

SCHEMAS = EVENTS / "schemas"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = {"type": "string"}


def schema_of(event: GuardEvent) -> dict[str, Any]:
    """The schema of a guard event: EventBridge's envelope and the guard's detail. More members may come any day."""
    carried: Any = IncidentAnnouncement if event in ABOUT_INCIDENTS else Announcement
    detail = TypeAdapter(carried).json_schema(mode="serialization")
    definitions = detail.pop("$defs")
    detail["properties"]["name"] = {"const": event.value}
    return {
        "$schema": _DIALECT,
        "title": event.value,
        "type": "object",
        "required": ["id", "detail-type", "source", "time", "resources", "detail"],
        "properties": {
            "version": _TEXT,
            "id": _TEXT | {"description": "EventBridge's; detail.id is the same for every repetition of an event"},
            "detail-type": {"const": event.value},
            "source": {"const": SOURCE},
            "account": _TEXT,
            "time": {"type": "string", "format": "date-time"},
            "region": _TEXT,
            "resources": {"type": "array", "items": _TEXT, "description": "the tenant's ARN, once it is known"},
            "detail": detail,
        },
        "$defs": definitions,
    }


def file_of(event: GuardEvent) -> Path:
    """Where the schema of a guard event is."""
    return SCHEMAS / f"{event}.json"


def written(event: GuardEvent) -> str:
    """The schema as its file holds it."""
    return json.dumps(schema_of(event), indent=2) + "\n"


if __name__ == "__main__":
    SCHEMAS.mkdir(exist_ok=True)
    for each in GuardEvent:
        file_of(each).write_text(written(each), encoding="utf-8")
