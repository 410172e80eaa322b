"""What people read when the guard's own sight is in trouble."""

from collections.abc import Iterator

from reputation_guard.domain.blindness import Look, Trouble
from reputation_guard.domain.words import in_words

_TO_DO = {
    Trouble.NO_EVENTS: "Is the rule enabled, do the configuration sets still publish Send, Bounce and Complaint to "
    "EventBridge (guard doctor), is ingest throttled or failing (its log and the dead letters)?",
    Trouble.LATE: "See why: the age of the queues, throttled functions, a throttled table (the dashboard).",
    Trouble.UNSEEN: "Which configuration set stopped publishing, which sender stopped naming its set? (guard doctor)",
    Trouble.TWICE: "Does a set publish to EventBridge twice, or a queue deliver again and again? It favours tenants: a "
    "rate looks better than it is.",
}


def about_sight(look: Look, at: str) -> Iterator[str]:
    """The paragraphs of the page: what is wrong, by which numbers, what it means for judgements, and what to do."""
    if not look.troubles:
        yield f"At {at} the guard sees again what SES sends."
        return
    yield f"At {at}: {'; '.join(look.troubles)}."
    yield f"In the last six full hours SES reports {look.sent:,} sends, and the guard has counted {look.seen:,}."
    if look.blind_from:
        yield f"Nothing is seen of mail sent from {look.blind_from:%Y-%m-%d %H:%M} UTC on."
    if look.late:
        yield f"Mail events are counted {in_words(look.late)} late."
    if look.is_blind:
        yield "Meanwhile the guard judges nobody: it neither pauses nor resumes a tenant by itself. People still can."
    elif look.loses_sends:
        yield (
            "Meanwhile rates look worse than they are: what the guard would pause is kept for a person (guard brake "
            "list)."
        )
    else:
        yield "Judgements go on."
    yield "Next: " + " ".join(_TO_DO[each] for each in look.troubles)
