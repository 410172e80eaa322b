"""`make chaos`: play the story many times with faults everywhere, and print what held. `SEED=...` plays it again."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

_RUNS = 60
_MOST_SEED = 1_000_000


def main() -> int:
    """Play, print and say by the exit code whether everything held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="plays the same runs again")
    parser.add_argument("--runs", type=int, default=_RUNS, help="how many runs are left to chance")
    parser.add_argument("--short", action="store_true", help="leave out the crashes one by one")
    parser.add_argument("--only", type=int, default=None, help="the one run of this seed")
    parser.add_argument("--planted", default="", help="a mistake of tests/chaos/planted.py to be found")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    seed = secrets.randbelow(_MOST_SEED) if asked.seed is None else asked.seed
    return _campaign(asked, seed)


def _campaign(asked: argparse.Namespace, seed: int) -> int:
    from tests.chaos.campaign import (  # noqa: PLC0415 - after the hashes are fixed
        SMALL,
        TOGETHER,
        by_chance,
        once_more,
        one_by_one,
        racing,
        unclaimed,
        untroubled,
    )
    from tests.chaos.planted import planted  # noqa: PLC0415
    from tests.chaos.report import Spent, lines  # noqa: PLC0415

    began = time.monotonic()
    with planted(asked.planted), ProcessPoolExecutor(asked.processes, get_context("fork")) as pool:
        stories = (untroubled(seed), untroubled(seed, SMALL))
        played = [(each, each.play()) for each in stories]
        tasks = [*unclaimed(seed), *racing(seed), *by_chance(seed, asked.runs)]
        if not asked.short:
            tasks += one_by_one(seed, set().union(*(outcome.points for _, outcome in played)))
        if asked.only is not None:
            tasks = [each for each in tasks if each.seed == asked.only]
        played += zip(tasks, pool.map(_play, tasks), strict=True)
        for together in () if asked.short or asked.only is not None else TOGETHER:
            tasks = list(once_more(played, together))
            played += zip(tasks, pool.map(_play, tasks), strict=True)
    outcomes = [outcome for _, outcome in played]
    spent = os.times()
    for line in lines(outcomes, seed, Spent(time.monotonic() - began, spent.user + spent.children_user)):
        print(line)
    return int(any(each.broken for each in outcomes))


def _play(task):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 - its types are imported later
    return task.play()


if __name__ == "__main__":
    # The order of sets hangs on the hashes of texts, and the faults on the order of calls.
    if os.environ.get("PYTHONHASHSEED") != "0":
        again = [sys.executable, "-m", "tests.chaos", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, "PYTHONHASHSEED": "0"})  # noqa: S606 - this very program
    sys.exit(main())
