"""Watch the guard's own sight: hold what is counted against what SES says it sent, and say so when it fails."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reputation_guard.domain.blindness import Look, Trouble, look_at_sight, unseen_time
from reputation_guard.domain.counts import ACCOUNT_LEDGER
from reputation_guard.domain.decision import Answer, Decision, GuardEvent, record_after
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.sight import Watermark
from reputation_guard.domain.tenant import ACCOUNT, Blind, Tenant
from reputation_guard.ports.book import Records
from reputation_guard.ports.counted import Counted
from reputation_guard.ports.counting import Counting
from reputation_guard.ports.reported import ReportedSends
from reputation_guard.usecases.fresh import on_fresh_record
from reputation_guard.usecases.policies import Policies

# The day that the last hours are compared with, wherever in it the day begins.
_LOOKED_AT = timedelta(hours=50)


@dataclass(frozen=True, slots=True)
class Watching:
    """What watching needs."""

    reported: ReportedSends
    counted: Counted
    counting: Counting
    book: Records
    policies: Policies
    mode: Mode


def watch(world: Watching, now: datetime) -> Look:
    """Look at the guard's sight, and write down what is new: people are told once, and again when it is over."""
    sent = world.reported.sent(now - _LOOKED_AT, now)
    seen, known = world.counted.known(ACCOUNT_LEDGER, now).counts.sends, world.counted.watermark()
    record, look = world.book.tenant(ACCOUNT), look_at_sight(sent, seen, known, now)
    is_over = Trouble.NO_EVENTS not in look.troubles
    if is_over and record and record.blind and record.blind.since and _has_seen(record.blind, known):
        # Noted before it is over: a crash between them notes the same gap again.
        if gap := unseen_time(sent, seen, record.blind.since, now):
            world.counting.note_gap(gap)
        known = world.counted.watermark()
        look = look_at_sight(sent, seen, known, now)
    on_fresh_record(lambda: _note(look, known, world, now))
    return look


def _has_seen(blind: Blind, known: Watermark | None) -> bool:
    """Whether any mail event has come since people were told of the silence."""
    return known is not None and known.mark is not None and known.mark.counted_at > blind.told_at


def _note(look: Look, known: Watermark | None, world: Watching, now: datetime) -> None:
    record = world.book.tenant(ACCOUNT) or Tenant(name=ACCOUNT)
    # A silence lasts until an event comes, however little SES sends meanwhile.
    is_silent = record.blind is not None and record.blind.since is not None and not _has_seen(record.blind, known)
    is_in_trouble = bool(look.troubles) or is_silent
    # What was told as a lesser trouble is told anew when nobody is judged any more.
    is_worse = record.blind is not None and look.is_blind and not record.blind.judges_nobody
    if is_in_trouble and record.blind and not is_worse:
        judges_nobody = look.is_blind or (is_silent and record.blind.judges_nobody)
        blind = replace(record.blind, confirmed_at=now, judges_nobody=judges_nobody, keeps_pauses=look.loses_sends)
        blind = replace(blind, since=blind.since or look.blind_from)
        world.book.save(record, replace(record, blind=blind), now)
    elif is_in_trouble or record.blind:
        decision = Decision(
            answer=Answer.HOLD,
            announces=GuardEvent.GUARD_BLINDED if is_in_trouble else GuardEvent.GUARD_SIGHTED,
            at=now,
            tenant=record,
            mode=world.mode,
            policy=world.policies.of(record).policy,
            look=look,
            reason="; ".join(look.troubles) or "it sees what SES sends",
        )
        world.book.record(decision, record_after(decision))
