"""`guard replay`: events in, decisions out, line by line, for measuring the judgement from outside."""

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import typer

from cli.command import FINE, WRONG
from cli.export.policies import DEFAULT, PoliciesByTenant
from cli.history.complaints import Complaints
from cli.history.lines import Tick, read_history
from cli.history.policies import PolicyName, WholeAccount, policy_named
from cli.history.rehearsal import Rehearsal, why
from reputation_guard.domain.decision import Decision, GuardEvent

ACTIONS: Mapping[GuardEvent | None, str] = {
    GuardEvent.TENANT_PAUSED: "pause",
    GuardEvent.TENANT_RESUMED: "resume",
    GuardEvent.TENANT_WARNED: "warn",
    GuardEvent.ACCOUNT_AT_RISK: "warn",
}


PROTOCOL = """
Each line is a JSON object, with times in Unix seconds. Events:

{"ts": 1767225605, "tenant": "acme", "kind": "Sent", "n": 3}
{"ts": 1767225611, "tenant": "acme", "kind": "Bounce",
 "id": 7, "sent_ts": 1767225605, "bounceType": "Permanent"}
{"ts": 1767232811, "tenant": "acme", "kind": "Complaint",
 "id": 8, "sent_ts": 1767225605}

n is 1 where it is left out; sent_ts is when the mail was sent. Only Permanent bounces count, and the same id of a \
tenant counts once. Leave out the mail of a paused tenant: it would not have been sent.

{"tick": 1767225660}

A tick says that all that was known before it has been written. It is answered by a line for each decision (action \
is pause, resume or warn), and by one that says that this was all:

{"ts": 1767225660, "tenant": "acme", "action": "pause",
 "why": "45 hard bounces of 214 sent in the last 5 min ..."}
{"ack": 1767225660}

With --account all mail together is weighed too, and a warning about it has the tenant "the whole account".

A line that cannot be read is named on standard error, with its number and the field that is wrong; the others go \
through, and the exit code is 1 at the end.
"""


def replay(policy: PolicyName = DEFAULT, *, account: WholeAccount = False) -> None:
    """Judge a stream of events on standard input, and answer each tick with what the guard would decide.

    It is the guard's own judgement, in memory and as if it enforced; nothing is asked of AWS.
    """
    rehearsal = Rehearsal(PoliciesByTenant([policy_named(policy)]), whole_account=account)
    complaints = Complaints()
    last = 0.0
    for read in read_history(sys.stdin.buffer, complaints.of_line):
        if not isinstance(read, Tick):
            rehearsal.add(read.lines)
            continue
        if read.tick < last:
            complaints.say(f"tick {read.tick:.10g}: goes back in time, nobody was judged")
        else:
            last = read.tick
            _answer(rehearsal.judge(datetime.fromtimestamp(read.tick, UTC)), read.tick)
        print(json.dumps({"ack": read.tick}), flush=True)
    raise typer.Exit(WRONG if complaints.made else FINE)


def _answer(decisions: Iterable[Decision], tick: float) -> None:
    for decision in decisions:
        if action := ACTIONS.get(decision.announces):
            answer = {"ts": tick, "tenant": decision.tenant.name, "action": action, "why": why(decision)}
            print(json.dumps(answer))
