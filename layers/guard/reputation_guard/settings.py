"""The environment of the functions, read once, and complained about by name."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from reputation_guard.domain.addresses import Veil
from reputation_guard.domain.brake import BrakeRules
from reputation_guard.domain.notice import Channel
from reputation_guard.domain.policy import PRESETS, Mode, Policy

_TIME_TO_COUNT = timedelta(seconds=5)


class SettingError(Exception):
    """A setting is missing or wrong; the arguments are its name and what it may be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a function is told: only what it needs. Reading what it was not told raises `SettingError`."""

    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def read(cls) -> "Settings":
        """The settings of this process."""
        return cls(dict(os.environ))

    def text(self, name: str) -> str:
        """A setting that has to be there."""
        if not (value := self.environment.get(name, "")):
            raise SettingError(name, "is not set")
        return value

    def _one_of(self, name: str, allowed: Mapping[str, object]) -> str:
        if (value := self.text(name)) not in allowed:
            raise SettingError(name, f"is one of {', '.join(allowed)}")
        return value

    @property
    def mode(self) -> Mode:
        """The deployment's mode."""
        return Mode(self._one_of("MODE", {mode.value: mode for mode in Mode}))

    @property
    def policy(self) -> Policy:
        """The deployment's default policy, as it is built in."""
        return PRESETS[self._one_of("POLICY_PRESET", PRESETS)]

    @property
    def counts_simulator(self) -> bool:
        """Whether mail to the mailbox simulator counts."""
        return self._is_on("COUNT_SIMULATOR")

    @property
    def veil(self) -> Veil:
        """What becomes of recipients' addresses; the stack's id is each deployment's own."""
        told = self._one_of("RECIPIENT_ADDRESSES", {"hashed": False, "shown": True})
        return Veil(self.text("STACK_ID").encode(), lifted=told == "shown")

    @property
    def channels(self) -> frozenset[Channel]:
        """Which of PagerDuty and the webhook are switched on."""
        told = {Channel.PAGER_DUTY: self._is_on("PAGER_DUTY"), Channel.WEBHOOK: self._is_on("WEBHOOK")}
        return frozenset(channel for channel, is_on in told.items() if is_on)

    def _is_on(self, name: str) -> bool:
        return self._one_of(name, {"yes": True, "no": False}) == "yes"

    @property
    def receives(self) -> int:
        """How often a queue hands a record over before it goes to the dead letters."""
        return self._whole_number("RECEIVES")

    @property
    def sends_travel(self) -> timedelta:
        """How long after one batch of sends another of the same time is counted: its window, and time to count it."""
        return timedelta(seconds=self._whole_number("SENDS_BATCH_WINDOW")) + _TIME_TO_COUNT

    @property
    def link_may_act(self) -> bool:
        """Whether who has a link may hand over, pause and resume as well."""
        return self._one_of("LINKS_MAY", {"answer": False, "act": True}) == "act"

    @property
    def group_wait(self) -> timedelta:
        """How long the first page of an incident waits for others to be told in it."""
        return timedelta(seconds=self._whole_number("GROUP_WAIT"))

    @property
    def brake_rules(self) -> BrakeRules:
        """How many tenants the guard pauses in an hour."""
        return BrakeRules(self._whole_number("BRAKE_LEAST"), self._whole_number("BRAKE_PERCENT") / 100)

    def _whole_number(self, name: str) -> int:
        if not (value := self.text(name)).isdecimal():
            raise SettingError(name, "is a whole number")
        return int(value)
