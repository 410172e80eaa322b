"""The schemas in `events/schemas/`: those of what the guard writes, and what is shown keeps to them."""

import copy
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from reputation_guard.domain.decision import GuardEvent
from tests.wire import stories
from tests.wire.schemas import SCHEMAS, file_of, schema_of, written


def test_every_guard_event_has_a_schema_and_nothing_else_has() -> None:
    assert sorted(SCHEMAS.glob("*")) == sorted(map(file_of, GuardEvent))


@pytest.mark.parametrize("event", GuardEvent)
def test_a_schema_is_that_of_what_the_guard_writes(event: GuardEvent) -> None:
    """`python -m tests.wire.schemas` writes them anew."""
    assert file_of(event).read_text(encoding="utf-8") == written(event)


@pytest.mark.parametrize("event", GuardEvent)
def test_what_is_shown_keeps_to_its_schema(event: GuardEvent) -> None:
    schema = schema_of(event)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    shown: dict[str, Any] = json.loads(stories.file_of(event).read_text(encoding="utf-8"))
    validator.validate(shown)
    validator.validate(copy.deepcopy(shown) | {"trace-header": "new members may come"})
    with pytest.raises(ValidationError):
        validator.validate(shown | {"detail-type": "SomethingElse"})
    with pytest.raises(ValidationError):
        validator.validate(shown | {"detail": {**shown["detail"], "at": None}})
