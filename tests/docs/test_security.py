"""SECURITY.md is true of the template, as far as names can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.template.rights import FUNCTIONS
from tests.template.stack import ROOT, Stack, listed, translated
from tests.template.test_boundary import STAYS
from tests.template.test_dashboard import anchor

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([^`\n]+)`", PAGE))


def rights_on_everything(stack: Stack) -> Iterator[str]:
    """Yield what roles and policies allow on "*", and what the boundary leaves so; itself it allows nothing."""
    policies = [*stack.of_type("IAM::Policy").values()]
    policies += [each for name, each in stack.of_type("IAM::ManagedPolicy").items() if name != "Boundary"]
    policies += [each for role in stack.of_type("IAM::Role").values() for each in role.get("Policies", [])]
    for policy in policies:
        for statement in listed(policy["PolicyDocument"]["Statement"]):
            if "*" in listed(statement["Resource"]):
                yield from listed(statement["Action"])
    yield from STAYS


def test_the_page_says_what_each_functions_role_gives_a_thief() -> None:
    rows = [line for line in PAGE.partition("### What each function's role gives")[2].splitlines() if line[:1] == "|"]
    told = {name for row in rows for name in re.findall(r"`(\w+Function)`", row.split("|")[1])}
    assert set(FUNCTIONS) <= told


def test_the_page_names_every_right_that_stands_on_everything() -> None:
    """A new star is a door to the whole account: whoever adds one says so where people look."""
    found = set(rights_on_everything(translated()))
    assert "ses:ListRecommendations" in found
    assert found <= NAMED


def test_every_test_that_proves_a_claim_is_there() -> None:
    tests = {name for name in NAMED if name.startswith("tests/")}
    assert len(tests) > 10
    assert [name for name in sorted(tests) if not (ROOT / name).exists()] == []


def test_every_link_of_the_page_ends_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]*)#?([^)]*)\)", PAGE)
    assert links
    for path, heading in links:
        text = (ROOT / (path or "SECURITY.md")).read_text(encoding="utf-8")
        assert not heading or heading in {anchor(line) for line in text.splitlines() if line.startswith("#")}, heading


def test_whoever_reads_or_deploys_is_led_to_the_page() -> None:
    assert "](SECURITY.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "](../SECURITY.md)" in (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
