"""The runbook names whatever may fail, be counted or be told: nobody looks for it at three in the morning."""

import re
from pathlib import Path

from reputation_guard.domain.decision import GuardEvent
from tests.functions.metrics import EMITTED
from tests.template.stack import Stack
from tests.template.test_edges import dead_letters

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def chapter(heading: str) -> str:
    """The text below a heading, up to the next of its level."""
    return RUNBOOK.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_every_queue_of_dead_letters_has_its_way_back(stack: Stack) -> None:
    rows = set(re.findall(r"`([A-Za-z]+DeadLetters)`", chapter("Dead letters")))
    assert rows == dead_letters(stack)


def test_every_metric_is_explained() -> None:
    """Those that are called like a guard event are explained together."""
    chapter_on = chapter("Metrics").replace("`...OfWeek`", "`AccountBounceRateOfWeek` `AccountComplaintRateOfWeek`")
    told = set(re.findall(r"`([A-Za-z]+)`", chapter_on))
    assert EMITTED - set(GuardEvent) - told == set()


def test_every_guard_event_stands_in_the_table_of_notices() -> None:
    table = RUNBOOK.partition("| notice |")[2].partition("\n\n")[0]
    assert {event for event in GuardEvent if f"`{event}`" not in table} == set()


def test_the_page_of_last_resort_has_its_chapter(stack: Stack) -> None:
    """It links there, by the heading's anchor."""
    texts = str(stack.of_type("Events::Rule")["EscalationFailedRule"]["Targets"])
    anchors = {heading.lower() for heading in re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE)}
    assert set(re.findall(r"#(\w+)", texts)) == {"escalationfailed"} <= anchors
