"""The brake's page counts the last hour, and the page about it tells what tenants have in common."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.brake import Brake, shared_traits
from reputation_guard.domain.decision import Example, Trait
from reputation_guard.domain.policy import Kind
from tests.fakes.builders import BRAKE, NOW


@pytest.mark.parametrize(
    ("senders", "allowed"), [(0, 3), (10, 3), (30, 3), (39, 3), (40, 4), (100, 10), (300_000, 30_000)]
)
def test_three_or_a_tenth_of_the_senders_whichever_is_more(senders: int, allowed: int) -> None:
    assert BRAKE.allowed(senders) == allowed


@given(st.lists(st.integers(0, 4 * 3600), max_size=60))
def test_it_counts_each_pause_of_the_last_hour_and_up_to_a_minute_more(ages: list[int]) -> None:
    """Never less than there were, which would let too many be paused."""
    brake = Brake()
    for age in sorted(ages, reverse=True):
        brake = brake.after_pause(f"tenant-{age}", NOW - timedelta(seconds=age))
    within = sum(age < 3600 for age in ages)
    assert within <= brake.paused(NOW) <= sum(age < 3660 for age in ages)


@given(st.integers(0, 3000))
def test_its_page_stays_small_however_many_are_paused(number: int) -> None:
    brake = Brake()
    for each in range(number % 200):
        brake = brake.after_pause(f"tenant-{each}", NOW + timedelta(seconds=each * 37))
    assert len(brake.by_minute) <= 61
    assert len(brake.latest) <= 20


def example(domain: str, diagnostic: str = "", sending_ip: str = "") -> Example:
    return Example(Kind.BOUNCE, domain, diagnostic, sending_ip)


def test_what_most_tenants_share_is_counted_by_tenant() -> None:
    """One with much feedback does not speak for all, and one reply in other words is one reply."""
    loud = [example("loud.example", "smtp; 550 5.1.1 no such user")] * 20
    found = {
        "loud": loud,
        **{
            f"tenant-{number}": [example("mail.example", f"smtp; 421 4.7.0 [{number}] try again", "192.0.2.7")]
            for number in range(3)
        },
    }
    assert shared_traits(found) == (
        Trait("answered", "421 4.7.0", 3, 4),
        Trait("recipients at", "mail.example", 3, 4),
        Trait("sent from", "192.0.2.7", 3, 4),
    )


def test_what_half_of_them_do_not_share_is_no_common_cause() -> None:
    found = {f"tenant-{number}": [example(f"domain-{number // 2}.example")] for number in range(6)}
    assert shared_traits(found) == ()
