"""What a campaign came to, in words and figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.chaos.campaign import crashed_in_turn, places
from tests.chaos.faults import Fault
from tests.chaos.run import Outcome

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds: by the clock, and of processors."""

    wall: float
    processor: float


def lines(outcomes: Sequence[Outcome], seed: int, spent: Spent) -> Iterator[str]:
    """The report, line by line."""
    injected, survived = total(outcomes), total([each for each in outcomes if not each.broken])
    took = f"{spent.wall:.0f} s ({spent.processor:.0f} s of a processor)"
    yield f"runs: {len(outcomes)} of a day and a half each, in {took}; seed {seed}"
    yield f"faults injected: {injected.total():,}, survived: {survived.total():,}"
    for fault, times in injected.most_common():
        yield f"  {fault:<40} {times:>7,}  survived {survived[fault]:>7,}"
    services: Counter[str] = sum((each.services for each in outcomes), Counter())
    yield f"at the calls to: {', '.join(f'{name} {times:,}' for name, times in services.most_common())}"
    yield from _in_turn(outcomes)
    yield from _counts(outcomes)
    yield f"invariants checked: {sum(each.checked for each in outcomes):,}"
    broken = [(each.seed, problem) for each in outcomes for problem in each.broken]
    yield f"violations: {len(broken)}"
    for of, problem in broken[:_MOST_SHOWN]:
        yield f"  run {of}: {problem}"


def total(outcomes: Sequence[Outcome]) -> Counter[Fault]:
    """All faults, by kind."""
    return sum((each.injected for each in outcomes), Counter())


def _in_turn(outcomes: Sequence[Outcome]) -> Iterator[str]:
    every, crashed = places(outcomes), crashed_in_turn(outcomes)
    yield f"crashed in turn at {len(crashed):,} of {len(every):,} places: before and after each call of a function"
    left = Counter(function for function, _, _ in every - crashed)
    if left and crashed:
        named = ", ".join(f"{name} {times}" for name, times in left.most_common())
        yield f"  left to chance, since only the last of these runs came by: {named}"


def _counts(outcomes: Sequence[Outcome]) -> Iterator[str]:
    feedback, sends = sum(each.feedback for each in outcomes), sum(each.sends for each in outcomes)
    over: Counter[str] = sum((each.over for each in outcomes), Counter())
    held = not any(each.broken for each in outcomes)
    yield f"feedback: {feedback:,} emitted, {'each counted exactly once' if held else 'see the violations'}"
    missing = "none missing, " if held else ""
    twice = f"{over.total():,} counted once more ({over.total() / sends:.2%}):"
    yield f"sends: {sends:,} emitted, {missing}{twice}"
    for cause, times in over.most_common():
        yield f"  {cause:<60} {times:>7,}"
    told, redriven = sum(each.told_again for each in outcomes), sum(each.redriven for each in outcomes)
    yield f"notices told again under the same id: {told:,}; dead letters that were sent round: {redriven:,}"
    yield f"pauses that met a quicker one at the brake: {sum(each.met_at_brake for each in outcomes):,}"
    yield f"pauses that the brake kept for a person: {sum(each.kept for each in outcomes):,} tenants' at least"
