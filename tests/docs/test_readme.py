"""What README.md tells people to type is there."""

from __future__ import annotations

import re

import typer.main

from cli.main import app
from tests.template.stack import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined] # a group, as there are several


def test_every_target_it_names_can_be_made() -> None:
    named = set(re.findall(r"(?:^    |`)make (\w+)", README, re.MULTILINE))
    assert {"demo", "test", "setup"} <= named
    assert named <= set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_it_names_every_command_of_guard_and_no_other() -> None:
    [row] = [line for line in README.splitlines() if line.startswith("| `cli` |")]
    named = {each.removeprefix("guard ") for each in re.findall(r"`([^`]+)`", row.split("|")[2])}
    assert named == COMMANDS
    assert set(re.findall(r"bin/guard (\w+)", README)) <= COMMANDS


def test_every_place_it_leads_to_is_there() -> None:
    places = re.findall(r"\]\(([^)#:]+)[^)]*\)", README)
    assert places
    assert [place for place in places if not (ROOT / place).exists()] == []
