"""What people read when the brake is on: the guard stopped pausing, and somebody has to decide."""

from collections.abc import Iterator

from reputation_guard.domain.decision import Braked
from reputation_guard.domain.words import percent


def about_the_brake(braked: Braked, at: str) -> Iterator[str]:
    """The paragraphs of the page: that the guard or a mailbox provider looks wrong, who is concerned, what to do."""
    yield (
        f"At {at} the guard decided to pause more tenants than it may by itself. The guard or a mailbox provider looks "
        "wrong, or many tenants turned bad at once. What it decides past the brake is kept for a person, and NOT done: "
        "these tenants still send."
    )
    yield (
        f"Paused within the last hour: {braked.paused}; it may pause {braked.allowed} an hour, where about "
        f"{braked.senders} tenants sent in a day."
    )
    if braked.latest:
        yield f"The latest that were paused: {', '.join(braked.latest)}."
    more = braked.kept - len(braked.kept_tenants)
    yield f"Kept so far: {', '.join(braked.kept_tenants)}{f' and {more} more' if more > 0 else ''}."
    yield from _shared(braked)
    yield (
        "Next: see what is kept and why (guard brake list). If these tenants are bad: guard brake release NAME... "
        "--reason '...' (or --all). If something else is wrong: guard brake drop --all --reason '...'. To stop all "
        "pauses at once: guard mode observe."
    )


def _shared(braked: Braked) -> Iterator[str]:
    if not braked.traits:
        yield "Most of them share no recipient domain, sending address or answer: they may well be bad each for itself."
        return
    lines = [
        f"  {each.what} {each.value}: {each.tenants} of {each.of} ({percent(each.tenants / each.of)})"
        for each in braked.traits
    ]
    yield "\n".join(["What most of them share, by their feedback:", *lines])
