"""Documents as a command names them: a file, a policy in force, or one of its versions; and how two of them differ."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.account import CannotRunError
from reputation_guard.aws.policies import PolicyTable
from reputation_guard.domain.choice import PolicyVersion
from reputation_guard.domain.policy import PRESETS, Policy
from reputation_guard.wire.policy import PolicyDocument, document_of, parse_document

_FILES = {".json": False, ".toml": True}


class NoSuchPolicyError(Exception):
    """Nobody knows a policy of this name, or of this version; the text says which there are."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which two documents differ; None where one of them does not have it."""

    field: str
    before: Any
    after: Any


def read_file(path: Path) -> PolicyDocument:
    """Read a document from a file. Raises `MalformedError` with the field that is wrong, and the reason."""
    if path.suffix not in _FILES:
        raise CannotRunError(f"{path}: a policy is a .json or a .toml file.")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRunError(f"{path} cannot be read: {error}") from error
    return parse_document(text, is_toml=_FILES[path.suffix])


def names_a_file(word: str) -> bool:
    """Whether a word of the command line is a file rather than a policy: no policy's name has a dot."""
    return Path(word).suffix in _FILES


def in_force(name: str, shelf: PolicyTable) -> Policy:
    """The version of a policy in force."""
    return _of(name, shelf)[0].policy


def version_of(name: str, version: int, shelf: PolicyTable) -> Policy:
    """One version of a policy."""
    for each in _of(name, shelf):
        if each.policy.version == version:
            return each.policy
    there_are = ", ".join(str(each.policy.version) for each in _of(name, shelf))
    raise NoSuchPolicyError(f"There is no version {version} of {name} that can be read; there are {there_are}.")


def all_names(shelf: PolicyTable) -> list[str]:
    """The names of all policies: those that come with the guard, and those that people put."""
    return [*PRESETS, *sorted({kept.name for kept in shelf.all()} - set(PRESETS))]


def differences(before: Policy | None, after: Policy) -> list[Difference]:
    """The fields in which two policies differ, name and version aside."""
    old, new = _flat(before), _flat(after)
    return [
        Difference(field, old.get(field), new.get(field))
        for field in dict.fromkeys([*new, *old])
        if old.get(field) != new.get(field)
    ]


def in_words(difference: Difference) -> str:
    """A difference as a line for people."""
    before, after = (_value(each) for each in (difference.before, difference.after))
    return f"{difference.field}: {after}" if difference.before is None else f"{difference.field}: {before} -> {after}"


def _of(name: str, shelf: PolicyTable) -> Sequence[PolicyVersion]:
    if versions := shelf.versions(name):
        return versions
    raise NoSuchPolicyError(f"Nobody knows a policy {name}. There are {', '.join(all_names(shelf))}.")


def _flat(policy: Policy | None) -> dict[str, Any]:
    document = document_of(policy) if policy else {}
    return dict(_fields({key: value for key, value in document.items() if key not in {"name", "version"}}))


def _fields(document: dict[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _fields(value, f"{within}{name}.")
        else:
            yield f"{within}{name}", value


def _value(value: Any) -> str:
    return "(none)" if value is None else json.dumps(value, ensure_ascii=False)
