"""Figures beside their targets: printed, and with `--write` put into docs/performance.md with how they were made."""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "performance.md"


class MarkersMissingError(Exception):
    """A file has no place for what a benchmark writes."""


@dataclass(frozen=True, slots=True)
class Made:
    """How figures were made, so that anybody can make them again."""

    command: str
    commit: str
    on: date

    @classmethod
    def now(cls, name: str, arguments: Sequence[str]) -> "Made":
        """By `bench.<name>`, at the commit that is there: to be asked before the run, not after."""
        commit = _git("rev-parse", "--short", "HEAD") or "unknown"
        # What benchmarks write is no reason to call the code changed.
        if _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs", ":!README.md"):
            commit += "-dirty"
        return cls(shlex.join(("python", "-m", f"bench.{name}", *arguments)), commit, datetime.now(UTC).date())


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a Markdown file that a benchmark writes, between two comments."""

    begin: str
    end: str

    def block(self, inside: str) -> str:
        """What is to stand there, with its comments."""
        return f"{self.begin}\n{inside}\n{self.end}"

    def block_of(self, text: str) -> str:
        """What stands there, with its comments. Raises MarkersMissingError."""
        _, begin, rest = text.partition(self.begin)
        inside, end, _ = rest.partition(self.end)
        if not (begin and end):
            raise MarkersMissingError(f"the line {self.begin!r} and, below it, {self.end!r}")
        return begin + inside + end

    def filled(self, text: str, inside: str) -> str:
        """The text with this there. Raises MarkersMissingError."""
        return text.replace(self.block_of(text), self.block(inside))


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, beside what it is to reach; `met` is None where there is no target."""

    what: str
    reached: str
    to_reach: str = ""
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a benchmark measured, and what a reader has to know of how: the seed, where there is one."""

    how: str
    figures: Sequence[Figure]

    @property
    def missed(self) -> bool:
        """Whether a target is missed."""
        return any(each.met is False for each in self.figures)

    @property
    def text(self) -> str:
        """How, and the table."""
        verdicts = {True: "met", False: "**missed**", None: ""}
        rows = ((each.what, each.to_reach, each.reached, verdicts[each.met]) for each in self.figures)
        return f"{self.how}\n\n{table(('figure', 'to reach', 'reached', ''), rows)}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first hold numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def place_of(name: str) -> Place:
    """Where docs/performance.md shows the figures of `bench.<name>`."""
    return Place(f"<!-- figures of bench.{name}: written by `make bench` -->", f"<!-- end of bench.{name} -->")


def tell(name: str, measure: Callable[[], Measured], arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write if asked to; 0 if all targets are met, 1 if one is missed, 2 if it cannot write."""
    parser = argparse.ArgumentParser(
        prog=f"python -m bench.{name}", description=sys.modules[measure.__module__].__doc__
    )
    parser.add_argument("--write", action="store_true", help=f"write the figures into {DOCUMENT.relative_to(ROOT)}")
    options = parser.parse_args(arguments)
    made = Made.now(name, arguments if arguments is not None else sys.argv[1:])
    measured = measure()
    print(f"{measured.text}\n")
    if options.write:
        try:
            write(name, measured, made)
        except (OSError, MarkersMissingError) as error:
            print(f"{DOCUMENT} cannot be written: {error}", file=sys.stderr)
            return 2
    return 1 if measured.missed else 0


def write(name: str, measured: Measured, made: Made) -> None:
    """Put the figures into docs/performance.md. Raises OSError, MarkersMissingError."""
    said = f"`{made.command}` wrote this on {made.on} at commit `{made.commit}`. {measured.text}"
    DOCUMENT.write_text(place_of(name).filled(DOCUMENT.read_text(encoding="utf-8"), said), encoding="utf-8")


def _git(*words: str) -> str:
    git = ("git", "-C", str(ROOT), *words)
    return subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - our own words
