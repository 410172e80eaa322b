"""The way of notices to people, built on first use."""

from functools import cache
from typing import TYPE_CHECKING

from reputation_guard import wiring
from reputation_guard.wiring import links

if TYPE_CHECKING:
    from reputation_guard.aws.receipts import ReceiptTable
    from reputation_guard.ports.notices import NoticeBoard, WarningShelf
    from reputation_guard.usecases.deliver import Delivery, Notifying


@cache
def notice_board() -> "NoticeBoard":
    """Where notices reach people."""
    from reputation_guard.aws.channels import ApiDestinations, Channels, Topics
    from reputation_guard.domain.notice import Channel

    topics = {
        Channel.FIRST_RUNG: wiring.settings().text("PAGES_TOPIC"),
        Channel.SECOND_RUNG: wiring.settings().text("SECOND_RUNG_TOPIC"),
        Channel.THIRD_RUNG: wiring.settings().text("THIRD_RUNG_TOPIC"),
        Channel.WARNINGS: wiring.settings().text("WARNINGS_TOPIC"),
        Channel.CHAT: wiring.settings().text("CHAT_TOPIC"),
    }
    destinations = ApiDestinations(wiring.client("events"), wiring.settings().text("GUARD_BUS"))
    return Channels(Topics(wiring.client("sns"), topics), destinations)


@cache
def _receipts() -> "ReceiptTable":
    from reputation_guard.aws.receipts import ReceiptTable

    return ReceiptTable(wiring.client("dynamodb"), wiring.settings().text("BOOK_TABLE"))


@cache
def digests() -> "Delivery":
    """What telling a digest needs: the topics of warnings and of the chat alone."""
    from reputation_guard.aws.channels import Topics
    from reputation_guard.domain.notice import Channel
    from reputation_guard.usecases.deliver import Delivery

    topics = {
        Channel.WARNINGS: wiring.settings().text("WARNINGS_TOPIC"),
        Channel.CHAT: wiring.settings().text("CHAT_TOPIC"),
    }
    return Delivery(Topics(wiring.client("sns"), topics), _receipts(), frozenset())


@cache
def notifying() -> "Notifying":
    """What making notices of guard events needs."""
    from reputation_guard.usecases.deliver import Delivery, Notifying

    delivery = Delivery(notice_board(), _receipts(), wiring.settings().channels)
    return Notifying(delivery, warnings(), links.signed(), wiring.settings().text("RUNBOOK_URL"))


@cache
def warnings() -> "WarningShelf":
    """The warnings that wait for their digest."""
    from reputation_guard.aws.warnings import WarningTable

    return WarningTable(wiring.client("dynamodb"), wiring.settings().text("BOOK_TABLE"))
