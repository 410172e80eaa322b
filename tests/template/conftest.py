"""One translation for all tests: it takes a second."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.template.stack import EVENTS, Stack, translated, written


@pytest.fixture(scope="session")
def stack() -> Stack:
    """Return the resources CloudFormation would create."""
    return translated()


@pytest.fixture(scope="session")
def source() -> dict[str, Any]:
    """Return the template as a person wrote it."""
    return written()


@pytest.fixture(scope="session")
def events() -> dict[str, dict[str, Any]]:
    """Return every example event by the name of its file."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(EVENTS.glob("*.json"))}
