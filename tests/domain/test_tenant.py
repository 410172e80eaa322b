"""A tenant's record: whose hand a sending status shows, and when its turn comes."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.hands import Hand, whose_hand
from reputation_guard.domain.sending import Sending, SendingStatus
from reputation_guard.domain.tenant import Owner, Standing, next_tending, paused, updated
from tests.fakes.builders import NOW, ago, tenant

ENABLED, DISABLED, REINSTATED = Sending.ENABLED, Sending.DISABLED, Sending.REINSTATED
OURS, NEWER, OLDER = ago(hours=1), NOW, ago(hours=2)
GUARD, OPERATOR, SES = Owner.GUARD, Owner.OPERATOR, Owner.SES


def status(customer: Sending | None, stamp: datetime | None, ses: Sending | None = None) -> SendingStatus:
    shut = DISABLED in {customer, ses}
    return SendingStatus(DISABLED if shut else customer or ENABLED, customer, ses, stamp)


@pytest.mark.parametrize(
    ("stops", "found", "hand"),
    [
        # Nobody stopped it, nothing happened.
        ((), status(None, None), Hand.NOBODY),
        ((), status(ENABLED, OURS), Hand.NOBODY),
        # Our own echo: the stamp that was read back.
        ((GUARD,), status(DISABLED, OURS), Hand.NOBODY),
        ((), status(ENABLED, NEWER), Hand.NOBODY),
        # A newer stamp is a person's, who owns the status from then on.
        ((), status(DISABLED, NEWER), Hand.OPERATOR_PAUSED),
        ((GUARD,), status(DISABLED, NEWER), Hand.OPERATOR_PAUSED),
        ((OPERATOR,), status(DISABLED, NEWER), Hand.NOBODY),
        ((GUARD,), status(ENABLED, NEWER), Hand.OPERATOR_RESUMED),
        ((GUARD,), status(REINSTATED, NEWER), Hand.OPERATOR_RESUMED),
        ((OPERATOR,), status(ENABLED, NEWER), Hand.OPERATOR_RESUMED),
        # Older or absent: our pause was lost.
        ((GUARD,), status(ENABLED, OLDER), Hand.GUARD_LOST),
        ((GUARD,), status(ENABLED, OURS), Hand.GUARD_LOST),
        ((GUARD,), status(None, None), Hand.GUARD_LOST),
        ((OPERATOR,), status(None, None), Hand.NOBODY),
        # SES's own stop has no stamp of ours, and comes before everything else.
        ((), status(None, None, DISABLED), Hand.SES_STOPPED),
        ((GUARD,), status(DISABLED, OURS, DISABLED), Hand.SES_STOPPED),
        ((), status(DISABLED, NEWER, DISABLED), Hand.SES_STOPPED),
        ((SES,), status(None, None, DISABLED), Hand.NOBODY),
        ((SES,), status(None, None, ENABLED), Hand.SES_RELEASED),
        ((SES, GUARD), status(DISABLED, OURS, ENABLED), Hand.SES_RELEASED),
        ((SES, GUARD), status(DISABLED, OURS, DISABLED), Hand.NOBODY),
        ((SES,), status(DISABLED, NEWER, DISABLED), Hand.OPERATOR_PAUSED),
    ],
)
def test_a_sending_status_shows_whose_hand_it_was(stops: tuple[Owner, ...], found: SendingStatus, hand: Hand) -> None:
    standing = Standing.PAUSED if stops else Standing.HEALTHY
    assert whose_hand(tenant(standing=standing, stops=frozenset(stops), stamp=OURS), found) is hand


@pytest.mark.parametrize("found", [status(DISABLED, NEWER), status(ENABLED, NEWER), status(None, None, DISABLED)])
def test_while_our_own_call_is_under_way_no_hand_is_told(found: SendingStatus) -> None:
    """The echo may come before the stamp was read back."""
    assert whose_hand(tenant(stops=frozenset({GUARD}), stamp=OURS, under_way=True), found) is Hand.NOBODY


def test_the_first_stamp_of_a_tenant_is_a_persons() -> None:
    assert whose_hand(tenant(stamp=None), status(DISABLED, OLDER)) is Hand.OPERATOR_PAUSED


@given(name=st.text(min_size=1), minutes=st.integers(0, 3000))
def test_a_tenants_turn_comes_once_a_day_at_its_own_time(name: str, minutes: int) -> None:
    now = NOW + timedelta(minutes=minutes)
    turn = next_tending(name, now)
    assert now < turn <= now + timedelta(days=1)
    assert timedelta(minutes=10) <= turn - turn.replace(hour=0, minute=0, second=0) < timedelta(hours=12, minutes=10)
    assert next_tending(name, turn) == turn + timedelta(days=1)


def test_turns_are_spread() -> None:
    assert len({next_tending(f"tenant-{number}", NOW) for number in range(50)}) > 45


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({"judge_again_at": NOW + timedelta(seconds=10)}, NOW + timedelta(seconds=10)),
        (
            {"standing": Standing.PROBATION, "probation_ends": NOW + timedelta(minutes=1)},
            NOW + timedelta(minutes=1),
        ),
        ({"standing": Standing.WARNED, "warned_at": ago(hours=23, minutes=59)}, NOW + timedelta(minutes=1)),
        ({"standing": Standing.HEALTHY, "warned_at": ago(hours=23)}, next_tending("shop", NOW)),
        ({"standing": Standing.PAUSED, "probation_ends": NOW}, next_tending("shop", NOW)),
        ({}, next_tending("shop", NOW)),
    ],
)
def test_a_tenant_is_due_at_the_first_of_its_dates(changes: dict[str, Any], due: datetime) -> None:
    assert tenant(**changes).due_at(NOW) == due


@pytest.mark.parametrize(("ses", "stopped"), [(DISABLED, True), (ENABLED, False), (REINSTATED, False), (None, False)])
def test_only_the_part_that_ses_manages_says_that_ses_stopped_it(ses: Sending | None, *, stopped: bool) -> None:
    assert status(DISABLED, NEWER, ses).stopped_by_ses is stopped


def test_a_pause_ends_a_probation() -> None:
    on_probation = tenant(standing=Standing.PROBATION, probation_ends=NOW)
    assert paused(on_probation, GUARD).probation_ends is None


def test_a_record_is_copied_only_where_something_changes() -> None:
    before = tenant(fence=NOW)
    assert updated(before, fence=NOW, judge_again_at=None) is before
    assert updated(before, fence=NOW, judge_again_at=NOW) == replace(before, judge_again_at=NOW)
