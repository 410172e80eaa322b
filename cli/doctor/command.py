"""`guard doctor`: check a deployed guard, and say how to mend what is wrong."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from textwrap import wrap

from rich.table import Table
from rich.text import Text

from cli.account import in_one_line
from cli.command import FINE, WRONG, Desk, command
from cli.doctor import (
    attribution,
    dead_letters,
    destinations,
    flow,
    operators,
    policies,
    rights,
    stack,
    subscriptions,
)
from cli.doctor.diagnosis import Check, Diagnosis, Examination, Health, not_checked

# In the order of the way of an event, after the stack itself.
CHECKS: Mapping[str, Check] = {
    "stack": stack.deployed,
    "mode": stack.mode,
    "policies": policies.policies,
    "configuration sets": destinations.destinations,
    "attribution": attribution.tenants,
    "unattributed": attribution.unattributed,
    "event rules": flow.rules,
    "event sources": flow.sources,
    "schedule": flow.schedule,
    "review": flow.review,
    "decisions": flow.pending,
    "rights": rights.rights,
    "your rights": operators.operators,
    "subscriptions": subscriptions.subscriptions,
    "dead letters": dead_letters.dead_letters,
}
STYLE = {Health.OK: "green", Health.WARN: "yellow", Health.FAIL: "bold red", Health.NOT_CHECKED: "magenta"}
_SES_SECONDS = 1.05
_HEALTH_WIDTH, _TITLE_WIDTH = 11, 18
_INDENT = "    "
_COMMANDS = ("aws ", "sam ", "  ")


@command
def doctor(desk: Desk) -> int:
    """Check a deployed guard from SES's events to people's inboxes, and print how to mend what is wrong.

    It changes nothing. What it was not allowed to look at is reported as not checked, never as ok. SES answers about
    one question a second, so an account with many configuration sets takes a while.
    """
    exam = Examination(
        deployment=desk.deployment,
        now=desk.now,
        console=desk.err,
        quiet=desk.as_json,
        ses_seconds=_SES_SECONDS if desk.deployment.account.is_aws_itself else 0.0,
    )
    found: list[tuple[str, Diagnosis]] = []
    for title, check in CHECKS.items():
        for diagnosis in look(check, exam):
            found.append((title, diagnosis))
            if not desk.as_json:
                _print(desk, title, diagnosis)
    counted = Counter(diagnosis.health for _, diagnosis in found)
    if desk.as_json:
        checks = [{"check": title, **asdict(diagnosis)} for title, diagnosis in found]
        desk.print_json({"stack": desk.deployment.stack, "checks": checks, "summary": {h: counted[h] for h in Health}})
    else:
        desk.say("\n" + ", ".join(f"{counted[health]} {health}" for health in Health) + ".", style="bold")
    return WRONG if counted[Health.FAIL] else FINE


def look(check: Check, exam: Examination) -> Iterator[Diagnosis]:
    """Make a check; where it breaks off, what it said holds and the rest is not checked."""
    try:
        yield from check(exam)
    except Exception as error:  # noqa: BLE001 - whatever it was, the other checks are still worth making
        yield not_checked(in_one_line(error))


def _print(desk: Desk, title: str, diagnosis: Diagnosis) -> None:
    line = Table.grid(padding=(0, 1))
    line.add_column(width=_HEALTH_WIDTH, style=STYLE[diagnosis.health])
    line.add_column(width=_TITLE_WIDTH)
    line.add_column(overflow="fold")
    line.add_row(str(diagnosis.health), title, Text(diagnosis.text))
    desk.out.print(line)
    for fix in diagnosis.fix.splitlines():
        is_prose = not fix.startswith(_COMMANDS)
        # A command is pasted as it stands, so nobody but the terminal may break it.
        for each in wrap(fix, desk.out.width - len(_INDENT)) if is_prose else [fix]:
            desk.out.print(_INDENT + each, markup=False, style="cyan", soft_wrap=True)
