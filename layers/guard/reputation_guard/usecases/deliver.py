"""Tell people; what a channel accepted is noted before a notice counts as told, so that a retry tells nobody twice."""

from dataclasses import dataclass, replace
from datetime import datetime

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.digest import digest_of
from reputation_guard.domain.escalation import IncidentAnnouncement
from reputation_guard.domain.incident_notice import notice_about, with_ways_on
from reputation_guard.domain.notice import Channel, Notice, Route, Severity, routes, without
from reputation_guard.domain.policy import Policy
from reputation_guard.domain.quiet import quiet_until
from reputation_guard.ports.errors import RefusedError, UnavailableError
from reputation_guard.ports.notices import LinkMaker, NoticeBoard, Receipt, Receipts, WarningShelf


class UntoldError(UnavailableError):
    """Some channels took the notice neither themselves nor by another; the arguments name them."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What telling needs. `switched_on`: which of PagerDuty and the webhook there are."""

    board: NoticeBoard
    receipts: Receipts
    switched_on: frozenset[Channel]


@dataclass(frozen=True, slots=True)
class Notifying:
    """What making notices of guard events needs. `runbook`: the address of its page."""

    delivery: Delivery
    shelf: WarningShelf
    links: LinkMaker
    runbook: str


def notify(
    announcement: Announcement | IncidentAnnouncement, world: Notifying, now: datetime, *, is_last_chance: bool
) -> Notice | None:
    """Tell people of a guard event, or keep it for the digest; None where the escalation does.

    Raises `UntoldError`: try again; nobody is told twice. `RefusedError`: nobody can be told of such an event.
    """
    notice, held_until = _made(announcement, now)
    if notice is None:
        return None
    notice = with_ways_on(notice, world.runbook, _link_of(notice, world.links, now))
    if notice.severity is Severity.WARNING:
        world.shelf.keep(notice, held_until)
    else:
        deliver(notice, world.delivery, now, is_last_chance=is_last_chance)
    return notice


def _made(announcement: Announcement | IncidentAnnouncement, now: datetime) -> tuple[Notice | None, datetime]:
    try:
        return notice_about(announcement), quiet_until(_policy_of(announcement).quiet_hours, now)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        # Of the right types, and still none that the guard announced: a day of the year 0, 10^400 bounces (Law 11).
        raise RefusedError(type(error).__name__, "the event makes no sense") from error


def _link_of(notice: Notice, links: LinkMaker, now: datetime) -> str:
    try:
        return links.link_to(notice.incident, now) if notice.incident else ""
    except (UnavailableError, RefusedError):
        # A page without a link is better than none; it says how to answer by the command line as well.
        return ""


def _policy_of(announcement: Announcement | IncidentAnnouncement) -> Policy:
    case = announcement if isinstance(announcement, Announcement) else announcement.incident.case
    return case.decision.policy


def deliver(notice: Notice, world: Delivery, now: datetime, *, is_last_chance: bool) -> None:
    """Hand a notice to each channel it is meant for, unless that was done. Raises `UntoldError`.

    Another channel takes the place of one that refuses, or that still does not answer when there `is_last_chance`.
    """
    done = _done(notice, world, is_last_chance=is_last_chance)
    untold = [
        route[0]
        for route in routes(notice, world.switched_on)
        if route[0] not in done and not _told(notice, route, world, now, is_last_chance=is_last_chance)
    ]
    if untold:
        raise UntoldError(*untold)


def _done(notice: Notice, world: Delivery, *, is_last_chance: bool) -> frozenset[Channel]:
    try:
        return frozenset(receipt.meant for receipt in world.receipts.of_notice(notice))
    except (UnavailableError, RefusedError):
        # To tell somebody twice is better than to tell nobody because the book does not answer.
        if is_last_chance:
            return frozenset()
        raise


def _told(notice: Notice, route: Route, world: Delivery, now: datetime, *, is_last_chance: bool) -> bool:
    for place, channel in enumerate(route):
        try:
            accepted_as = world.board.post(replace(notice, text=without(notice.text, route[:place])), channel)
        except RefusedError:
            continue
        except UnavailableError:
            if not is_last_chance:
                return False
            continue
        return _noted(Receipt(notice.id, route[0], channel, accepted_as, now), notice, world) or is_last_chance
    return False


def _noted(receipt: Receipt, notice: Notice, world: Delivery) -> bool:
    try:
        world.receipts.note(receipt, notice)
    except (UnavailableError, RefusedError):
        return False
    return True


def send_digest(shelf: WarningShelf, world: Delivery, now: datetime) -> Notice | None:
    """Tell the warnings that are due as one notice; they are forgotten once it was taken. Raises `UntoldError`."""
    warnings = shelf.due(now)
    if not warnings:
        return None
    digest = digest_of(warnings, now)
    deliver(digest, world, now, is_last_chance=True)
    shelf.forget(warnings)
    return digest
