"""Weigh the account as a whole, say so when it nears one of SES's review lines, and close its days."""

from dataclasses import replace
from datetime import datetime, timedelta

from reputation_guard.domain.account import AccountRisk, account_risk
from reputation_guard.domain.counts import ACCOUNT_LEDGER, first_open_day, slot_of
from reputation_guard.domain.decision import Decision, record_after
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.judgement import decide_on_account
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.sight import Sight, edges_to_read, judged_part
from reputation_guard.domain.tenant import ACCOUNT, Tenant
from reputation_guard.ports.book import Records
from reputation_guard.ports.counted import Counted
from reputation_guard.usecases.fresh import on_fresh_record

# The closed days that the longest window of the account's risk can reach into.
_DAYS_LOOKED_AT = 7


def weigh_account(counted: Counted, delays: Delays, travelling: timedelta, now: datetime) -> AccountRisk:
    """Measure the account at `now`.

    Its feedback waits for its sends as a tenant's does, for everybody's: no sends may be owed. SES forgets nothing at a
    resume or a change of mode, so all mail since the guard first saw any is looked at.
    """
    sight = Sight.at(now, counted.watermark(), travelling)
    sight = replace(sight, watermark=min([sight.watermark, *(debt.low for debt in sight.debts)]))
    # Feedback knows the second its mail was sent in: that of the very first mail is looked at as a whole.
    first = sight.since.replace(microsecond=0)
    known = counted.known(ACCOUNT_LEDGER, now)
    edges = counted.edges(ACCOUNT_LEDGER, edges_to_read(known.counts, sight, first))
    return account_risk(judged_part(known.counts, sight, first, edges), delays, now)


def judge_account(risk: AccountRisk, book: Records, counted: Counted, mode: Mode, now: datetime) -> Decision | None:
    """Write down that the account is at risk, if it is and people are to be told again; returns that decision."""
    if not risk.pressure:
        return None
    return on_fresh_record(lambda: _judge_once(risk, book, counted, mode, now))


def _judge_once(risk: AccountRisk, book: Records, counted: Counted, mode: Mode, now: datetime) -> Decision | None:
    record = _record(book)
    if decide_on_account(risk, record=record, mode=mode, now=now).announces is None:
        return None
    decision = decide_on_account(risk, record=record, mode=mode, now=now, contributors=counted.contributors())
    book.record(decision, record_after(decision))
    return decision


def close_account_days(book: Records, counted: Counted, now: datetime) -> None:
    """Once a day, sum up the account's closed day, and count the feedback that came late for the last week.

    Feedback comes late for some tenant all the time, so counting its day anew whenever it does would never end.
    """
    record, last = _record(book), first_open_day(slot_of(now)) - 1
    if record.closed_day == last:
        return
    for day in range(last - _DAYS_LOOKED_AT + 1, last + 1):
        counted.recount_day(ACCOUNT_LEDGER, day)
    book.save(record, replace(record, closed_day=last), now)


def _record(book: Records) -> Tenant:
    return book.tenant(ACCOUNT) or Tenant(name=ACCOUNT)
