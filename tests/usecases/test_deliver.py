"""A notice reaches people: each channel takes it once, and where one fails another tells of it and of that."""

from dataclasses import replace

import pytest

from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.notices import Notice, Severity
from reputation_guard.ports import RefusedError, UnavailableError
from reputation_guard.usecases.deliver import Delivering, deliver
from tests.fakes.builders import NOW
from tests.fakes.crashes import CrashError, Fuse, wired
from tests.fakes.outlets import InMemoryChannel, InMemoryReceipts

ALL = ("rung-1", "rung-2", "rung-3", "warnings", "chat", "pagerduty", "webhook")
PAGE = Notice(
    id="shop.4.EscalationRaised.1",
    event=GuardEvent.TENANT_PAUSED,
    tenant="shop",
    severity=Severity.PAGE,
    at=NOW,
    subject="[guard] shop PAUSED",
    text="Why: ...",
    incident="shop.4",
)
REFUSED, SILENT = RefusedError("NotFound", "no such topic"), UnavailableError("throttled")


class Office:
    """The channels of a deployment; some answer with an error."""

    def __init__(self, *names: str, **errors: Exception) -> None:
        self.channels = {name: InMemoryChannel(error=errors.get(name.replace("-", "_"))) for name in names or ALL}
        self.receipts = InMemoryReceipts()

    def deliver(self, notice: Notice = PAGE, *, last_chance: bool = False) -> None:
        deliver(notice, Delivering(self.channels, self.receipts), NOW, last_chance=last_chance)

    def reached(self) -> list[str]:
        """The channels that took something, once for each time."""
        return [name for name, channel in self.channels.items() for _ in channel.taken]


@pytest.mark.parametrize(
    ("notice", "channels"),
    [
        (PAGE, ["rung-1", "chat", "pagerduty", "webhook"]),
        (replace(PAGE, rungs=(1,)), ["rung-2", "chat", "pagerduty", "webhook"]),
        (replace(PAGE, rungs=(0, 1, 2)), ["rung-1", "rung-2", "rung-3", "chat", "pagerduty", "webhook"]),
        (replace(PAGE, rungs=(2, 3, 9)), ["rung-3", "chat", "pagerduty", "webhook"]),
        (replace(PAGE, severity=Severity.NEWS), ["rung-1", "chat", "pagerduty", "webhook"]),
        (replace(PAGE, severity=Severity.WARNING), ["warnings", "chat", "webhook"]),
    ],
)
def test_a_notice_goes_to_the_channels_of_its_severity_and_rungs(notice: Notice, channels: list[str]) -> None:
    office = Office()
    office.deliver(notice)
    assert office.reached() == channels


def test_only_the_channels_there_are_get_anything() -> None:
    office = Office("rung-1", "warnings")
    office.deliver()
    assert office.reached() == ["rung-1"]


def test_what_a_channel_has_taken_it_does_not_get_again() -> None:
    office = Office(chat=SILENT)
    with pytest.raises(UnavailableError):
        office.deliver()
    office.channels["chat"].error = None
    office.deliver()
    assert sorted(office.reached()) == ["chat", "pagerduty", "rung-1", "webhook"]


def test_what_each_channels_api_accepted_is_kept() -> None:
    office = Office("rung-1")
    office.deliver()
    (receipt,) = office.receipts.of(PAGE.id)
    assert (receipt.channel, receipt.accepted, receipt.at, receipt.by) == ("rung-1", "accepted-1", NOW, "rung-1")


def test_the_next_channel_stands_in_for_one_that_refuses_and_says_so() -> None:
    office = Office("rung-1", "rung-2", "warnings", rung_1=REFUSED)
    office.deliver()
    assert office.reached() == ["rung-2"]
    assert (
        "The channel rung-1 could not be reached (NotFound: no such topic)" in office.channels["rung-2"].taken[0].text
    )
    (receipt,) = office.receipts.of(PAGE.id)
    assert (receipt.channel, receipt.by) == ("rung-1", "rung-2")
    office.deliver()
    assert office.reached() == ["rung-2"], "and it is not told again"


def test_a_channel_that_does_not_answer_is_tried_again_before_another_stands_in() -> None:
    office = Office("rung-1", "warnings", rung_1=SILENT)
    with pytest.raises(UnavailableError):
        office.deliver()
    assert office.reached() == []
    office.deliver(last_chance=True)
    assert office.reached() == ["warnings"]


def test_one_silent_channel_keeps_no_other_waiting() -> None:
    office = Office(rung_1=SILENT)
    with pytest.raises(UnavailableError):
        office.deliver()
    assert office.reached() == ["chat", "pagerduty", "webhook"]


@pytest.mark.parametrize("error", [REFUSED, SILENT])
def test_where_nobody_can_be_reached_the_notice_goes_back(error: Exception) -> None:
    """And to the dead letters in the end, which raise an alarm of their own."""
    office = Office("rung-1", "warnings", rung_1=error, warnings=error)
    with pytest.raises(type(error)):
        office.deliver(last_chance=True)


def test_a_stand_in_that_fails_as_well_has_a_stand_in() -> None:
    office = Office("rung-1", "rung-2", "warnings", rung_1=REFUSED, rung_2=SILENT)
    office.deliver()
    assert office.reached() == ["warnings"]


@pytest.mark.parametrize("after_the_call", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 10))
def test_a_crash_anywhere_forgets_nobody(call: int, *, after_the_call: bool) -> None:
    """Twice is told only where the crash lies between a channel's answer and its receipt."""
    office, fuse = Office("rung-1", "chat", "webhook"), Fuse(call, after_the_call=after_the_call)
    fragile = {name: wired(channel, fuse) for name, channel in office.channels.items()}
    try:
        deliver(PAGE, Delivering(fragile, wired(office.receipts, fuse)), NOW)
    except CrashError:
        office.deliver()
    told = office.reached()
    assert set(told) == {"rung-1", "chat", "webhook"}
    assert len(told) <= 4
