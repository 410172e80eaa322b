"""The peers' rules, on traces made by hand."""

import math
from array import array
from collections.abc import Sequence

import pytest

from bench.quality.peers import RULES, Gate, Rule, Tally, Totals, actions
from bench.quality.scenarios import Scenario
from bench.quality.scorer import Verb
from bench.quality.traces import START, Feedback, Kind, Trace

HOUR = 3600


def trace(mails: dict[int, int], feedback: Sequence[Feedback]) -> Trace:
    """Mails by the second from the start."""
    return Trace(
        name="t0000",
        scenario=Scenario.GOOD,
        twist="none",
        ends=math.inf,
        grains=array("q", (START + second for second in mails)),
        mails=array("l", mails.values()),
        feedback=tuple(sorted(feedback)),
        risk=array("f"),
    )


def bounces(count: int, *, sent: int, arrived: int, kind: Kind = Kind.HARD_BOUNCE) -> list[Feedback]:
    return [Feedback(START + arrived, START + sent, kind, i) for i in range(count)]


def rule(*, by_send_time: bool = False, hours: int = 24, sends: int = 100, feedback: int = 5) -> Rule:
    return Rule("r", "by hand", (Gate(Kind.HARD_BOUNCE, hours, sends, feedback, 0.1),), by_send_time=by_send_time)


def paused_after(made: Trace, asked: Rule, tick: int = 10) -> float | None:
    found = actions(made, [asked], tick)["r"]
    assert all(action.verb is Verb.PAUSE for action in found)
    return found[0].at - START if found else None


def test_a_gate_wants_enough_mails_enough_feedback_and_a_ratio_over_its_limit() -> None:
    gate = Gate(Kind.COMPLAINT, 24, sends=100, feedback=5, limit=0.005)
    assert gate.is_over(Totals(sends=900, complaints=5))
    assert not gate.is_over(Totals(sends=1000, complaints=5))
    assert not gate.is_over(Totals(sends=99, complaints=5))
    assert not gate.is_over(Totals(sends=900, complaints=4, bounces=90))


def test_a_rule_pauses_at_the_tick_after_the_feedback_that_is_too_much() -> None:
    made = trace({0: 100}, bounces(11, sent=5, arrived=33))
    assert paused_after(made, rule()) == 40
    assert paused_after(made, rule(), tick=60) == 60


def test_soft_bounces_and_duplicates_count_nothing() -> None:
    soft = bounces(50, sent=5, arrived=33, kind=Kind.SOFT_BOUNCE)
    twice = bounces(10, sent=5, arrived=44) + bounces(10, sent=5, arrived=55)
    assert paused_after(trace({0: 100}, soft + twice), rule()) is None


def test_late_feedback_meets_new_mails_by_arrival_and_its_own_by_send_time() -> None:
    mails = {0: 100, 30 * HOUR: 1000}
    late = bounces(20, sent=5, arrived=30 * HOUR + 60)
    assert paused_after(trace(mails, late), rule()) is None
    assert paused_after(trace(mails, late), rule(by_send_time=True, hours=168)) is None
    assert paused_after(trace({0: 100}, late), rule(by_send_time=True, hours=168)) == 30 * HOUR + 70
    # By send time they are out of a window of 24 h; by arrival they are 20 of no mails at all, too few to pause.
    assert paused_after(trace({0: 100}, late), rule(by_send_time=True)) is None
    assert paused_after(trace({0: 100}, late), rule()) is None


def test_mails_told_of_after_the_tick_are_not_counted_yet() -> None:
    # The mails of the second grain are told of at 15 s, after the tick at 10 s.
    assert paused_after(trace({0: 50, 10: 50}, bounces(40, sent=1, arrived=9)), rule()) is None
    assert paused_after(trace({0: 50, 10: 50}, bounces(40, sent=1, arrived=12)), rule()) == 20


def test_windows_lose_what_falls_out_of_them() -> None:
    tally = Tally()
    tally.move_to(100)
    tally.add(100, sends=10, bounces=1)
    tally.move_to(101)
    tally.add(101, sends=5)
    tally.add(100, complaints=1)
    assert tally.windows[1] == Totals(sends=5)
    assert tally.windows[24] == Totals(sends=15, bounces=1, complaints=1)
    tally.move_to(124)
    assert tally.windows[24] == Totals(sends=5)
    assert tally.windows[168] == Totals(sends=15, bounces=1, complaints=1)
    tally.move_to(1000)
    tally.add(500, bounces=1)
    assert set(map(repr, tally.windows.values())) == {repr(Totals())}


@pytest.mark.parametrize("peer", RULES, ids=lambda peer: peer.name)
def test_every_peer_pauses_a_flood_of_bounces_and_leaves_two_percent_alone(peer: Rule) -> None:
    flood = trace({0: 2000}, bounces(800, sent=5, arrived=60))
    usual = trace({0: 2000}, bounces(40, sent=5, arrived=60))
    assert actions(flood, [peer], 10)[peer.name]
    assert not actions(usual, [peer], 10)[peer.name]
    assert peer.source
