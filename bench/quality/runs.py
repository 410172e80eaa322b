"""Runs: a set of tenants with one seed, played against the guard and judged by the peers' rules."""

import gc
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import Manager, Pool
from multiprocessing.managers import DictProxy
from multiprocessing.pool import AsyncResult

from bench.quality import peers
from bench.quality.closed_loop import ReplayedRule, play
from bench.quality.scenarios import Group
from bench.quality.scorer import Action, Outcome, outcome
from bench.quality.tenants import traces
from bench.quality.traces import Trace

GUARD = "**Reputation Guard**"
_SECONDS_BETWEEN_LOOKS = 0.5
# Making tenants takes about this share of a run's time, playing the rest.
_SHARE_OF_MAKING = 0.3


@dataclass(frozen=True, slots=True)
class Run:
    """What to play: a set, a seed, how many days, how often to ask (seconds), and the command of the guard's rule."""

    group: Group
    seed: int
    days: int
    tick: int
    command: tuple[str, ...]

    @property
    def name(self) -> str:
        """How people tell it from others."""
        return f"{self.group.name}, seed {self.seed}"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run: each rule's outcomes, tenant by tenant."""

    run: Run
    mails: int
    outcomes: dict[str, list[Outcome]]


def play_run(run: Run, tell: Callable[[float], None] = lambda _: None) -> Result:
    """Play one run; `tell` hears which share (0..1) of it is done. Raises RuleFailedError if the command fails."""
    made: list[Trace] = []
    outcomes: dict[str, list[Outcome]] = {rule.name: [] for rule in peers.RULES}
    for trace in traces(run.group, run.seed, run.days):
        made.append(trace)
        for name, actions in peers.actions(trace, peers.RULES, run.tick).items():
            outcomes[name].append(outcome(trace, actions))
        tell(_SHARE_OF_MAKING * len(made) / len(run.group.tenants))
    days_done = 0

    def day_done() -> None:
        nonlocal days_done
        days_done += 1
        tell(_SHARE_OF_MAKING + (1 - _SHARE_OF_MAKING) * days_done / run.days)

    with ReplayedRule(run.command) as rule:
        log = play(made, run.days, run.tick, rule.decide, day_done)
    by_tenant: dict[str, list[Action]] = {trace.name: [] for trace in made}
    for action in log:
        by_tenant[action.tenant].append(action)
    outcomes[GUARD] = [outcome(trace, by_tenant[trace.name]) for trace in made]
    return Result(run, sum(sum(trace.mails) for trace in made), outcomes)


def play_all(runs: Sequence[Run], processes: int, tell: Callable[[Run, float], None]) -> list[Result]:
    """Play runs side by side in some processes; `tell` hears of each how much is done. Raises what a run raises."""
    with Manager() as manager, Pool(processes, _prepare) as pool:
        done = manager.dict()
        results = [pool.apply_async(_play_in_process, (run, done)) for run in runs]
        while not all(list(_ready(results))):
            for run in runs:
                tell(run, done.get(run.name, 0.0))
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        for run in runs:
            tell(run, 1.0)
        return [result.get() for result in results]


def _ready(results: Sequence["AsyncResult[Result]"]) -> Iterator[bool]:
    """Whether each has come; a run that failed is raised at once, so that nobody waits for the others."""
    for result in results:
        if result.ready():
            result.get()
        yield result.ready()


def _prepare() -> None:
    # Ctrl-C is for the parent, which ends its processes. The traces hold millions of small things and no cycles.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()


def _play_in_process(run: Run, done: "DictProxy[str, float]") -> Result:
    def tell(share: float) -> None:
        done[run.name] = share

    return play_run(run, tell)
