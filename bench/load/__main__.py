"""`python -m bench.load`: a million events of 10,000 tenants on the real `ingest`, with a burst of 20 times midway.

The handler runs with its whole SDK in a process of its own; a table in memory answers where the socket would be. Some
messages come twice, some batches are killed or get no answer, some writes are refused. Which events there are hangs on
the seed alone; how they fall into batches, on the time that the handler took.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from itertools import islice

from bench.figures import Figure, Measured, tell
from bench.load.checks import outcome
from bench.load.function import Function
from bench.load.mails import Load, Message, Truth, emitted
from bench.load.queues import ROUND_TRIP_SECONDS, Account, Faults

SEED = 20261124
MILLION = Load(events=1_000_000, tenants=10_000, usual_rate=200)
# A hundredth of what the function has (template.yaml).
MOST_GROWTH_BYTES = 10 * 2**20
MOST_WAIT_OF_FEEDBACK_SECONDS = 2.0
_YARDSTICK_BODIES = 5_000
_MB = 2**20


def measure(load: Load = MILLION) -> Measured:
    """Run it all, and hold it against the truth."""
    truth, account = Truth(), Account(load, Faults(), SEED)
    with Function(account.answer) as function:
        account.run(emitted(load, SEED, truth), function)
    figures = [*_counted(account, truth), *_kept(account, load), *_waited(account), *_took(account, load)]
    usual = f"{load.usual_rate:g} sends a second, {load.burst:g} times that for {load.burst_seconds:g} s"
    machine = f"{platform.system()} on {platform.machine()} with {os.cpu_count()} cores, shared"
    how = (
        f"Seed {SEED}; {load.events:,} events of {load.tenants:,} tenants (Zipf 1.0), {usual}; Python "
        f"{sys.version.split()[0]}, {machine}. Waits are virtual: measured processor time at Lambda's share "
        f"of a processor, and {ROUND_TRIP_SECONDS * 1000:g} ms a call."
    )
    return Measured(how, figures)


def _counted(account: Account, truth: Truth) -> Iterator[Figure]:
    found, emitted_sends = outcome(account.table, truth), truth.sends.total()
    faults = ", ".join(f"{number:,} x {what}" for what, number in sorted(account.faults.items()))
    yield Figure("what broke", faults)
    ids = f"{found.ids:,} of {truth.ids:,}"
    yield Figure("ids of feedback counted, of those emitted", ids, f"{truth.ids:,}", found.ids == truth.ids)
    for whose, wrong in (("tenants", found.wrong_slots), ("the account", found.wrong_slots_of_account)):
        yield Figure(f"slots of {whose} with other ids than emitted", f"{wrong}", "0", wrong == 0)
    yield Figure("tenants with fewer sends than emitted", f"{found.tenants_under}", "0", found.tenants_under == 0)
    over, explained = found.sends - emitted_sends, account.overcount.total()
    causes = ", ".join(f"{number:,} by {cause}" for cause, number in sorted(account.overcount.items()) if number)
    met = over == explained
    yield Figure(f"sends counted too often, of {emitted_sends:,}", f"{over:,}: {causes}", "each with its cause", met)
    letters = len(account.dead_letters)
    yield Figure("dead letters", f"{letters}", "0", letters == 0)


def _kept(account: Account, load: Load) -> Iterator[Figure]:
    early = next(peak for handed_over, peak in account.peaks if handed_over >= load.events / 10)
    grown = account.peaks[-1][1] - early
    what = f"memory of the function, from {load.events // 10:,} events to the end"
    reached = f"{early / _MB:.1f} to {account.peaks[-1][1] / _MB:.1f} MB"
    yield Figure(what, reached, f"+ <= {MOST_GROWTH_BYTES // _MB} MB", grown <= MOST_GROWTH_BYTES)


def _waited(account: Account) -> Iterator[Figure]:
    for name, waits in (("feedback", account.feedback.waits), ("sends", account.sends.waits)):
        for since_burst, when in ((False, "before the burst"), (True, "from the burst on")):
            worst, limit = waits.worst[since_burst], MOST_WAIT_OF_FEEDBACK_SECONDS
            target = (f"<= {limit:g} s", worst <= limit) if name == "feedback" else ("", None)
            yield Figure(f"longest way of {name} from queue to count, {when}", f"{worst:.2f} s", *target)
        reached = f"{waits.longest:,} waiting, {waits.most_at_once} batches at once"
        yield Figure(f"most {name} at one time", reached)


def _took(account: Account, load: Load) -> Iterator[Figure]:
    yardstick = _seconds_of_json(emitted(load, SEED, Truth()))
    for name, waits in (("feedback", account.feedback.waits), ("sends", account.sends.waits)):
        reached = f"{waits.cpu_seconds / waits.handed_over / yardstick:,.0f} x `json.loads`"
        a_batch = waits.handed_over / waits.batches
        yield Figure(f"processor time of `ingest` an event, {name}, {a_batch:.0f} a batch", reached)
    yield Figure("calls of DynamoDB", f"{account.all_calls:,}")


def _seconds_of_json(messages: Iterator[Message]) -> float:
    bodies = [message.body for message in islice(messages, _YARDSTICK_BODIES)]
    began = time.process_time()
    for body in bodies:
        json.loads(body)
    return (time.process_time() - began) / len(bodies)


if __name__ == "__main__":
    sys.exit(tell("load", measure))
