"""What a function is told, and that importing asks for nothing."""

import subprocess
import sys
from datetime import timedelta

import pytest

from reputation_guard.domain.policy import PRESETS, Mode
from reputation_guard.settings import SettingError, Settings
from tests.functions.conftest import ROOT


def test_settings_are_read_as_what_they_mean() -> None:
    told = Settings({"MODE": "observe", "POLICY_PRESET": "strict", "SENDS_BATCH_WINDOW": "5"})
    assert told.mode is Mode.OBSERVE
    assert told.policy == PRESETS["strict"]
    # The window of a batch, and the time it takes to count it.
    assert told.sends_travel == timedelta(seconds=10)


def test_addresses_are_veiled_unless_the_deployment_says_otherwise() -> None:
    told = {"STACK_ID": "arn:aws:cloudformation:us-east-1:123456789012:stack/guard/1"}
    hashed, shown = (Settings(told | {"RECIPIENT_ADDRESSES": how}).veil for how in ("hashed", "shown"))
    assert (hashed.lifted, shown.lifted) == (False, True)
    assert hashed.salt == told["STACK_ID"].encode()
    with pytest.raises(SettingError):
        _ = Settings(told | {"RECIPIENT_ADDRESSES": "plain"}).veil


@pytest.mark.parametrize("environment", [{}, {"BOOK_TABLE": ""}])
def test_a_setting_that_is_missing_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(SettingError) as error:
        Settings(environment).text("BOOK_TABLE")
    assert error.value.args[0] == "BOOK_TABLE"


def test_a_preset_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(SettingError) as error:
        _ = Settings({"POLICY_PRESET": "lenient"}).policy
    assert error.value.args[0] == "POLICY_PRESET"
    assert "standard" in error.value.args[1]


# Names each handler that cannot be imported, and says why. Python is started once for all: that takes the time.
IMPORT_EACH = """
import runpy, socket, sys, traceback

socket.socket.connect = None
for path in sys.argv[1:]:
    try:
        assert runpy.run_path(path)["handler"]
    except BaseException:
        print(path)
        traceback.print_exc()
"""


def test_importing_a_handler_needs_neither_settings_nor_the_network() -> None:
    """A cold start builds nothing before the first event."""
    handlers = [str(path) for path in sorted((ROOT / "functions").glob("*/app.py"))]
    bare = {"PYTHONPATH": str(ROOT / "layers" / "guard"), "POWERTOOLS_METRICS_NAMESPACE": "ReputationGuard"}
    command = [sys.executable, "-c", IMPORT_EACH, *handlers]
    done = subprocess.run(command, env=bare, capture_output=True, text=True, check=True)
    assert handlers
    assert done.stdout.split() == [], done.stderr
