"""The digest: all warnings that are due, as one notice; repeated ones of a tenant are one line."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime

from reputation_guard.domain.notice import Notice, Severity, subject_of

# SNS takes 256 KB, and people read less.
_MOST_CHARACTERS = 60_000
DIGEST = "Digest"


def digest_of(warnings: Sequence[Notice], at: datetime) -> Notice:
    """One notice of these warnings, grouped by event and tenant, the latest first; the same ones have the same id."""
    key = hashlib.sha256("\n".join(sorted(each.id for each in warnings)).encode()).hexdigest()[:16]
    groups = _grouped(warnings)
    heads = [f"{len(groups)} warnings:", *(f"  {_line(group)}" for group in groups)]
    cases = [f"{group[0].subject}\n\n{group[0].text}" for group in groups]
    return Notice(
        id=f"digest.{key}",
        event=DIGEST,
        tenant="",
        severity=Severity.WARNING,
        at=at,
        subject=subject_of(f"[guard] digest: {', '.join(_line(group) for group in groups)}"),
        text="\n\n----\n\n".join(["\n".join(_bounded(heads)), *_bounded(cases)]),
    )


def _grouped(warnings: Sequence[Notice]) -> list[list[Notice]]:
    groups: dict[tuple[str, str], list[Notice]] = {}
    for each in sorted(warnings, key=lambda notice: notice.at, reverse=True):
        groups.setdefault((each.event, each.tenant), []).append(each)
    return list(groups.values())


def _line(group: Sequence[Notice]) -> str:
    times = f" ({len(group)} times)" if len(group) > 1 else ""
    return f"{group[0].tenant} {group[0].event}{times}"


def _bounded(parts: Sequence[str]) -> Iterator[str]:
    left = _MOST_CHARACTERS
    for number, part in enumerate(parts):
        left -= len(part.encode())
        if left < 0:
            yield f"and {len(parts) - number} more"
            return
        yield part
