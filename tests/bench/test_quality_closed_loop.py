"""The closed loop: what a rule pauses stops happening."""

import math
import sys
from array import array
from pathlib import Path

import pytest

from bench.quality.closed_loop import Pauses, ReplayedRule, RuleFailedError, play
from bench.quality.runs import GUARD, Run, play_run
from bench.quality.scenarios import Group, Scenario
from bench.quality.scorer import Action, Verb
from bench.quality.traces import START, Feedback, Kind, Trace

RULE = (sys.executable, str(Path(__file__).with_name("rule_by_hand.py")))


def trace(feedback: tuple[Feedback, ...], mails: int = 6) -> Trace:
    """A mail every 10 s, told of in the middle."""
    return Trace(
        name="t0000",
        scenario=Scenario.GOOD,
        twist="none",
        ends=math.inf,
        grains=array("q", range(START, START + 10 * mails, 10)),
        mails=array("l", [1] * mails),
        feedback=feedback,
        risk=array("f"),
    )


def bounce(arrived: float, sent: float, number: int = 1) -> Feedback:
    return Feedback(START + arrived, START + sent, Kind.HARD_BOUNCE, number)


def test_mail_of_a_paused_tenant_vanishes_with_its_feedback() -> None:
    told: list[str] = []

    def pause_at_30(lines: list[str], tick: int) -> list[Action]:
        told.extend(lines)
        return [Action(tick, "t0000", Verb.PAUSE)] if tick == START + 30 else []

    before, after = bounce(50, 25, number=7), bounce(52, 31, number=8)
    log = play([trace((before, after))], 1, 10, pause_at_30)
    assert [action.at - START for action in log] == [30]
    assert sum('"Sent"' in line for line in told) == 3
    assert [line.split('"id":')[1].split(",")[0] for line in told if '"Bounce"' in line] == ["7"]


def test_mail_flows_again_after_a_resume() -> None:
    pauses = Pauses()
    pauses.apply(Verb.RESUME, 5)
    pauses.apply(Verb.PAUSE, 10)
    pauses.apply(Verb.PAUSE, 12)
    assert [pauses.cover(moment) for moment in (9.9, 10, 1000)] == [False, True, True]
    pauses.apply(Verb.RESUME, 20)
    pauses.apply(Verb.WARN, 21)
    assert [pauses.cover(moment) for moment in (9.9, 10, 19.9, 20, 1000)] == [False, True, True, False, False]


def test_every_tick_of_every_day_is_asked_for() -> None:
    ticks: list[int] = []
    days: list[int] = []
    play([trace(())], 2, 600, lambda _, tick: ticks.append(tick) or [], lambda: days.append(1))  # type: ignore[func-returns-value] # append
    assert ticks == list(range(START + 600, START + 2 * 86400 + 1, 600))
    assert len(days) == 2


def test_a_command_decides_through_the_replay_protocol() -> None:
    with ReplayedRule(RULE) as rule:
        log = play([trace((bounce(12, 1), bounce(50, 31, 2)), mails=30)], 1, 10, rule.decide)
    # The second bounce is of a mail that was not sent.
    assert [(action.at - START, action.verb) for action in log] == [(20, Verb.PAUSE), (120, Verb.RESUME)]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("no-such-command",), "no-such-command: it cannot be started: No such file"),
        ((sys.executable, "-c", ""), "it (ended before it answered|stopped reading)"),
        ((sys.executable, "-c", "print('hello', flush=True); input()"), "no line of JSON: 'hello"),
        ((*RULE, "--broken"), "no decision of the replay protocol.*nod"),
    ],
)
def test_a_command_that_fails_is_named_with_what_it_did(command: tuple[str, ...], why: str) -> None:
    with pytest.raises(RuleFailedError, match=why), ReplayedRule(command) as rule:
        play([trace((bounce(12, 1),))], 1, 10, rule.decide)


def test_a_decision_on_an_unknown_tenant_is_refused() -> None:
    with pytest.raises(RuleFailedError, match="not told of: nobody"):
        play([trace(())], 1, 10, lambda _, tick: [Action(tick, "nobody", Verb.PAUSE)])


def test_a_run_scores_the_command_and_every_peer_on_the_same_tenants() -> None:
    group = Group("few", "for a test", ((Scenario.LOW_VOLUME, 2), (Scenario.GOOD, 1)))
    shares: list[float] = []
    played = play_run(Run(group, 1, days=1, tick=60, command=RULE), shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert {len(outcomes) for outcomes in played.outcomes.values()} == {3}
    assert GUARD in played.outcomes
    assert played == play_run(Run(group, 1, days=1, tick=60, command=RULE))
