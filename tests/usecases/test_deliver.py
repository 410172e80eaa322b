"""People are told: once, on every channel that is meant, and by another channel where one cannot be reached."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from reputation_guard.domain.notice import Channel, Notice, Severity
from reputation_guard.ports.errors import NoRightError, UnavailableError
from reputation_guard.usecases.deliver import Delivery, UntoldError, deliver, send_digest
from tests.fakes.builders import NOW, notice
from tests.fakes.crashes import CrashError, Fuse, wired
from tests.fakes.notices import InMemoryBoard, InMemoryReceipts, InMemoryShelf

ALL = frozenset({Channel.PAGER_DUTY, Channel.WEBHOOK})
OF_A_PAGE = [Channel.FIRST_RUNG, Channel.PAGER_DUTY, Channel.WEBHOOK, Channel.CHAT]
PAGE = notice()
WARNING = notice(id="w", severity=Severity.WARNING, event="TenantWarned", incident="")


@dataclass(slots=True)
class People:
    """Their channels, and what was accepted."""

    board: InMemoryBoard = field(default_factory=InMemoryBoard)
    receipts: InMemoryReceipts = field(default_factory=InMemoryReceipts)
    shelf: InMemoryShelf = field(default_factory=InMemoryShelf)

    def tell(self, told: Notice = PAGE, *, is_last_chance: bool = False, fuse: Fuse | None = None) -> None:
        board, receipts = (wired(self.board, fuse), wired(self.receipts, fuse)) if fuse else (self.board, self.receipts)
        deliver(told, Delivery(board, receipts, ALL), NOW, is_last_chance=is_last_chance)


def test_a_page_reaches_every_channel_once_however_often_it_is_delivered() -> None:
    people = People()
    people.tell()
    people.tell()
    assert people.board.channels == OF_A_PAGE
    assert people.receipts.of_incident("shop.4")[0].accepted_as == "first rung-1"


def test_a_page_to_all_rungs_reaches_each_of_their_topics() -> None:
    people = People()
    people.tell(notice(rungs=(0, 1, 2, 3)))
    assert people.board.channels[:3] == [Channel.FIRST_RUNG, Channel.SECOND_RUNG, Channel.THIRD_RUNG]
    assert len(people.board.channels) == 6


def test_a_channel_that_does_not_answer_holds_up_no_other_and_is_tried_again_alone() -> None:
    people = People()
    people.board.errors[Channel.FIRST_RUNG] = UnavailableError("Throttling")
    with pytest.raises(UntoldError, match="first rung"):
        people.tell()
    assert people.board.channels == OF_A_PAGE[1:]
    people.board.errors.clear()
    people.tell()
    assert people.board.channels == [*OF_A_PAGE[1:], Channel.FIRST_RUNG]


@pytest.mark.parametrize(
    ("error", "is_last_chance"), [(NoRightError("AccessDenied"), False), (UnavailableError("Throttling"), True)]
)
def test_another_channel_takes_the_place_of_one_that_cannot_be_reached(
    error: Exception, *, is_last_chance: bool
) -> None:
    people = People()
    people.board.errors[Channel.FIRST_RUNG] = error
    people.tell(is_last_chance=is_last_chance)
    channel, instead = people.board.posted[0]
    assert channel is Channel.SECOND_RUNG
    assert instead.text == "The guard could not reach first rung; you are told instead.\n\nWhy: ..."
    people.tell(is_last_chance=is_last_chance)
    assert len(people.board.posted) == len(OF_A_PAGE)


def test_what_no_channel_takes_goes_back() -> None:
    people = People()
    people.board.errors = dict.fromkeys(Channel, NoRightError("AccessDenied"))
    with pytest.raises(UntoldError):
        people.tell(is_last_chance=True)


def test_a_book_that_does_not_answer_keeps_no_page_from_anybody_at_the_last_chance() -> None:
    people = People()
    fuse = Fuse(1, error=lambda: UnavailableError("Throttling"))
    people.tell(is_last_chance=True, fuse=fuse)
    assert people.board.channels == OF_A_PAGE


@pytest.mark.parametrize("after_the_call", [False, True])
@pytest.mark.parametrize("calls", range(1, 2 * len(OF_A_PAGE) + 2))
def test_after_a_crash_nobody_is_forgotten_and_only_who_had_no_receipt_is_told_twice(
    calls: int, *, after_the_call: bool
) -> None:
    people = People()
    with pytest.raises(CrashError):
        people.tell(fuse=Fuse(calls, after_the_call=after_the_call))
    people.tell()
    # Calls are: the receipts, then a post and its receipt for each channel; between those two a repetition is possible.
    between = (calls % 2 == 0 and after_the_call) or (calls % 2 == 1 and calls > 1 and not after_the_call)
    assert set(people.board.channels) == set(OF_A_PAGE)
    assert len(people.board.channels) == len(OF_A_PAGE) + between


def test_news_goes_to_the_rungs_that_were_paged_and_to_the_warnings_instead() -> None:
    people = People()
    people.board.errors[Channel.FIRST_RUNG] = NoRightError("AccessDenied")
    people.tell(notice(severity=Severity.NEWS, event="IncidentClosed"))
    assert people.board.channels[0] is Channel.WARNINGS


def test_news_of_no_incident_is_none_for_pager_duty() -> None:
    people = People()
    people.tell(notice(severity=Severity.NEWS, event="TenantResumed", incident=""))
    assert people.board.channels == [Channel.FIRST_RUNG, Channel.WEBHOOK, Channel.CHAT]


def test_a_digest_tells_what_is_due_once_and_forgets_it() -> None:
    people = People()
    people.shelf.keep(WARNING, NOW)
    people.shelf.keep(notice(id="later", severity=Severity.WARNING), NOW + timedelta(hours=1))
    world = Delivery(people.board, people.receipts, frozenset())
    told = send_digest(people.shelf, world, NOW)
    assert told
    assert people.board.channels == [Channel.WARNINGS, Channel.CHAT]
    assert send_digest(people.shelf, world, NOW) is None
    assert list(people.shelf.waiting) == ["later"]


@pytest.mark.parametrize("calls", range(1, 8))
def test_a_digest_that_crashes_loses_no_warning(calls: int) -> None:
    people, fuse = People(), Fuse(calls)
    people.shelf.keep(WARNING, NOW)
    with pytest.raises(CrashError):
        send_digest(
            wired(people.shelf, fuse),
            Delivery(wired(people.board, fuse), wired(people.receipts, fuse), frozenset()),
            NOW,
        )
    send_digest(people.shelf, Delivery(people.board, people.receipts, frozenset()), NOW)
    assert set(people.board.channels) == {Channel.WARNINGS, Channel.CHAT}
    assert people.shelf.waiting == {}
