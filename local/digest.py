"""A digest taken apart again, for whoever looks for one of its warnings."""

from collections.abc import Iterator


def warnings_in(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Each warning in the text of a digest: its tenant, event, subject and text."""
    heads, *cases = text.split("\n\n----\n\n")
    for head, case in zip(heads.splitlines()[1:], cases, strict=False):
        tenant, _, event = head.strip().partition(" (")[0].rpartition(" ")
        subject, _, told = case.partition("\n\n")
        yield tenant, event, subject, told
