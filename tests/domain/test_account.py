"""The account's own risk: how near SES's lines it is, who uses its budget, and what that does to a policy."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.account import (
    REVIEW,
    AccountRisk,
    Budget,
    BudgetPart,
    Contributor,
    account_risk,
    budget_of,
    is_over_the_line,
    largest_share,
    nearest_to_its_line,
    pressure,
    tightened,
    tightening,
    top_contributors,
)
from reputation_guard.domain.counts import Counts, Series
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.policy import PRESETS, Kind, Policy
from reputation_guard.domain.windows import Window
from tests.fakes.builders import NEWEST, NOW, STANDARD, ago, counts, series

DAY, WEEK = timedelta(days=1), timedelta(days=7)
POLICIES = [*PRESETS.values(), replace(STANDARD, evidence_to_pause=1.0, bounce=replace(STANDARD.bounce, warn=0.2))]


def seen(feedback: int, sends: int, kind: Kind = Kind.BOUNCE, length: timedelta = DAY) -> Window:
    """A window of the account, all of its feedback due."""
    return Window(kind, length, feedback, sends, float(sends))


def part(share: float, pressing: float, kind: Kind = Kind.BOUNCE) -> BudgetPart:
    """A tenant's part of an account of 100,000 sends."""
    line = REVIEW.limits(kind).pause
    return BudgetPart(kind, DAY, round(share * line * 100_000), 100_000, line, pressing)


@pytest.mark.parametrize(
    ("feedback", "sends", "kind"),
    [
        (1, 20, Kind.BOUNCE),
        (3, 20, Kind.BOUNCE),
        (6, 140, Kind.BOUNCE),
        (1, 20, Kind.COMPLAINT),
        (2, 140, Kind.COMPLAINT),
        (3_900, 100_000, Kind.BOUNCE),
        (79, 100_000, Kind.COMPLAINT),
        (0, 0, Kind.BOUNCE),
    ],
)
def test_an_account_of_a_few_mails_or_below_80_percent_of_a_line_presses_on_nobody(
    feedback: int, sends: int, kind: Kind
) -> None:
    """At 20 mails a day, one bounce is 5 %: it takes evidence to say that the rate is that high."""
    assert pressure(seen(feedback, sends, kind)) == 0


def test_pressure_grows_linearly_from_80_percent_of_the_line_to_the_line() -> None:
    """For a large account the rate it shows is nearly the one that is measured."""
    large = 1_000_000_000
    found = [pressure(seen(int(large * rate), large)) for rate in (0.04, 0.0425, 0.045, 0.0475, 0.051, 0.2)]
    assert found == pytest.approx([0, 0.25, 0.5, 0.75, 1, 1], abs=0.02)


@given(st.integers(0, 3000), st.integers(0, 50_000), st.sampled_from(Kind))
def test_one_more_piece_of_feedback_never_lowers_the_pressure(feedback: int, sends: int, kind: Kind) -> None:
    assert 0 <= pressure(seen(feedback, sends, kind)) <= pressure(seen(feedback + 1, sends, kind)) <= 1


@given(st.integers(0, 3000), st.integers(0, 50_000), st.sampled_from(Kind))
def test_sends_alone_can_only_end_a_risk(feedback: int, sends: int, kind: Kind) -> None:
    assert pressure(seen(feedback, sends + 1, kind)) <= pressure(seen(feedback, sends, kind))


def test_what_is_measured_at_the_line_is_over_it_once_there_is_evidence_of_being_near() -> None:
    """SES looks at the rate, not at its lower bound."""
    assert is_over_the_line(seen(5_000, 100_000))
    assert pressure(seen(5_000, 100_000)) < 1
    assert not is_over_the_line(seen(4_900, 100_000))
    assert not is_over_the_line(seen(1, 20))


def test_an_account_is_measured_over_a_day_and_a_week_and_both_kinds() -> None:
    week = Counts(
        NEWEST,
        Series(series({0: 1000}).slots, (1000,) * 31, series().hours),
        Series(series({1: 0}).slots, (10,) * 31, series().hours),
        series({0: 3}),
    )
    risk = account_risk(week, START_DELAYS, NOW)
    found = {(each.kind, each.length): (each.feedback, each.sends) for each in risk.windows}
    assert found == {
        (Kind.BOUNCE, DAY): (0, 1000),
        (Kind.BOUNCE, WEEK): (50, 6000),
        (Kind.COMPLAINT, DAY): (3, 1000),
        (Kind.COMPLAINT, WEEK): (3, 6000),
    }
    assert all(each.due <= each.sends for each in risk.windows)


def test_a_slot_with_more_feedback_than_sends_says_nothing_of_the_rate() -> None:
    """Law 7: somebody's sends were not seen in it."""
    risk = account_risk(counts({3: 1000, 9: 50}, {3: 30, 9: 600}), START_DELAYS, NOW)
    assert risk.windows[0].feedback == 30
    assert risk.pressure == 0


def test_nothing_known_is_no_risk() -> None:
    assert AccountRisk().pressure == 0
    assert nearest_to_its_line(AccountRisk()) is None
    assert account_risk(counts(), START_DELAYS, NOW).pressure == 0


def test_the_window_that_is_told_is_the_one_furthest_beyond_its_line() -> None:
    risk = AccountRisk((seen(4_800, 100_000), seen(160, 100_000, Kind.COMPLAINT), seen(9_000, 200_000, length=WEEK)))
    nearest = nearest_to_its_line(risk)
    assert nearest
    assert nearest.kind is Kind.COMPLAINT


def test_a_share_is_the_tenants_feedback_by_what_the_line_leaves_the_account() -> None:
    """310 bounces where 5 % of 20,000 sends are 1,000: 31 %."""
    risk = account_risk(counts({30: 20_000}, {30: 500}), START_DELAYS, NOW)
    budget = budget_of(counts({30: 2_000}, {30: 310}), risk)
    assert {(each.kind, each.length) for each in budget} == {(Kind.BOUNCE, DAY), (Kind.BOUNCE, WEEK)}
    assert largest_share(budget) == pytest.approx(0.31)
    assert budget_of(counts({30: 2_000}), risk) == ()
    assert budget_of(counts({30: 2_000}, {30: 310}), AccountRisk()) == ()


parts = st.builds(part, st.floats(0, 2), st.floats(0, 1), st.sampled_from(Kind))
budgets = st.lists(parts, max_size=4).map(tuple)
policies = st.sampled_from(POLICIES)


def _strictness(policy: Policy) -> tuple[float, float, float]:
    return (policy.evidence_to_pause, policy.bounce.pause, policy.complaint.pause)


@given(policy=policies, budget=budgets)
def test_tightening_never_loosens_and_never_goes_beyond(policy: Policy, budget: Budget) -> None:
    """Never below the evidence of a warning, never more than half way to the warn limit; nothing else changes."""
    tight = tightened(policy, budget)
    assert all(map(float.__le__, _strictness(tight), _strictness(policy)))
    assert tight.evidence_to_pause >= min(policy.evidence_to_pause, policy.evidence_to_warn)
    for kind in Kind:
        own = policy.limits(kind)
        assert tight.limits(kind).pause >= min(own.pause, (own.pause + own.warn) / 2)
    if tight is not policy:
        assert tight.evidence_in_probation == min(policy.evidence_in_probation, tight.evidence_to_pause)
    restored = replace(
        tight,
        evidence_to_pause=policy.evidence_to_pause,
        evidence_in_probation=policy.evidence_in_probation,
        bounce=policy.bounce,
        complaint=policy.complaint,
    )
    assert restored == policy
    assert replace(tight.bounce, pause=policy.bounce.pause) == policy.bounce


@given(policy=policies, share=st.floats(0, 2), kind=st.sampled_from(Kind), less=st.floats(0, 1), more=st.floats(0, 1))
def test_more_pressure_never_loosens(policy: Policy, share: float, kind: Kind, less: float, more: float) -> None:
    less, more = sorted((less, more))
    weak, strong = (tightened(policy, (part(share, each, kind),)) for each in (less, more))
    assert all(map(float.__le__, _strictness(strong), _strictness(weak)))


@given(policy=policies, shares=st.lists(st.floats(0, 2), max_size=4))
def test_without_pressure_a_policy_stays_as_it_is(policy: Policy, shares: list[float]) -> None:
    assert tightened(policy, tuple(part(share, 0.0) for share in shares)) is policy


@given(policy=policies, share=st.floats(0, 0.049), pressing=st.floats(0, 1))
def test_who_uses_less_than_5_percent_of_the_budget_is_judged_as_ever(
    policy: Policy, share: float, pressing: float
) -> None:
    """Pausing it would help nobody."""
    assert tightened(policy, (part(share, pressing),)) is policy


def test_only_the_limit_of_the_kind_that_presses_moves() -> None:
    tight = tightened(STANDARD, (part(0.3, 1.0, Kind.COMPLAINT), part(0.3, 0.0), part(0.04, 1.0)))
    assert tight.bounce == STANDARD.bounce
    assert tight.complaint.pause == pytest.approx(0.003)
    assert tight.evidence_to_pause == STANDARD.evidence_to_warn


def test_half_the_pressure_is_half_the_way() -> None:
    tight = tightened(STANDARD, (part(0.3, 0.5),))
    assert (tight.evidence_to_pause, tight.bounce.pause) == pytest.approx((3.8, 0.0875))
    assert tightening((part(0.3, 0.5),)) == 0.5
    assert (tight.name, tight.version) == (STANDARD.name, STANDARD.version)


def test_the_top_contributors_are_those_with_most_of_the_feedback_that_presses() -> None:
    def contributor(name: str, share: float, kind: Kind = Kind.BOUNCE, hours: float = 1) -> Contributor:
        return Contributor(name, (part(share, 1.0, kind),), ago(hours=hours))

    known = [contributor(f"t{number}", number / 100) for number in range(1, 9)]
    known += [contributor("old", 0.9, hours=24), contributor("spam", 0.9, Kind.COMPLAINT)]
    found = top_contributors(known, seen(5_000, 100_000), NOW)
    assert [each.tenant for each in found] == ["t8", "t7", "t6", "t5", "t4"]
    assert top_contributors(found, seen(5_000, 100_000), NOW) == found


@pytest.mark.parametrize(
    ("share", "minutes", "as_before"), [(0.2, 1, True), (0.21, 1, True), (0.23, 1, False), (0.2, 61, False)]
)
def test_a_contributor_is_written_again_when_it_changed_or_aged(share: float, minutes: int, *, as_before: bool) -> None:
    before = Contributor("shop", (part(0.2, 0.0),), NOW)
    after = Contributor("shop", (part(share, 0.0),), NOW + timedelta(minutes=minutes))
    assert after.is_as_before(before) is as_before
