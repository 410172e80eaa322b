"""What cfn-lint with its serverless rules, and checkov, say of the template; exceptions.toml tells why not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.template.stack import ROOT, TEMPLATE

EXCEPTIONS = Path(__file__).with_name("exceptions.toml")
CFN_LINT = Path(sys.executable).with_name("cfn-lint")
# checkov's pins clash with the project's, so it has an environment of its own.
CHECKOV = ROOT / ".tools" / "checkov" / "bin" / "checkov"


class Finding(NamedTuple):
    """What a linter finds fault with."""

    rule: str
    resource: str
    says: str


Found = tuple[Path, Finding]


class Exempt(NamedTuple):
    """A rule that does not hold for some resources, by the shape of their names, and why."""

    rule: str
    resources: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        return finding.rule == self.rule and fnmatch(finding.resource, self.resources)


def cfn_lint(templates: Sequence[Path]) -> Iterator[Found]:
    command: list[str | Path] = [CFN_LINT, "--append-rules", "cfn_lint_serverless.rules", "--format", "json"]
    for each in _json_of([*command, "--template", *templates]):
        finding = Finding(each["Rule"]["Id"], _resource_in(each["Location"]["Path"]), each["Message"])
        yield Path(each["Filename"]), finding


def checkov(templates: Sequence[Path]) -> Iterator[Found]:
    # Nothing is asked of its service: the rules come with it.
    options = ("--framework", "cloudformation", "--skip-download", "--compact", "--output", "json")
    command: list[str | Path] = [CHECKOV, *options]
    results = _json_of([*command, "--file", *templates])["results"]
    assert not results["parsing_errors"]
    for each in results["failed_checks"]:
        resource = each["resource"].partition(".")[2]
        yield Path(each["file_abs_path"]), Finding(each["check_id"], resource, each["check_name"])


def _json_of(command: Sequence[str | Path]) -> Any:
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1"}
    # Both end with another code where they find something.
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert done.stdout.strip(), done.stderr
    return json.loads(done.stdout)


def _resource_in(path: Sequence[str]) -> str:
    return path[1] if path[:1] == ["Resources"] else "/".join(map(str, path))


def exceptions(linter: str) -> list[Exempt]:
    written = tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8"))
    return [Exempt(each["rule"], each["resources"], each["reason"]) for each in written[linter]]


LINTERS: dict[str, Callable[[Sequence[Path]], Iterator[Found]]] = {"cfn-lint": cfn_lint, "checkov": checkov}
PLANTED = {"Queue": {"Type": "AWS::SQS::Queue"}, "Topic": {"Type": "AWS::SNS::Topic"}}
IN_IT = {"cfn-lint": "ES6000", "checkov": "CKV_AWS_26"}


@pytest.fixture(scope="module", params=LINTERS)
def linter(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def found(linter: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Finding]]:
    """Return what a linter finds in the template, and in one with faults, by file.

    In one run, since starting a linter is what takes long.
    """
    planted = tmp_path_factory.mktemp("planted") / "planted.json"
    planted.write_text(json.dumps({"Resources": PLANTED}), encoding="utf-8")
    findings: dict[str, list[Finding]] = {TEMPLATE.name: [], planted.name: []}
    for path, finding in LINTERS[linter]([TEMPLATE, planted]):
        findings[path.name].append(finding)
    return findings


def test_the_template_passes_but_for_the_exceptions_that_say_why(linter: str, found: dict[str, list[Finding]]) -> None:
    """A new finding fails, and so does an exception nothing needs any more."""
    findings, exempt = found[TEMPLATE.name], exceptions(linter)
    assert [finding for finding in findings if not any(each.covers(finding) for each in exempt)] == []
    assert [each for each in exempt if not any(each.covers(finding) for finding in findings)] == []
    assert all(each.reason.endswith(".") for each in exempt)


def test_a_fault_that_was_planted_is_found(linter: str, found: dict[str, list[Finding]]) -> None:
    """A test of the test: a linter that reads nothing finds nothing."""
    assert IN_IT[linter] in {finding.rule for finding in found["planted.json"]}
