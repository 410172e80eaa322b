"""The score of a rule: whom it paused, when, and how much bad mail went out before."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import NamedTuple

from bench.quality.scenarios import Label, Scenario
from bench.quality.traces import Harm, Trace

# A burst is over after 5 minutes; a pause that comes up to half an hour later still found it.
_GRACE_FOR_BURSTS = 1800


class Verb(StrEnum):
    """What a rule does with a tenant."""

    WARN = "warn"
    PAUSE = "pause"
    RESUME = "resume"


class Action(NamedTuple):
    """A rule's action, at Unix seconds."""

    at: float
    tenant: str
    verb: Verb


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule made of one tenant; the rest is of bad tenants only.

    `leaked` are the mails from the onset to the first pause, `bad_leaked` those of them that bounce or are complained
    about; `waited` the seconds to that pause.
    """

    scenario: Scenario
    twist: str
    pauses: int
    warned: bool
    found: bool = False
    leaked: int = 0
    bad_leaked: float = 0.0
    waited: float = math.inf


def outcome(trace: Trace, actions: Iterable[Action]) -> Outcome:
    """Score the actions on one tenant, given in the order of time."""
    actions = list(actions)
    pauses = pauses_of(actions)
    warned = any(action.verb is Verb.WARN for action in actions)
    if trace.label is not Label.BAD:
        return Outcome(trace.scenario, trace.twist, len(pauses), warned)
    # A pause that came before the onset and still holds then lets nothing through.
    first = next((max(begins, trace.onset) for begins, ends in pauses if ends > trace.onset), math.inf)
    grace = _GRACE_FOR_BURSTS if trace.scenario is Scenario.BURST else 0
    leaked, bad_leaked = Harm(trace).between(trace.onset, min(first, trace.ends))
    return Outcome(
        trace.scenario,
        trace.twist,
        len(pauses),
        warned,
        found=first <= trace.ends + grace,
        leaked=leaked,
        bad_leaked=bad_leaked,
        waited=first - trace.onset,
    )


def pauses_of(actions: Iterable[Action]) -> list[tuple[float, float]]:
    """From when to when a tenant was paused; a pause of a paused tenant and a resume of another are nothing new."""
    stretches, since = [], math.inf
    for at, _, verb in actions:
        if verb is Verb.PAUSE:
            since = min(since, at)
        elif verb is Verb.RESUME and since < math.inf:
            stretches.append((since, at))
            since = math.inf
    return stretches if since == math.inf else [*stretches, (since, math.inf)]


@dataclass(frozen=True, slots=True)
class Figures:
    """The score over many tenants. `bad_mails` is a sum per run, so that more seeds do not make it more."""

    good: int
    good_paused: int
    borderline: int
    borderline_paused: int
    borderline_warned: int
    bad: int
    missed: int
    leaked_median: float
    leaked_p95: float
    bad_mails: float
    waited_median: float

    @property
    def missed_share(self) -> float:
        """The share (0..1) of bad tenants that were not paused while they were bad."""
        return self.missed / self.bad if self.bad else math.nan


def figures(outcomes: Iterable[Outcome], runs: int = 1) -> Figures:
    """Sum up the outcomes of one rule, of `runs` seeds."""
    by_label: dict[Label, list[Outcome]] = {label: [] for label in Label}
    for each in outcomes:
        by_label[each.scenario.label].append(each)
    good, borderline, bad = (by_label[label] for label in Label)
    leaked = [each.leaked for each in bad]
    return Figures(
        good=len(good),
        good_paused=sum(each.pauses > 0 for each in good),
        borderline=len(borderline),
        borderline_paused=sum(each.pauses > 0 for each in borderline),
        borderline_warned=sum(each.warned for each in borderline),
        bad=len(bad),
        missed=sum(not each.found for each in bad),
        leaked_median=median(leaked) if leaked else math.nan,
        leaked_p95=quantile(leaked, 0.95),
        bad_mails=sum(each.bad_leaked for each in bad) / runs,
        waited_median=median([each.waited for each in bad if each.found] or [math.nan]),
    )


def quantile(numbers: Sequence[float], share: float) -> float:
    """The value below which this share (0..1) of the numbers lies, between neighbours in proportion."""
    if not numbers:
        return math.nan
    ordered = sorted(numbers)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
