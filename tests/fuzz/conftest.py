"""The handlers as in tests/functions."""

import pytest

from tests.functions.conftest import account, bell, clock, log, outlets, ses

__all__ = ["account", "bell", "clock", "log", "outlets", "ses"]


@pytest.fixture(autouse=True)
def metrics(account: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - which switches them off
    """Metrics are written: those that are not pile up, and one test here calls a handler hundreds of times."""
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
