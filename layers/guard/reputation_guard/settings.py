"""The environment of the functions, read once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from reputation_guard.domain.policy import PRESETS, Mode, Policy

_TIME_TO_COUNT = timedelta(seconds=5)


class SettingError(Exception):
    """A setting is missing or wrong; the arguments are its name and what it may be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a function is told: only what it needs. Reading what it was not told raises `SettingError`."""

    environment: Mapping[str, str]

    @classmethod
    def read(cls) -> "Settings":
        """The settings of this process."""
        return cls(dict(os.environ))

    def text(self, name: str) -> str:
        """A setting that has to be there."""
        if not (value := self.environment.get(name, "")):
            raise SettingError(name, "is not set")
        return value

    @property
    def mode(self) -> Mode:
        """The deployment's mode."""
        return Mode(self.text("MODE"))

    @property
    def sends_travel(self) -> timedelta:
        """How long after one batch of sends another of the same time is counted: its window, and time to count it."""
        return timedelta(seconds=int(self.text("SENDS_BATCH_WINDOW"))) + _TIME_TO_COUNT

    @property
    def policy(self) -> Policy:
        """The deployment's policy."""
        name = self.text("POLICY_PRESET")
        if name not in PRESETS:
            raise SettingError("POLICY_PRESET", f"one of {', '.join(PRESETS)}")
        return PRESETS[name]
