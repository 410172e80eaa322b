"""The runbook names whatever may fail, be counted or be told: nobody looks for it at three in the morning."""

import ast
import re
from pathlib import Path

from reputation_guard.domain.decision import GuardEvent
from tests.template.stack import Stack
from tests.template.test_edges import dead_letters

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
METRIC = re.compile(r"(?:[A-Z][a-z]+)+")


def chapter(heading: str) -> str:
    """The text below a heading, up to the next of its level."""
    return RUNBOOK.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def metrics() -> set[str]:
    """The names in all modules that count something: what is a name of a metric is so by its form."""
    sources = [
        path.read_text(encoding="utf-8")
        for folder in ("functions", "layers/guard/reputation_guard")
        for path in (ROOT / folder).rglob("*.py")
    ]
    return {
        node.value
        for source in sources
        if ".add_metric(" in source
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and METRIC.fullmatch(node.value)
    }


def test_every_queue_of_dead_letters_has_its_way_back(stack: Stack) -> None:
    rows = set(re.findall(r"`([A-Za-z]+DeadLetters)`", chapter("Dead letters")))
    assert rows == dead_letters(stack)


def test_every_metric_is_explained() -> None:
    told = set(re.findall(r"`([A-Za-z]+)`", chapter("Metrics")))
    assert metrics() - told == set()
    assert {"Sends", "Reviews", "Refused", "LinksRefused", "UnknownPolicies"} <= metrics(), "the search finds them"


def test_every_guard_event_stands_in_the_table_of_notices() -> None:
    table = RUNBOOK.partition("| notice |")[2].partition("\n\n")[0]
    assert {event for event in GuardEvent if f"`{event}`" not in table} == set()


def test_the_page_of_last_resort_has_its_chapter(stack: Stack) -> None:
    """It links there, by the heading's anchor."""
    texts = str(stack.of_type("Events::Rule")["EscalationFailedRule"]["Targets"])
    anchors = {heading.lower() for heading in re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE)}
    assert set(re.findall(r"#(\w+)", texts)) == {"escalationfailed"} <= anchors
