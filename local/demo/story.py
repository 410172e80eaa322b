"""The rest of the story, once the traffic has been played: who was told what, why, and the way back."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from local.demo.cast import CAST, LIST_BOMBED
from local.demo.inbox import Delivered
from local.demo.outcome import miscounts
from local.demo.scoreboard import Row, by_name
from local.demo.screen import notice_line
from local.demo.stage import Stage
from local.traffic import Report, ReportKind
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.judgement import replayed
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Standing
from reputation_guard.domain.words import case_in_words, in_words, percent

OPERATOR = "the demo"
REASON = "Its sign-up form asks for a confirmation now, and the list was cleaned."
_PATIENCE_SECONDS = 15.0
_SECONDS_BETWEEN_LOOKS = 0.2
_NAME = LIST_BOMBED.tenant


def heading(console: Console, text: str) -> None:
    """Begin a chapter."""
    console.print(Text(f"\n{text}", style="bold"))


def introduce(console: Console) -> None:
    """Say who plays."""
    heading(console, "The tenants")
    table = Table.grid(padding=(0, 2, 0, 0))
    for part in CAST:
        table.add_row(part.tenant, part.story)
    console.print(table)
    console.print()


def tell_notices(console: Console, notices: Sequence[Delivered]) -> None:
    """Print every notice as a line, and one of each kind in full: the list-bombed tenant's where it has one."""
    heading(console, "What people were told: an SQS queue is subscribed to both topics")
    for notice in notices:
        console.print(notice_line(notice))
    of_a_kind: dict[str, Delivered] = {}
    for notice in notices:
        if notice.event not in of_a_kind or notice.tenant == _NAME:
            of_a_kind[notice.event] = notice
    for notice in of_a_kind.values():
        tell_in_full(console, notice)


def tell_in_full(console: Console, notice: Delivered) -> None:
    """Print a notice as a person gets it."""
    console.print()
    console.print(Text(f"Subject: {notice.subject}", style="red" if notice.urgent else "yellow"))
    console.print(Padding(Text(notice.text), (0, 0, 0, 2)))


def tell_what_ses_says(console: Console, rows: Iterable[Row]) -> None:
    """Print SES's own record of every tenant that somebody touched."""
    heading(console, "What SES itself says: its reputation entities, read back")
    untouched = []
    for row in rows:
        if row.says.since is None:
            untouched.append(row.part.tenant)
            continue
        line = f"{row.part.tenant}: {row.says.sending}, customer-managed since {row.says.since:%H:%M:%S}"
        console.print(Text(f"{line} ({row.says.cause})", style="red" if row.says.sending is Sending.DISABLED else ""))
    console.print(Text(f"ENABLED, and never touched: {', '.join(untouched)}"))


def tell_why(console: Console, stage: Stage) -> None:
    """Print the decision about the list-bombed tenant as the Book has it, and replay it from its evidence."""
    heading(console, f"Why {_NAME} was paused: the decision, from the Book")
    written = stage.scoreboard.book.decisions_of(_NAME, most=10)
    for each in written:
        decision, because = each.decision, each.decision.because
        if decision.announces != "TenantPaused" or because is None:
            continue
        console.print(
            Text(f"{decision.id}, decided at {decision.at:%H:%M:%S}, {each.outcome} by reading it back from SES")
        )
        console.print(Text(case_in_words(because)))
        console.print(_windows(decision))
        console.print(Text(f"Judged again from this evidence alone: {replayed(decision).answer}."))
        return
    console.print(Text("There is no such decision.", style="bold red"))


def _windows(decision: Decision) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("Window")
    for name in ("Feedback", "Sends", "Due", "Rate", "At least", "Limit", "Evidence"):
        table.add_column(name, justify="right")
    for window in decision.windows:
        limits = decision.policy.limits(window.kind)
        strength = window.evidence(limits.pause, limits.prior)
        counts = (f"{window.feedback} {window.kind}s", f"{window.sends}", f"{window.due:.0f}")
        rates = (percent(window.rate), percent(window.bound(limits.prior)), percent(limits.pause))
        table.add_row(in_words(window.length), *counts, *rates, f"{strength:.1f} nats")
    return table


def resume(console: Console, stage: Stage) -> None:
    """Let an operator resume the list-bombed tenant, and print what everybody says about it."""
    heading(console, f"An operator resumes {_NAME}: the order goes to ManualResumeFunction")
    order = {"tenant": _NAME, "reason": REASON, "operator": OPERATOR}
    console.print(Text(json.dumps(order)))
    answer = stage.aws.client("lambda").invoke(
        FunctionName=stage.aws.outputs["ManualResumeFunction"], Payload=json.dumps(order).encode()
    )
    console.print(Text(answer["Payload"].read().decode(), style="dim"))
    wait_until(lambda: stage.gate.ask()[_NAME].sending is not Sending.DISABLED)
    wait_until(lambda: any(notice.event == "TenantResumed" for notice in stage.inbox.read()))
    console.print(Text(f"SES says: {_NAME} is {stage.gate.ask()[_NAME].sending}.", style="green"))
    for notice in stage.inbox.read():
        if notice.event == "TenantResumed":
            tell_in_full(console, notice)


def bring_what_was_late(console: Console, stage: Stage, reports: Sequence[Report], played_until: datetime) -> None:
    """Put what still comes back of the list-bombed tenant's old mail: the resume's fence keeps it out."""
    late = [
        report
        for report in reports
        if report.tenant == _NAME and report.kind is ReportKind.HARD_BOUNCE and report.at >= played_until
    ]
    bounces = stage.player.put_all(late)
    wait_until(lambda: not miscounts(rows := stage.look(), stage.player.put) and stage.is_settled(rows))
    standing = by_name(stage.look())[_NAME].tenant.standing
    holds = "nothing of it is held against it" if standing is Standing.PROBATION else "and that is WRONG"
    console.print(
        Text(f"\n{bounces} late bounces of mail from before the resume arrive: it is in {standing}, {holds}.")
    )


def wait_until(is_so: Callable[[], bool]) -> bool:
    """Wait until something is so; False when it does not come to that."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    return True
