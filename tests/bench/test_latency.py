"""The way to a pause in small: what takes no time adds up by hand, and whose turn it is says the real code."""

import random
from dataclasses import replace
from functools import partial

import pytest

from bench.latency.assumed import DELAYS, INSTANT, USUAL, Delay
from bench.latency.functions import Processors
from bench.latency.timeline import Timeline
from bench.latency.trial import WARM, Case, Outcome, play, quantile
from bench.latency.world import share_of
from tests.chaos.deployment import memory_of

EVERYTHING_WARM = {**WARM, "evaluate": 4, "enforce": 1, "mirror": 1}
AT_ONCE = Case(1, assumed=INSTANT, warm=EVERYTHING_WARM)


def slow(function: str, seconds: float) -> Processors:
    """A processor that takes so long for a call of one function, at its share."""
    return Processors(a_call={function: seconds * share_of(function)})


def test_without_any_delay_everybody_is_paused_at_once() -> None:
    assert play(replace(AT_ONCE, tenants=3), 1).seconds == (0.0, 0.0, 0.0)


def test_what_calls_take_adds_up_to_the_pause() -> None:
    """The book is asked for the decision, the record, the tag, ...; the pause itself is the last of them."""
    took = play(replace(AT_ONCE, processors=slow("enforce", 1.0)), 1)
    assert took.seconds[0] == pytest.approx(took.world.functions.calls["enforce"])
    assert took.world.functions.runs["enforce"] == 1


def test_each_service_takes_its_own_time() -> None:
    """SES tells the tenant's tag and ARN, shows its status, and takes the pause: three calls."""
    delays = {**INSTANT.delays, "SES": Delay(1000, 1000, "")}
    took = play(replace(AT_ONCE, assumed=replace(INSTANT, delays=delays)), 1)
    assert took.seconds[0] == pytest.approx(3.0)


def test_a_cold_start_is_a_wait_for_that_function_alone() -> None:
    imports = Processors(imports={"enforce": 2.0 * share_of("enforce")}, first={"enforce": share_of("enforce")})
    cold = {**EVERYTHING_WARM, "enforce": 0}
    assert play(replace(AT_ONCE, processors=imports, warm=cold), 1).seconds[0] == pytest.approx(3.0)
    assert play(replace(AT_ONCE, processors=imports), 1).seconds[0] == 0.0


def test_at_ses_pace_each_pause_takes_two_turns_of_two_seconds() -> None:
    """One call a second of an operation, and no retries of the SDK: the guard rests for two seconds and looks anew.

    | at | the first | the second |
    |---|---|---|
    | 0 | tag and ARN, look, pause; the second look is throttled | |
    | 2 | look: settled | tag and ARN; its look is throttled |
    | 4 | | look, pause |
    """
    paced = replace(INSTANT, pace=1.0, attempts=1)
    assert play(replace(AT_ONCE, tenants=2, assumed=paced), 1).seconds == (0.0, 4.0)


@pytest.mark.parametrize("pace", [0.0, 1.0])
def test_the_fastest_sender_is_paused_first_whoever_was_told_of_first(pace: float) -> None:
    cold = {**EVERYTHING_WARM, "enforce": 0}
    slow_start = Processors(imports={"enforce": 5.0})
    case = Case(12, assumed=USUAL.paced(pace), processors=slow_start, warm=cold)
    took = play(case, 7)
    told = [what for _, what in took.trace if what == "a pause is decided"]
    assert len(told) >= 12
    assert took.order == list(range(12))


def test_the_same_seed_gives_the_same_figures_and_another_one_others() -> None:
    def seconds(seed: int) -> Outcome:
        return play(Case(5, assumed=USUAL.paced(1.0)), seed)

    assert seconds(1).seconds == seconds(1).seconds
    assert seconds(1).trace == seconds(1).trace
    assert seconds(1).seconds != seconds(2).seconds


def test_feedback_of_fresh_mail_waits_until_its_sends_are_counted() -> None:
    """Law 7: the sends' window, five seconds by the template, and what they may travel."""
    took = play(replace(AT_ONCE, fresh=True), 1)
    assert 10 <= took.seconds[0] <= 30
    counted = [at for at, what in took.trace if what == "a pause is decided"]
    assert counted[0] >= 5


def test_memory_is_the_templates() -> None:
    assert (memory_of("ingest"), memory_of("mirror")) == (1024, 512)


def test_delays_have_the_median_and_the_p99_they_are_given() -> None:
    chance = random.Random(1)
    drawn = [DELAYS["SES"].seconds(chance) for _ in range(20_000)]
    assert quantile(drawn, 0.5) == pytest.approx(0.12, rel=0.05)
    assert quantile(drawn, 0.99) == pytest.approx(0.40, rel=0.1)


def test_functions_that_wait_let_others_run_in_the_order_of_time() -> None:
    timeline, said = Timeline(), list[str]()

    def note(what: str) -> None:
        said.append(f"{what} at {timeline.now:g}")

    def body(name: str, seconds: float) -> None:
        for each in range(2):
            task = timeline.running
            assert task
            task.wait(seconds, partial(note, f"{name} {each}"))

    timeline.start(lambda: body("slow", 3), lambda: None)
    timeline.start(lambda: body("fast", 1), lambda: None)
    timeline.run(lambda: False, 100)
    assert said == ["fast 0 at 1", "fast 1 at 2", "slow 0 at 3", "slow 1 at 6"]
    assert not timeline.under_way
