"""Deliver a notice: every channel takes it, or another one stands in; what one has taken is not handed to it again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from reputation_guard.domain.notices import Notice
from reputation_guard.domain.routes import channels_of, stand_ins
from reputation_guard.ports import Channel, Receipt, Receipts, RefusedError, UnavailableError


@dataclass(frozen=True, slots=True)
class Delivering:
    """What delivering needs: the channels by their names in `domain/routes.py`, and what they have taken."""

    channels: Mapping[str, Channel]
    receipts: Receipts


def deliver(notice: Notice, world: Delivering, now: datetime, *, last_chance: bool = False) -> list[Receipt]:
    """Hand a notice to all its channels; returns what was taken now.

    A channel that does not answer is tried again with the notice, unless this is its last chance. Raises what has to be
    tried again, once all others have it.
    """
    taken = {each.channel for each in world.receipts.of(notice.id)}
    new, trouble = [], None
    for name in channels_of(notice, world.channels):
        if name in taken:
            continue
        try:
            new.append(_handed_over(name, notice, world, now))
        except UnavailableError as error:
            if not last_chance:
                trouble = error
                continue
            new.append(_by_another(name, notice, error, world, now))
        except RefusedError as error:
            new.append(_by_another(name, notice, error, world, now))
    if trouble:
        raise trouble
    return new


def _handed_over(name: str, notice: Notice, world: Delivering, now: datetime, instead_of: str = "") -> Receipt:
    accepted = world.channels[name].take(notice)
    receipt = Receipt(instead_of or name, accepted, now, by=name)
    # Only now: a crash before it makes somebody hear twice, and nobody not at all.
    world.receipts.note(notice.id, receipt)
    return receipt


def _by_another(name: str, notice: Notice, why: Exception, world: Delivering, now: datetime) -> Receipt:
    """Have the next channel that works tell of it, and of the one that does not."""
    reason = ": ".join(map(str, why.args))
    told = replace(notice, text=f"{notice.text}\n\nThe channel {name} could not be reached ({reason}): pass this on.")
    for other in stand_ins(name, world.channels):
        try:
            return _handed_over(other, told, world, now, instead_of=name)
        except (RefusedError, UnavailableError):
            continue
    raise why
