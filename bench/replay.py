"""`python -m bench.replay`: how many lines a second `guard replay` takes on one core, with its start.

The lines are two days of mail of 60 tenants in the replay protocol, most of them sends; the same lines with a tick
every minute of history show what judging adds. It counts CPU time of the command, the least of some runs: the rest is
other work. The ratio to `json.loads` of each line in the same run lets machines be compared.
"""

import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from pathlib import Path

from bench.figures import Figure, Measured, tell

SEED = 20261124
TARGET_LINES_PER_SECOND = 100_000
RUNS = 3
TENANTS, START, SECONDS, EVERY, TICK = 60, 1_767_225_600, 2 * 86_400, 20, 60
# A few tenants send to bad lists in the second half.
BAD, RATE, BAD_RATE, COMPLAINT_RATE = 3, 0.012, 0.15, 0.0003
BATCH_CHANCE, MAILS_A_BATCH = 0.9, 5
GUARD = Path(sys.executable).with_name("guard")


def lines(chance: random.Random) -> list[tuple[float, str]]:
    """The lines of the history with their times, in order."""
    return sorted(chain.from_iterable(_of_tenant(number, chance) for number in range(TENANTS)))


def _of_tenant(number: int, chance: random.Random) -> Iterator[tuple[float, str]]:
    name, ident = f"t{number:04}", 0
    for sent_at in range(START, START + SECONDS, EVERY):
        if chance.random() > BATCH_CHANCE:
            continue
        yield sent_at, json.dumps({"ts": sent_at, "tenant": name, "kind": "Sent", "n": MAILS_A_BATCH})
        bad = number < BAD and sent_at > START + SECONDS / 2
        for kind, rate, median in (("Bounce", BAD_RATE if bad else RATE, 10), ("Complaint", COMPLAINT_RATE, 7200)):
            for _ in range(sum(chance.random() < rate for _ in range(MAILS_A_BATCH))):
                ident += 1
                ts = round(sent_at + chance.lognormvariate(0, 1) * median, 1)
                line = {"ts": ts, "tenant": name, "kind": kind, "id": ident, "sent_ts": sent_at}
                yield ts, json.dumps(line | ({"bounceType": "Permanent"} if kind == "Bounce" else {}))


def with_ticks(history: list[tuple[float, str]]) -> Iterator[str]:
    """The lines, and a tick whenever a minute of history is over."""
    yield history[0][1]
    for (before, _), (at, line) in pairwise(history):
        if at // TICK > before // TICK:
            yield json.dumps({"tick": at // TICK * TICK})
        yield line


def cpu_of_replay(text: bytes) -> float:
    """The CPU seconds of one run of the command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([GUARD, "replay"], input=text, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cpu_of_json(rows: Iterable[str]) -> float:
    """The CPU seconds of `json.loads` of each line."""
    began = time.process_time()
    for row in rows:
        json.loads(row)
    return time.process_time() - began


def measure() -> Measured:
    """The lines a second of the command, without and with ticks."""
    history = lines(random.Random(SEED))
    plain, ticked = [line for _, line in history], list(with_ticks(history))
    yardstick = min(cpu_of_json(plain) for _ in range(RUNS))
    figures = [Figure("`json.loads` of each line", f"{len(plain) / yardstick:,.0f} lines/s")]
    for what, rows in (("events alone", plain), (f"a tick every {TICK} s of history", ticked)):
        text = "\n".join(rows).encode()
        spent = min(cpu_of_replay(text) for _ in range(RUNS))
        speed = len(rows) / spent
        reached = f"{speed:,.0f} lines/s ({spent / yardstick:.1f} x `json.loads`)"
        to_reach = f">= {TARGET_LINES_PER_SECOND:,} lines/s"
        figures.append(Figure(f"`guard replay`, {what}", reached, to_reach, speed >= TARGET_LINES_PER_SECOND))
    sent = sum('"Sent"' in line for line in plain) / len(plain)
    of_what = f"{len(plain):,} lines, {sent:.0%} of them sends"
    how = f"Seed {SEED}, {of_what}; Python {sys.version.split()[0]}, CPU of one core, least of {RUNS} runs."
    return Measured(how, figures)


if __name__ == "__main__":
    sys.exit(tell("replay", measure))
