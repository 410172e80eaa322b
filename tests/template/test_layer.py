"""What the layer ships: `sam build` installs requirements.txt, and everything here is tested with what uv.lock says."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement

from tests.template.stack import ROOT

NO_GROUP = {"extra": ""}
"""Conflicting groups of one lock have versions of their own: uv marks them as extras."""


def locked() -> dict[str, str]:
    """The name and version of everything the project depends on, without its extras and groups."""
    packages: list[dict[str, Any]] = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]

    def found(name: str, version: str | None = None) -> dict[str, Any]:
        [package] = [each for each in packages if each["name"] == name and version in {None, each["version"]}]
        return package

    def needs(package: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for each in package.get("dependencies", []):
            if "marker" not in each or Marker(each["marker"]).evaluate(NO_GROUP):
                yield found(each["name"], each.get("version"))

    versions: dict[str, str] = {}
    waiting = list(needs(found("reputation-guard")))
    while waiting:
        package = waiting.pop()
        if package["name"] not in versions:
            versions[package["name"]] = package["version"]
            waiting += needs(package)
    return versions


def test_the_layer_ships_what_the_lock_says() -> None:
    """A version that was raised in one of the two alone would be tested here and never deployed: `make lock`."""
    lines = (ROOT / "layers" / "guard" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert {each.name: str(each.specifier) for each in pinned if not each.marker or each.marker.evaluate(NO_GROUP)} == {
        name: f"=={version}" for name, version in locked().items()
    }
